/* SPDX-License-Identifier: Apache-2.0 */
/* test_source_options.c - pipeline.subscriber: values, what is wrong with them, and
 * whether two pipelines can share a source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "source/flow_stream.h"
#include "source/registry.h"
#include "source/source_options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define URL	     "      url: ws://a:1\n"

struct world {
	struct arena arena;
	struct problems problems;
	struct source_options options;
};

static void open_world(struct world *w, const char *keys)
{
	struct config *config = config_new();
	struct buf yaml = BUF_INIT(4096);

	*w = (struct world){ .arena = ARENA_INIT(1 << 20), .problems = PROBLEMS_INIT };
	assert_non_null(config);
	buf_printf(&yaml, "pipeline:\n  subscriber:\n%s", keys);
	assert_int_equal(config_add(config, "t.yml", buf_str(&yaml), false, &w->problems),
			 0);
	source_options_read(&w->options, config, &w->arena, &w->problems);
	config_free(config);
	buf_fini(&yaml);
}

static void close_world(struct world *w)
{
	problems_fini(&w->problems);
	arena_fini(&w->arena);
}

static void test_values_are_read(void **state)
{
	const struct flow_stream_options *own;
	struct world w;

	(void)state;
	open_world(&w, URL "      capture_id: c1\n      protocol: json\n"
			   "      starvation_timeout: 2m\n");
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	assert_ptr_equal(w.options.source, &source_flow_stream);
	assert_true(str_is(w.options.url.text, "ws://a:1"));
	assert_true(str_is(w.options.capture_id, "c1"));
	own = w.options.own;
	assert_int_equal(own->protocol, 1);
	assert_int_equal(own->starvation_ms, 120000);
	close_world(&w);
}

static void test_defaults(void **state)
{
	const struct flow_stream_options *own;
	struct world w;

	(void)state;
	open_world(&w, URL);
	own = w.options.own;
	assert_int_equal(w.options.capture_id.len, 0);
	assert_int_equal(own->protocol, 0);
	assert_int_equal(own->starvation_ms, flow_stream_defaults.starvation_ms);
	close_world(&w);
	open_world(&w, "      url: file:///tmp/a.jsonl\n");
	assert_ptr_equal(w.options.source, &source_recording);
	assert_int_equal(w.problems.count, 0);
	close_world(&w);
}

static void test_what_is_wrong_has_a_place(void **state)
{
	static const struct {
		const char *keys, *says;
	} table[] = {
		{ "      capture_id: c1\n", "must be set, for instance ws://" },
		{ "      url: http://a\n", "t.yml:3: pipeline.subscriber.url: " },
		{ URL "      protocol: xml\n", "t.yml:4: pipeline.subscriber.protocol" },
		{ URL "      starvation_timeout: soon\n",
		  "t.yml:4: pipeline.subscriber.starvation_timeout" },
		{ URL "      starvation_timeout: -1\n",
		  "t.yml:4: pipeline.subscriber.starvation_timeout" },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		open_world(&w, table[i].keys);
		assert_int_equal(w.problems.count, 1);
		if (!strstr(buf_str(&w.problems.text).ptr, table[i].says))
			fail_msg("%s: %s", table[i].says, w.problems.text.ptr);
		close_world(&w);
	}
}

/* One subscription serves all pipelines of a URL, so they must want the same. */
static void test_conflicts_are_named(void **state)
{
	static const struct {
		const char *a, *b, *key; /* NULL: none */
	} table[] = {
		{ URL, URL "      capture_id: c1\n", NULL },
		{ URL, URL "      protocol: protobuf\n", NULL },
		{ URL, URL "      protocol: json\n", "protocol" },
		{ URL, URL "      starvation_timeout: 36\n", "starvation_timeout" },
		{ URL "      protocol: json\n", "      url: file:///tmp/a\n", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct world a, b;
		const char *key;

		open_world(&a, table[i].a);
		open_world(&b, table[i].b);
		key = source_options_conflict(&a.options, &b.options);
		if (table[i].key)
			assert_string_equal(key, table[i].key);
		else
			assert_null(key);
		close_world(&a);
		close_world(&b);
	}
}

static void test_sections_are_counted(void **state)
{
	struct config_section sections[8];
	size_t count = source_sections(sections, COUNT(sections));

	(void)state;
	assert_in_range(count, 2, COUNT(sections));
	assert_int_equal(source_sections(NULL, 0), count);
	while (count--) {
		assert_true(str_starts(str_of(sections[count].path),
				       STR("pipeline.subscriber")));
		assert_non_null(sections[count].shape);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_read),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_what_is_wrong_has_a_place),
		cmocka_unit_test(test_conflicts_are_named),
		cmocka_unit_test(test_sections_are_counted),
	};

	return cmocka_run_group_tests_name("source_options", tests, NULL, NULL);
}
