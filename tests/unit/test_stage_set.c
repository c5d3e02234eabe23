/* SPDX-License-Identifier: Apache-2.0 */
/* test_stage_set.c - the stages that a configuration names, and what is said when
 * they are not there or do not fit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "stage/encode_json.h"
#include "stage/stage_set.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct world {
	struct arena arena;
	struct problems problems;
	struct stage_set set;
};

static void open_world(struct world *w, const char *yaml)
{
	struct config *config = config_new();

	*w = (struct world){ .arena = ARENA_INIT(1 << 20), .problems = PROBLEMS_INIT };
	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &w->problems),
			 0);
	stage_set_read(&w->set, config, &w->arena, &w->problems);
	config_free(config);
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	stage_set_fini(&w->set);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
}

static void test_without_types_the_fallbacks_are_taken(void **state)
{
	static const char *const texts[] = {
		"",
		"pipeline: {}",
		"pipeline: {encode: {type: }, compress: {type: ''}}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct world w;

		open_world(&w, texts[i]);
		assert_string_equal(buf_str(&w.problems.text).ptr, "");
		assert_ptr_equal(w.set.classify, &classify_subnet);
		assert_ptr_equal(w.set.filter, &filter_subnet);
		assert_ptr_equal(w.set.transform, &transform_none);
		assert_ptr_equal(w.set.mangle, &mangle_none);
		assert_ptr_equal(w.set.header, &header_none);
		assert_ptr_equal(w.set.encode, &encode_json);
		assert_ptr_equal(w.set.compress, &compress_none);
		assert_ptr_equal(w.set.record, transform_none.record);
		close_world(&w);
	}
}

static void test_the_stages_that_are_named_are_taken(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "pipeline:\n  classify: {type: subnet_autodiscovery}\n"
		       "  transform: {type: vpclogs}\n  mangle: {type: action}\n"
		       "  action: {tid1: a, tid2: b}\n"
		       "  storeheader: {type: vpclogs}\n  encode: {type: json}\n"
		       "  compress: {type: gzip}\n");
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	assert_ptr_equal(w.set.classify, &classify_subnet_autodiscovery);
	assert_non_null(w.set.classify_state);
	assert_ptr_equal(w.set.filter, &filter_subnet);
	assert_non_null(w.set.filter_state);
	assert_ptr_equal(w.set.transform, &transform_vpclogs);
	assert_ptr_equal(w.set.mangle, &mangle_action);
	assert_non_null(w.set.mangle_state);
	assert_ptr_equal(w.set.header, &header_vpclogs);
	assert_ptr_equal(w.set.encode, &encode_json);
	assert_non_null(w.set.encode_state);
	assert_ptr_equal(w.set.compress, &compress_gzip);
	assert_non_null(w.set.compress_state);
	close_world(&w);
}

/* Each stage is found with the table of its kind, and with no other. */
static void test_a_stage_is_found_as_its_kind(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < KIND_COUNT; kind++) {
		const struct stage_entry *entry;

		for (entry = registry[kind].entries; entry->stage; entry++) {
			const struct stage *tables[KIND_COUNT] = {
				entry->classify ? &entry->classify->stage : NULL,
				entry->filter ? &entry->filter->stage : NULL,
				entry->transform ? &entry->transform->stage : NULL,
				entry->mangle ? &entry->mangle->stage : NULL,
				entry->header ? &entry->header->stage : NULL,
				entry->encode ? &entry->encode->stage : NULL,
				entry->compress ? &entry->compress->stage : NULL,
			};
			int k;

			for (k = 0; k < KIND_COUNT; k++)
				assert_ptr_equal(tables[k],
						 k == kind ? entry->stage : NULL);
			assert_ptr_equal(registry_find((enum stage_kind)kind,
						       str_of(entry->stage->name)),
					 entry);
		}
	}
}

