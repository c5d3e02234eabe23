/* SPDX-License-Identifier: Apache-2.0 */
/* test_shape.c - tables that take their kinds from the struct. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "format/shape.h"

struct inner {
	int64_t number;
};

struct outer {
	bool yes;
	uint16_t small;
	uint32_t middle;
	int64_t large;
	struct str text;
	struct strs list;
	struct map_of_str map;
	struct raw raw;
	int name;
	struct inner *inner;
};

static const char *const names[] = { "a", "b", NULL };

static const struct field inner_fields[] = {
	FIELD(struct inner, number, "Number", 0),
	{ .name = NULL },
};

static const struct shape inner_shape = {
	"inner",
	sizeof(struct inner),
	inner_fields,
	NULL,
};

static const struct field outer_fields[] = {
	FIELD(struct outer, yes, "Yes", 0),
	FIELD(struct outer, small, "Small", FIELD_OMIT_EMPTY),
	FIELD(struct outer, middle, "Middle", 0),
	OPTION(struct outer, large, "large", FIELD_SECRET | FIELD_SIZE, "help"),
	OPTION_RANGE(struct outer, text, "text.dotted", 0, 1, 9, "help"),
	FIELD(struct outer, list, "List", 0),
	FIELD(struct outer, map, "Map", 0),
	FIELD(struct outer, raw, "Raw", 0),
	FIELD_ENUM(struct outer, name, "Name", 0, names),
	FIELD_OBJECT(struct outer, inner, "Inner", 0, &inner_shape),
	OPTION_ENUM(struct outer, name, "name", 0, names, "help"),
	{ .name = NULL },
};

static const struct shape outer_shape = {
	"outer",
	sizeof(struct outer),
	outer_fields,
	NULL,
};

static void takes_kinds_from_members(void **state)
{
	static const enum field_kind kinds[] = {
		FIELD_KIND_BOOL, FIELD_KIND_U16,    FIELD_KIND_U32,  FIELD_KIND_I64,
		FIELD_KIND_STR,	 FIELD_KIND_STRS,   FIELD_KIND_MAP,  FIELD_KIND_RAW,
		FIELD_KIND_ENUM, FIELD_KIND_OBJECT, FIELD_KIND_ENUM,
	};
	size_t i;

	(void)state;
	assert_int_equal(shape_count(&outer_shape), sizeof(kinds) / sizeof(kinds[0]));
	for (i = 0; i < shape_count(&outer_shape); i++)
		assert_int_equal(outer_fields[i].kind, kinds[i]);
}

static void finds_fields_by_exact_name(void **state)
{
	const struct field *field = shape_find(&outer_shape, STR("Inner"));

	(void)state;
	assert_ptr_equal(field->shape, &inner_shape);
	assert_int_equal(field->offset, offsetof(struct outer, inner));
	assert_ptr_equal(shape_find(&outer_shape, STR("text.dotted")), &outer_fields[4]);
	assert_ptr_equal(shape_find(&outer_shape, STR("name")), &outer_fields[10]);
	assert_null(shape_find(&outer_shape, STR("inner")));
	assert_null(shape_find(&outer_shape, STR("Inne")));
	assert_null(shape_find(&outer_shape, STR("")));
}

static void spells_prefixes_once(void **state)
{
	const struct field *field = &outer_fields[1];

	(void)state;
	assert_string_equal(field->prefix, ",\"Small\":");
	assert_int_equal(field->prefix_len, strlen(field->prefix));
	assert_int_equal(field->flags, FIELD_OMIT_EMPTY);
	assert_int_equal(outer_fields[4].max, 9);
	assert_ptr_equal(outer_fields[10].names, names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_kinds_from_members),
		cmocka_unit_test(finds_fields_by_exact_name),
		cmocka_unit_test(spells_prefixes_once),
	};

	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
