/* SPDX-License-Identifier: Apache-2.0 */
/* test_message.c - envelopes of both framings, as analyzers send them and as
 * nobody should. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/buf.h"
#include "flow/message.h"

#define STR_INIT(literal)                                                                \
	{                                                                                \
		"" literal "", sizeof(literal) - 1                                       \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UUID	     "11111111-2222-4333-8444-555555555555"
#define UUID_HEX                                                                         \
	"31313131313131312d323232322d343333332d383434342d353535353535353535353535"

struct expected {
	const char *namespace, *type, *uuid;
	int64_t status;
	bool is_protobuf;
	struct str obj;
	bool has_flows;
};

/* A copy of the bytes behind these digits, exactly as long. The caller frees. */
static struct str from_hex(const char *hex)
{
	size_t len = strlen(hex) / 2, i;
	char *copy = malloc(len ? len : 1);
	unsigned byte;

	assert_non_null(copy);
	for (i = 0; i < len; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		copy[i] = (char)byte;
	}
	return (struct str){ copy, len };
}

static void assert_message(struct str bytes, enum framing framing,
			   const struct expected *expected)
{
	struct arena arena = ARENA_INIT(4096);
	struct err err = ERR_INIT;
	struct message m;

	if (message_parse(bytes, framing, &arena, &m, &err))
		fail_msg("%s", err.text);
	assert_true(str_is(m.namespace, expected->namespace));
	assert_true(str_is(m.type, expected->type));
	assert_true(str_is(m.uuid, expected->uuid));
	assert_int_equal(m.status, expected->status);
	assert_int_equal(m.is_protobuf, expected->is_protobuf);
	assert_true(str_equal(m.obj, expected->obj));
	assert_int_equal(message_has_flows(&m), expected->has_flows);
	arena_fini(&arena);
}