static void test_a_transform_may_have_an_encoder_of_its_own(void **state)
{
	static const struct {
		const char *yaml;
		const struct encode *encode;
		bool is_pretty;
	} cases[] = {
		{ "pipeline: {transform: {type: secadvisor}}", &encode_secadvisor,
		  false },
		{ "pipeline: {transform: {type: secadvisor}, encode: {type: ''}}",
		  &encode_secadvisor, false },
		{ "pipeline: {transform: {type: secadvisor}, "
		  "encode: {json: {pretty: true}}}",
		  &encode_secadvisor, true },
		{ "pipeline: {transform: {type: secadvisor}, encode: {type: json}}",
		  &encode_json, false },
		{ "pipeline: {transform: {type: vpclogs}}", &encode_json, false },
		{ "pipeline: {transform: {type: none}}", &encode_json, false },
		/* It can be had without that transform. */
		{ "pipeline: {transform: {type: vpclogs}, encode: {type: secadvisor}}",
		  &encode_secadvisor, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct json_options *options;
		struct world w;

		open_world(&w, cases[i].yaml);
		assert_string_equal(buf_str(&w.problems.text).ptr, "");
		assert_ptr_equal(w.set.encode, cases[i].encode);
		options = w.set.encode_state;
		assert_int_equal(options->pretty, cases[i].is_pretty);
		close_world(&w);
	}
}

/* What goes without saying must fit, too. */
static void test_an_encoder_of_its_own_takes_no_header(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "pipeline:\n  transform: {type: secadvisor}\n"
		       "  storeheader: {type: vpclogs}\n");
	assert_int_equal(w.problems.count, 1);
	assert_non_null(strstr(w.problems.text.ptr,
			       "pipeline.encode.type: encode secadvisor does not fit "
			       "storeheader vpclogs; "));
	close_world(&w);
}

/* The message names the place, what is wrong, and every stage there is. */
static void test_an_unknown_type_lists_what_there_is(void **state)
{
	static const struct {
		const char *yaml, *place;
		enum stage_kind kind;
	} cases[] = {
		{ "pipeline:\n  classify:\n    type: x\n",
		  "t.yml:3: pipeline.classify.type: ", KIND_CLASSIFY },
		{ "pipeline:\n  filter: {type: x}\n",
		  "t.yml:2: pipeline.filter.type: ", KIND_FILTER },
		{ "pipeline.transform.type: x\n",
		  "t.yml:1: pipeline.transform.type: ", KIND_TRANSFORM },
		{ "pipeline:\n  mangle: {type: x}\n",
		  "t.yml:2: pipeline.mangle.type: ", KIND_MANGLE },
		{ "pipeline:\n  storeheader: {type: x}\n",
		  "t.yml:2: pipeline.storeheader.type: ", KIND_HEADER },
		{ "pipeline:\n  encode: {type: x}\n",
		  "t.yml:2: pipeline.encode.type: ", KIND_ENCODE },
		{ "pipeline:\n  compress: {type: x}\n",
		  "t.yml:2: pipeline.compress.type: ", KIND_COMPRESS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct stage_entry *entry = registry[cases[i].kind].entries;
		struct buf expected = BUF_INIT(4096);
		struct world w;

		buf_printf(&expected, "%s\"x\" is not supported; there are: %s",
			   cases[i].place, (entry++)->stage->name);
		for (; entry->stage; entry++)
			buf_printf(&expected, ", %s", entry->stage->name);
		buf_putc(&expected, '\n');
		open_world(&w, cases[i].yaml);
		assert_int_equal(w.problems.count, 1);
		assert_string_equal(w.problems.text.ptr, expected.ptr);
		close_world(&w);
		buf_fini(&expected);
	}
}

static void test_names_are_exact(void **state)
{
	(void)state;
	assert_ptr_equal(registry_find(KIND_ENCODE, STR("json"))->encode, &encode_json);
	assert_null(registry_find(KIND_ENCODE, STR("JSON")));
	assert_null(registry_find(KIND_ENCODE, STR("jso")));
	assert_null(registry_find(KIND_ENCODE, STR("")));
	assert_null(registry_find(KIND_COMPRESS, STR("json")));
}

static void test_all_problems_are_found_in_one_run(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "pipeline:\n  encode: {type: x}\n  filter: {excluded_tags: [y]}\n"
		       "  compress: {type: gzip, gzip: {level: 10}}\n");
	assert_int_equal(w.problems.count, 3);
	assert_non_null(strstr(w.problems.text.ptr, "t.yml:2: pipeline.encode.type: "));
	assert_non_null(strstr(w.problems.text.ptr,
			       "t.yml:3: pipeline.filter.excluded_tags[0]: "));
	assert_non_null(
		strstr(w.problems.text.ptr, "t.yml:4: pipeline.compress.gzip.level: "));
	close_world(&w);
}

