/* SPDX-License-Identifier: Apache-2.0 */
/* test_beginning.c - a message's first bytes say that it is a flow only where its header
 * would: of each record that a transform makes, written in each format, and of each
 * envelope of an analyzer's and an agent's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/arena.h"
#include "flow/beginning.h"
#include "flow/encode_pb.h"
#include "flow/flow.h"
#include "flow/pb_write.h"
#include "format/json_write.h"
#include "stage/awsflowlogs.h"
#include "stage/registry.h"
#include "stage/vpclogs.h"
#include "flows.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define BIG	      ((size_t)1 << 20)
#define FILLED_FIELDS 12 /* each of them filled or not, the rest all or none */
#define CHOICES	      (FILLED_FIELDS + 2) /* with a flow's parent, or without */

static void fill(const struct shape *shape, char *record, unsigned chosen,
		 struct arena *arena);

/* The value of a field, with text that looks like the beginning of another record. */
static void fill_one(const struct field *field, void *value, struct arena *arena)
{
	switch (field->kind) {
	case FIELD_KIND_BOOL:
		*(bool *)value = true;
		break;
	case FIELD_KIND_U16:
		*(uint16_t *)value = 10;
		break;
	case FIELD_KIND_U32:
		*(uint32_t *)value = 10;
		break;
	case FIELD_KIND_I64:
		*(int64_t *)value = 10;
		break;
	case FIELD_KIND_STR:
		*(struct str *)value = STR("UUID");
		break;
	case FIELD_KIND_ENUM:
		*(int *)value = 1;
		break;
	case FIELD_KIND_OBJECT:
		*(void **)value = arena_alloc(arena, field->shape->size);
		fill(field->shape, *(void **)value, UINT32_MAX, arena);
		break;
	case FIELD_KIND_RAW:
		((struct raw *)value)->text = STR("{\"Application\":\"a\"}");
		break;
	case FIELD_KIND_STRS:
	case FIELD_KIND_MAP:
		break;
	}
}

static void fill(const struct shape *shape, char *record, unsigned chosen,
		 struct arena *arena)
{
	size_t i;

	for (i = 0; shape->fields[i].name; i++) {
		size_t bit = i < FILLED_FIELDS ? i : FILLED_FIELDS;

		if (chosen >> bit & 1)
			fill_one(&shape->fields[i], record + shape->fields[i].offset,
				 arena);
	}
}

static void assert_beginning(struct str bytes, enum beginning wanted, size_t *found)
{
	char *copy = malloc(bytes.len + 1);
	enum beginning beginning;

	assert_non_null(copy);
	memcpy(copy, bytes.ptr, bytes.len);
	/* Without the byte behind it, so that who looks there is seen. */
	copy = realloc(copy, bytes.len ? bytes.len : 1);
	assert_non_null(copy);
	beginning = beginning_of((struct str){ copy, bytes.len });
	if (beginning != BEGINNING_ANY && beginning != wanted)
		fail_msg("%d: " STR_FMT, (int)beginning, STR_ARG(bytes));
	*found += beginning == wanted;
	free(copy);
}

/* As the writer writes it, with each choice of its first fields. Returns how many rows say
 * what they are. */
static size_t count_rows(const struct shape *shape, bool is_flow, bool is_protobuf)
{
	enum beginning wanted = BEGINNING_ANY;
	struct arena arena = ARENA_INIT(64 * BIG);
	struct buf row = BUF_INIT(BIG);
	size_t found = 0;
	unsigned chosen;

	if (is_flow)
		wanted = is_protobuf ? BEGINNING_PROTOBUF : BEGINNING_JSON;
	for (chosen = 0; chosen >> CHOICES == 0; chosen++) {
		void *record = arena_alloc(&arena, shape->size);

		assert_non_null(record);
		buf_reset(&row);
		fill(shape, record, chosen, &arena);
		if (is_flow && chosen >> (CHOICES - 1))
			((struct flow *)record)->parent_uuid = STR("");
		if (is_protobuf)
			encode_pb(record, &row);
		else
			json_put_record(&row, shape, record, (struct json_style){ 0 });
		assert_beginning(buf_str(&row), wanted, &found);
		arena_reset(&arena);
	}
	arena_fini(&arena);
	buf_fini(&row);
	return found;
}

/* Each record of each transform, in JSON. */
static void test_no_other_record_begins_so(void **state)
{
	static const struct shape *const more[] = { &vpclogs_ibm_shape, &aws_exporter_2,
						    &aws_exporter_3 };
	struct field official[AWS_FIELDS_MAX + 1] = { { 0 } };
	const struct stage_entry *entry = registry[KIND_TRANSFORM].entries;
	size_t i;

	(void)state;
	for (; entry->stage; entry++)
		if (entry->transform->record != &flow_shape)
			count_rows(entry->transform->record, false, false);
	for (i = 0; i < COUNT(more); i++)
		count_rows(more[i], false, false);
	for (i = 0; aws_fields[i].field.name; i++)
		official[i] = aws_fields[i].field;
	count_rows(&(struct shape){ .name = "awsflowlogs-aws",
				    .size = sizeof(struct aws_record),
				    .fields = official },
		   false, false);
}