static void test_protobuf_envelopes_are_taken_apart(void **state)
{
	static const struct {
		const char *hex;
		struct expected m;
	} cases[] = {
		{ "0a04666c6f77120573746f72651a24" UUID_HEX "20c80132025b5d",
		  { "flow", "store", UUID, 200, false, { "[]", 2 }, true } },
		{ "0a057374617473120573746174731a24" UUID_HEX
		  "20c801280132060a0263311003",
		  { "stats",
		    "stats",
		    UUID,
		    200,
		    true,
		    { "\x0a\x02"
		      "c1\x10\x03",
		      6 },
		    false } },
		{ "", { "", "", "", 0, false, { NULL, 0 }, false } },
		/* any order, repeats, unknown fields of every wire type */
		{ "32017a 20c801 28012800 380138ffffffffffffffffff01 3a0101"
		  "3d01020304 390102030405060708 32025b5d 120573746f7265 0a05666c6f772f",
		  { "flow/", "store", "", 200, false, { "[]", 2 }, true } },
		{ "20ffffffffffffffffff01",
		  { "", "", "", -1, false, { NULL, 0 }, false } },
		{ "0a00120032001a00", { "", "", "", 0, false, { NULL, 0 }, false } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char digits[512];
		const char *from;
		size_t len = 0;
		struct str bytes;

		for (from = cases[i].hex; *from; from++)
			if (*from != ' ')
				digits[len++] = *from;
		digits[len] = '\0';
		bytes = from_hex(digits);
		assert_message(bytes, FRAMING_PROTOBUF, &cases[i].m);
		free((char *)(uintptr_t)bytes.ptr);
	}
}

static void test_broken_protobuf_is_refused(void **state)
{
	static const char *const cases[] = {
		"00",
		"02",
		"07",
		"0b",
		"0c",
		"0e",
		"0f", /* field 0, wire types */
		"80",
		"ffffffffffffffffffff",
		"ffffffffffffffffffffff01",
		"0a",
		"0a01",
		"0a0566",
		"0aff",
		"20",
		"2080",
		"0affffffffffffffffff01",
		"0a8080808080808080807f",
		"2080808080808080808080",
		"208080808080808080808001",
		"25010203",
		"2101020304050607",
		"120573746f726532",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct str bytes = from_hex(cases[i]);
		struct err err = ERR_INIT;
		struct message m;

		if (message_parse(bytes, FRAMING_PROTOBUF, NULL, &m, &err) != -EINVAL)
			fail_msg("%s was taken", cases[i]);
		assert_string_equal(err.text, "not a protobuf StructMessage");
		free((char *)(uintptr_t)bytes.ptr);
	}
}

static void test_json_envelopes_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		struct expected m;
	} cases[] = {
		{ "{\"Namespace\":\"flow\",\"Type\":\"store\",\"UUID\":\"" UUID "\","
		  "\"Status\":200,\"Obj\":[{\"UUID\":\"a4b4c4d4e4f40414\"}]}",
		  { "flow",
		    "store",
		    UUID,
		    200,
		    false,
		    { "[{\"UUID\":\"a4b4c4d4e4f40414\"}]", 29 },
		    true } },
		/* Format means nothing here. */
		{ "{\"Namespace\":\"stats\",\"Type\":\"stats\",\"UUID\":\"" UUID "\","
		  "\"Status\":200,\"Format\":1,\"Obj\":{\"CaptureID\":\"c1\"}}",
		  { "stats",
		    "stats",
		    UUID,
		    200,
		    false,
		    { "{\"CaptureID\":\"c1\"}", 18 },
		    false } },
		{ "{}", { "", "", "", 0, false, { NULL, 0 }, false } },
		{ " { \"obj\" : [ 1 ] , \"TYPE\":\"store\",\"nameSpace\":\"flow/\\u0063\" }\n",
		  { "flow/c", "store", "", 0, false, { "[ 1 ]", 5 }, true } },
		{ "{\"Namespace\":null,\"Type\":null,\"UUID\":null,\"Status\":null,"
		  "\"Obj\":null,\"x\":{\"Obj\":[1]}}",
		  { "", "", "", 0, false, { NULL, 0 }, false } },
		{ "{\"Obj\":1,\"Type\":\"a\",\"Obj\":2,\"Type\":\"b\"}",
		  { "", "b", "", 0, false, { "2", 1 }, false } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_message(str_of(cases[i].text), FRAMING_JSON, &cases[i].m);
}

static void test_broken_json_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "not a JSON StructMessage" },
		{ "[]", "not a JSON StructMessage" },
		{ "null", "not a JSON StructMessage" },
		{ "00000000", "not a JSON StructMessage" }, /* fields nobody knows */
		{ "{} {}", "something follows the StructMessage" },
		{ "{\"Type\":1}", "not a JSON StructMessage: broken at byte 8" },
		{ "{\"Status\":\"200\"}", "not a JSON StructMessage: broken at byte 10" },
		{ "{\"Status\":2e2}", "not a JSON StructMessage: broken at byte 11" },
		{ "{\"Obj\":[1,]}", "not a JSON StructMessage: broken at byte 10" },
		{ "{\"Obj\":nullx}", "not a JSON StructMessage: broken at byte 11" },
		{ "{\"Obj\":1,}", "not a JSON StructMessage: broken at byte 9" },
		{ "{,\"Obj\":1}", "not a JSON StructMessage: broken at byte 1" },
		{ "{\"Obj\":1 \"Type\":2}",
		  "not a JSON StructMessage: broken at byte 9" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(4096);
		struct err err = ERR_INIT;
		struct message m;

		if (message_parse(str_of(cases[i].text), FRAMING_JSON, &arena, &m,
				  &err) != -EINVAL)
			fail_msg("%s was taken", cases[i].text);
		assert_string_equal(err.text, cases[i].why);
		arena_fini(&arena);
	}
}