static void test_every_section_is_listed_once(void **state)
{
	struct config_section sections[64] = { { NULL, NULL } };
	size_t count = registry_sections(sections, COUNT(sections)), i, k;
	int kind;

	(void)state;
	assert_true(count <= COUNT(sections));
	for (i = 0; i < count; i++) {
		assert_non_null(sections[i].shape);
		for (k = 0; k < i; k++)
			assert_false(str_is(str_of(sections[k].path), sections[i].path) &&
				     sections[k].shape == sections[i].shape);
	}
	for (kind = 0; kind < KIND_COUNT; kind++) {
		for (i = 0; i < count; i++)
			if (str_is(str_of(sections[i].path), registry[kind].phase))
				break;
		assert_true(i < count);
		assert_non_null(registry_find((enum stage_kind)kind,
					      str_of(registry[kind].fallback)));
	}
	sections[1].path = NULL;
	assert_int_equal(registry_sections(sections, 1), count);
	assert_null(sections[1].path);
}

/* Every stage of the registry that is particular about its company. */
static void test_stages_that_do_not_fit_are_both_named(void **state)
{
	const struct stage_entry *entry;

	(void)state;
	for (entry = registry[KIND_MANGLE].entries; entry->stage; entry++) {
		const struct mangle *mangle = entry->mangle;
		char yaml[128], expected[256];
		struct world w;

		if (!mangle->record || mangle->record == transform_none.record)
			continue;
		snprintf(yaml, sizeof(yaml), "pipeline:\n  mangle: {type: %s}\n",
			 entry->stage->name);
		snprintf(expected, sizeof(expected),
			 "t.yml:2: pipeline.mangle.type: mangle %s "
			 "does not fit transform none; ",
			 entry->stage->name);
		open_world(&w, yaml);
		assert_non_null(strstr(buf_str(&w.problems.text).ptr, expected));
		close_world(&w);
	}
	for (entry = registry[KIND_ENCODE].entries; entry->stage; entry++) {
		const struct encode *encode = entry->encode;
		char yaml[128], expected[256];
		struct world w;

		if (encode->takes_header)
			continue;
		snprintf(yaml, sizeof(yaml),
			 "pipeline:\n  encode: {type: %s}\n"
			 "  storeheader: {type: vpclogs}\n",
			 entry->stage->name);
		snprintf(expected, sizeof(expected),
			 "t.yml:2: pipeline.encode.type: encode %s "
			 "does not fit storeheader vpclogs; ",
			 entry->stage->name);
		open_world(&w, yaml);
		assert_non_null(strstr(buf_str(&w.problems.text).ptr, expected));
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_types_the_fallbacks_are_taken),
		cmocka_unit_test(test_the_stages_that_are_named_are_taken),
		cmocka_unit_test(test_a_stage_is_found_as_its_kind),
		cmocka_unit_test(test_a_transform_may_have_an_encoder_of_its_own),
		cmocka_unit_test(test_an_encoder_of_its_own_takes_no_header),
		cmocka_unit_test(test_an_unknown_type_lists_what_there_is),
		cmocka_unit_test(test_names_are_exact),
		cmocka_unit_test(test_all_problems_are_found_in_one_run),
		cmocka_unit_test(test_every_section_is_listed_once),
		cmocka_unit_test(test_stages_that_do_not_fit_are_both_named),
	};

	return cmocka_run_group_tests_name("set", tests, NULL, NULL);
}
