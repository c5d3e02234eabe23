/* SPDX-License-Identifier: Apache-2.0 */
/* test_layout.c - keys as they are built, and layouts that would not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "pipeline/layout.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_key(const char *text, const struct key_parts *parts,
		       const char *wanted)
{
	struct buf key = BUF_INIT(1024);
	struct err err = ERR_INIT;
	struct layout layout;

	if (layout_init(&layout, str_of(text), &err) < 0)
		fail_msg("%s %s", text, err.text);
	layout_key(&layout, parts, &key);
	assert_string_equal(buf_str(&key).ptr, wanted);
	buf_fini(&key);
}

static void test_keys_have_prefix_tag_stream_and_sequence(void **state)
{
	static const struct {
		const char *prefix;
		enum tag tag;
		int64_t stream, sequence;
		const char *key;
	} cases[] = {
		{ "logs", TAG_INTERNAL, 1551199609, 0,
		  "logs/internal/20190226T164649Z/00000000.gz" },
		{ "logs", TAG_EGRESS, 1551199610, 1,
		  "logs/egress/20190226T164650Z/00000001.gz" },
		{ "", TAG_INTERNAL, 1551199609, 0,
		  "/internal/20190226T164649Z/00000000.gz" },
		{ "a b//d/../{day}", TAG_OTHER, 1551199609, 12345678,
		  "a b//d/../{day}/other/20190226T164649Z/12345678.gz" },
		{ "x/", TAG_INGRESS, 0, 123456789,
		  "x//ingress/19700101T000000Z/123456789.gz" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct key_parts parts = {
			.prefix = str_of(cases[i].prefix),
			.tag = cases[i].tag,
			.stream = cases[i].stream,
			.sequence = cases[i].sequence,
			.time_ms = 1,
		};

		assert_key(LAYOUT_EXPORTER, &parts, cases[i].key);
	}
}

static void test_keys_have_the_time_of_their_slot(void **state)
{
	struct key_parts parts = {
		.tag = TAG_OTHER,
		.stream = 0x5c756ef9,
		.sequence = 0xabc,
		.time_ms = 1551199609544, /* 2019-02-26T16:46:49.544Z */
	};

	(void)state;
	assert_key("{stream_hex}-{tag_sequence_hex}/{year}-{month}-{day}T{hour}:{minute}",
		   &parts, "/5c756ef9-30000abc/2019-02-26T16:45");
	assert_key("{record_type}{stream_hex}{sequence}{hour}x", &parts,
		   "/all5c756ef90000274816x");
	parts.tag = TAG_INTERNAL;
	assert_key("{record_type}/{stream_hex}/{sequence}", &parts,
		   "/internal/5c756ef9/00002748");
	parts.time_ms = -1;
	assert_key("{year}{month}{day}{hour}{minute}/{stream_hex}{tag_sequence_hex}",
		   &parts, "/196912312355/5c756ef920000abc");
	parts.time_ms = INT64_C(253402300800000); /* the year 10000 */
	assert_key("{year}/{month}/{day}/{stream_hex}{tag_sequence_hex}", &parts,
		   "/10000/01/01/5c756ef920000abc");
}

#define UNIQUE "{tag}{stream}{sequence}"

/* A spec is a file: its slot may be any number. */
static void test_any_time_is_in_a_slot(void **state)
{
	static const int64_t times[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX, -1, 0 };
	struct key_parts parts = { .tag = TAG_OTHER };
	struct err err = ERR_INIT;
	struct layout layout;
	size_t i;

	(void)state;
	assert_int_equal(layout_init(&layout,
				     STR("{year}{month}{day}{hour}{minute}{tag}{stream}"
					 "{sequence}"),
				     &err),
			 0);
	for (i = 0; i < COUNT(times); i++) {
		struct buf key = BUF_INIT(1024);

		parts.time_ms = times[i];
		layout_key(&layout, &parts, &key);
		assert_int_equal(buf_error(&key), 0);
		assert_true(layout_slot(&layout, times[i]) <= times[i]);
		buf_fini(&key);
	}
	assert_int_equal(layout_parity(&layout, 0), 0);
	assert_int_equal(layout_parity(&layout, 300000), 1);
	assert_int_equal(layout_parity(&layout, -300000), 1);
	layout.slot_ms = 0;
	assert_int_equal(layout_parity(&layout, 300000), 0);
}

static void test_slots_are_as_fine_as_their_names(void **state)
{
	static const struct {
		const char *text;
		int64_t slot_ms, slot; /* of 2019-02-26T16:46:49.544Z */
		bool renumbers;
	} cases[] = {
		{ UNIQUE, 0, 0, false },
		{ UNIQUE "{year}", 86400000, 1551139200000, true },
		{ UNIQUE "{month}{hour}{day}", 3600000, 1551196800000, true },
		{ UNIQUE "{minute}{hour}", 300000, 1551199500000, true },
		{ "{tag_sequence_hex}{stream_hex}{day}", 86400000, 1551139200000, false },
	};
	struct err err = ERR_INIT;
	struct layout layout;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(layout_init(&layout, str_of(cases[i].text), &err), 0);
		assert_int_equal(layout.slot_ms, cases[i].slot_ms);
		assert_int_equal(layout_slot(&layout, 1551199609544), cases[i].slot);
		assert_int_equal(layout.renumbers, cases[i].renumbers);
	}
}

static void test_layouts_that_lose_objects_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "{stream}/{sequence}",
		  "needs {tag}, or objects of tags would overwrite each other" },
		{ "{tag}/{sequence}",
		  "needs {stream}, or a restart would overwrite objects" },
		{ "{tag_sequence_hex}",
		  "needs {stream}, or a restart would overwrite objects" },
		{ "{record_type}/{stream_hex}",
		  "needs {sequence}, or an object would overwrite the one before" },
		{ "", "needs {tag}, or objects of tags would overwrite each other" },
		{ UNIQUE "{Tag}", "does not know \"{Tag}\"" },
		{ "a{}" UNIQUE, "does not know \"{}\"" },
		{ UNIQUE "{", "does not know \"{\"" },
		{ UNIQUE "{year", "does not know \"{year\"" },
		{ "{a/b}" UNIQUE, "does not know \"{a/b}\"" },
		{ UNIQUE "/..",
		  "has an empty part, \".\" or \"..\" between its slashes" },
		{ "./" UNIQUE, "has an empty part, \".\" or \"..\" between its slashes" },
		{ "/" UNIQUE, "has an empty part, \".\" or \"..\" between its slashes" },
		{ "a//" UNIQUE,
		  "has an empty part, \".\" or \"..\" between its slashes" },
		{ UNIQUE "/", "ends with a slash" },
		{ UNIQUE "\n", "has a control character" },
	};
	char long_text[LAYOUT_MAX + 2];
	struct layout layout;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;

		assert_true(layout_init(&layout, str_of(cases[i].text), &err) < 0);
		assert_string_equal(err.text, cases[i].why);
	}
	for (i = 0; i < 2; i++) {
		struct err err = ERR_INIT;

		memset(long_text, 'x', sizeof(long_text));
		memcpy(long_text, UNIQUE, sizeof(UNIQUE) - 1);
		assert_int_equal(layout_init(&layout,
					     (struct str){ long_text, LAYOUT_MAX + i },
					     &err) < 0,
				 i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_have_prefix_tag_stream_and_sequence),
		cmocka_unit_test(test_keys_have_the_time_of_their_slot),
		cmocka_unit_test(test_any_time_is_in_a_slot),
		cmocka_unit_test(test_slots_are_as_fine_as_their_names),
		cmocka_unit_test(test_layouts_that_lose_objects_are_refused),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