/* Analyzers before 0.24 send protobuf in text messages. */
static void test_content_tells_which_it_is(void **state)
{
	static const struct {
		struct str bytes;
		enum framing framing;
		bool is_protobuf;
		const char *obj; /* NULL: refused */
	} cases[] = {
		{ STR_INIT("\x0a\x04"
			   "flow\x12\x05"
			   "store\x32\x02[]"),
		  FRAMING_JSON, false, "[]" },
		{ STR_INIT("{\"Namespace\":\"flow\",\"Type\":\"store\",\"Obj\":[]}"),
		  FRAMING_PROTOBUF, false, "[]" },
		{ STR_INIT(
			  " \t\r\n{\"Namespace\":\"flow\",\"Type\":\"store\",\"Obj\":[]}"),
		  FRAMING_PROTOBUF, false, "[]" },
		/* The format belongs to the envelope, too. */
		{ STR_INIT("\x0a\x04"
			   "flow\x12\x05"
			   "store\x28\x01\x32\x04"
			   "[{}]"),
		  FRAMING_PROTOBUF, false, "[{}]" },
		{ STR_INIT("\x0a\x04"
			   "flow\x12\x05"
			   "store\x28\x01\x32\x02\x0a\x00"),
		  FRAMING_JSON, true, "\x0a" },
		{ STR_INIT("{\"Namespace\":"), FRAMING_PROTOBUF, false, NULL },
		{ STR_INIT("\x0a\x04"
			   "flo"),
		  FRAMING_JSON, false, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(4096);
		struct err err = ERR_INIT;
		struct message m;
		int error = message_parse(cases[i].bytes, cases[i].framing, &arena, &m,
					  &err);

		print_message("  %zu\n", i);
		assert_int_equal(error, cases[i].obj ? 0 : -EINVAL);
		assert_int_equal(!error, !*err.text);
		if (!error) {
			assert_true(message_has_flows(&m));
			assert_int_equal(m.is_protobuf, cases[i].is_protobuf);
			assert_true(str_starts(m.obj, str_of(cases[i].obj)));
		}
		arena_fini(&arena);
	}
}

/* At every byte. Protobuf has no end of its own: between fields it parses. */
static void test_truncated_messages_are_refused(void **state)
{
	static const struct {
		enum framing framing;
		const char *hex;
		size_t ends[5]; /* of fields */
	} cases[] = {
		{ FRAMING_PROTOBUF,
		  "0a04666c6f77120573746f72651a24" UUID_HEX "20c80132025b5d",
		  { 0, 6, 13, 51, 54 } },
		{ FRAMING_JSON, /* {"Type":"store","Obj":[{"a":"\u0041"}]} */
		  "7b2254797065223a2273746f7265222c224f626a223a5b7b2261223a225c753030343122"
		  "7d5d7d",
		  { 999, 999, 999, 999, 999 } },
	};
	size_t i, k, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct str whole = from_hex(cases[i].hex);

		for (len = 0; len < whole.len; len++) {
			struct arena arena = ARENA_INIT(4096);
			char *copy = malloc(len ? len : 1);
			bool is_end = false;
			struct message m;
			int error;

			assert_non_null(copy);
			memcpy(copy, whole.ptr, len);
			for (k = 0; k < COUNT(cases[i].ends); k++)
				is_end = is_end || cases[i].ends[k] == len;
			error = message_parse((struct str){ copy, len }, cases[i].framing,
					      &arena, &m, NULL);
			assert_int_equal(error, is_end ? 0 : -EINVAL);
			free(copy);
			arena_fini(&arena);
		}
		free((char *)(uintptr_t)whole.ptr);
	}
}

static void test_only_store_of_flow_namespaces_has_flows(void **state)
{
	static const struct {
		const char *namespace, *type;
		bool has_flows;
	} cases[] = {
		{ "flow", "store", true },
		{ "flow/", "store", true },
		{ "flow/8d9b3c52", "store", true },
		{ "flow", "stats", false },
		{ "stats", "store", false },
		{ "flows", "store", false },
		{ "Flow", "store", false },
		{ "flow", "Store", false },
		{ "flow", "", false },
		{ "", "store", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct message m = {
			.namespace = str_of(cases[i].namespace),
			.type = str_of(cases[i].type),
		};

		assert_int_equal(message_has_flows(&m), cases[i].has_flows);
	}
}

static void test_garbage_is_survived(void **state)
{
	static const char seeds[] = "\x0a\x12\x1a\x20\x28\x32\x80\xff\x05"
				    "{}\"Obj:,[]\\u1";
	uint32_t seed = 11;
	size_t round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct arena arena = ARENA_INIT(4096);
		size_t len = round % 40;
		char *bytes = malloc(len ? len : 1);
		struct message m;

		assert_non_null(bytes);
		for (i = 0; i < len; i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = i == 0 && round % 2
					   ? '{'
					   : seeds[(seed >> 16) % (sizeof(seeds) - 1)];
		}
		message_parse((struct str){ bytes, len },
			      round % 2 ? FRAMING_JSON : FRAMING_PROTOBUF, &arena, &m,
			      NULL);
		free(bytes);
		arena_fini(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protobuf_envelopes_are_taken_apart),
		cmocka_unit_test(test_broken_protobuf_is_refused),
		cmocka_unit_test(test_json_envelopes_are_taken_apart),
		cmocka_unit_test(test_broken_json_is_refused),
		cmocka_unit_test(test_content_tells_which_it_is),
		cmocka_unit_test(test_truncated_messages_are_refused),
		cmocka_unit_test(test_only_store_of_flow_namespaces_has_flows),
		cmocka_unit_test(test_garbage_is_survived),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