/* What has a UUID, layers and an application says so, which is half of a half of a half;
 * in protobuf it must also have a start and no parent. */
static void test_flows_begin_so(void **state)
{
	(void)state;
	assert_int_equal(count_rows(&flow_shape, true, false), 1u << (CHOICES - 3));
	assert_int_equal(count_rows(&flow_shape, true, true), 1u << (CHOICES - 5));
}

/* Those of agents and analyzers, which is what the shortcut is for. */
static void test_flows_as_they_come(void **state)
{
	size_t i, found = 0;

	(void)state;
	for (i = 0; i < FLOW_COUNT; i++) {
		assert_beginning(str_of(sample_flows[i].json), BEGINNING_JSON, &found);
		assert_int_equal(found, i + 1);
	}
}

static void put_number(struct buf *b, unsigned field)
{
	pb_put_number(b, field, field);
}

static void put_text(struct buf *b, unsigned field)
{
	pb_put_bytes(b, field, STR("flow"));
}

/* StructMessage, with each choice of its fields, in their order and in the other. */
static void test_no_envelope_begins_so(void **state)
{
	static void (*const put[])(struct buf *, unsigned) = {
		put_text, put_text, put_text, put_number, put_number, put_text,
	};
	struct buf b = BUF_INIT(BIG);
	size_t found = 0;
	unsigned chosen, i;

	(void)state;
	for (chosen = 0; chosen < 1u << (COUNT(put) + 1); chosen++) {
		bool is_backward = chosen >> COUNT(put);

		buf_reset(&b);
		for (i = 0; i < COUNT(put); i++) {
			unsigned at = is_backward ? (unsigned)COUNT(put) - 1 - i : i;

			if (chosen >> at & 1)
				put[at](&b, at + 1);
		}
		assert_beginning(buf_str(&b), BEGINNING_ANY, &found);
	}
	buf_fini(&b);
}

/* With TCP behind it, which ends with the tag of a start, 128 bytes. */
#define TEN  "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234"

/* What is not quite one. */
static void test_others(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum beginning beginning;
	} cases[] = {
#define CASE(text, wanted) { text, sizeof(text) - 1, BEGINNING_##wanted }
		CASE("", ANY),
		CASE("{", ANY),
		CASE("{}", ANY),
		CASE("null", ANY),
		CASE("{\"UUID\":\"u\",\"LayersPath\":\"l\",\"Application\":\"", JSON),
		CASE("{\"UUID\":\"u\",\"LayersPath\":\"l\",\"Application\":", ANY),
		CASE("{\"UUID\":\"u\",\"LayersPath\":\"l\",\"Application\":null", ANY),
		CASE("{\"UUID\":\"u\",\"LayersPath\":\"l\",\"Version\":\"1\"", ANY),
		CASE("{\"UUID\":\"u\\\"\",\"LayersPath\":\"l\",\"Application\":\"a\"",
		     ANY),
		CASE("{\"UUID\":\"u\n\",\"LayersPath\":\"l\",\"Application\":\"a\"", ANY),
		CASE("{\"UUID\":\"u\",\"LayersPath\":\"", ANY),
		CASE("{\"UUID\":\"u", ANY),
		CASE("{ \"UUID\":\"u\",\"LayersPath\":\"l\",\"Application\":\"a\"}", ANY),
		CASE("{\"Namespace\":\"flow\",\"Type\":\"store\",\"Obj\":[{\"UUID\":\"u\","
		     "\"LayersPath\":\"l\",\"Application\":\"a\"}]}",
		     ANY),
		CASE("{\"UUID\":\"u\",\"Type\":\"store\",\"LayersPath\":\"l\"}", ANY),
		CASE("\x0a\1u\x12\1l\x1a\1a\x50", PROTOBUF),
		CASE("\x0a\1u\x12\1l\x1a\1a", ANY),
		CASE("\x0a\1u\x12\1l\x1a\2a", ANY),
		CASE("\x0a\1u\x12\1l\x1a", ANY),
		CASE("\x0a\1u\x12\1l\x1a\1a\x58\1", ANY),
		CASE("\x0a\1u\x12\1l\x50\1", ANY),
		CASE("\x0a\1u\x12\x81\1l", ANY),
		CASE("\x0a\1u\x12\1l\x1a\x80\1" LONG "TCP", ANY),
		/* A parent's UUID, or the flows of an envelope. */
		CASE("\x0a\1u\x12\1l\x1a\1a\x32\1p\x50\1", ANY),
		/* The flows of an agent's message. */
		CASE("\x0a\x0b\x0a\1u\x12\1l\x1a\1a\x50\1", ANY),
		CASE("\n{\"UUID\":\"u\",\"LayersPath\":\"l\",\"Application\":\"a\"}",
		     ANY),
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		size_t found = 0;

		assert_beginning((struct str){ cases[i].bytes, cases[i].len },
				 cases[i].beginning, &found);
		assert_int_equal(found, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_other_record_begins_so),
		cmocka_unit_test(test_flows_begin_so),
		cmocka_unit_test(test_flows_as_they_come),
		cmocka_unit_test(test_no_envelope_begins_so),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("beginning", tests, NULL, NULL);
}
