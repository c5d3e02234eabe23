/* SPDX-License-Identifier: Apache-2.0 */
/* test_source_registry.c - sources by the scheme of their URL. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "source/registry.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_each_scheme_has_its_source(void **state)
{
	static const struct {
		const char *url;
		const struct source *source;
		const char *target; /* NULL: it has none */
		bool is_tls;
	} table[] = {
		{ "ws://a:1", &source_flow_stream, "/ws/subscriber/flow", false },
		{ "ws://[::1]:1/other?x=1", &source_flow_stream, "/other?x=1", false },
		{ "wss://a:1", &source_flow_stream, "/ws/subscriber/flow", true },
		{ "ws+unix:///run/a.sock", &source_flow_stream, "/ws/subscriber/flow",
		  false },
		{ "udp://127.0.0.1:8082", &source_datagram, NULL, false },
		{ "unixgram:///run/a.sock", &source_datagram, NULL, false },
		{ "file:///tmp/a.jsonl", &source_recording, NULL, false },
		{ "kafka://a:1,[::1]:2/flows?group=g", &source_kafka, "flows?group=g",
		  false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		const struct source *source = NULL;
		struct err err = ERR_INIT;
		struct url url;

		print_message("  %s\n", table[i].url);
		assert_int_equal(source_find(str_of(table[i].url), &source, &url, &err),
				 0);
		assert_ptr_equal(source, table[i].source);
		assert_true(str_is(url.text, table[i].url));
		assert_int_equal(url.scheme->is_tls, table[i].is_tls);
		if (table[i].target)
			assert_true(str_is(url.target, table[i].target));
	}
}

static void test_what_is_none_is_told_what_there_is(void **state)
{
	static const struct {
		const char *url, *why;
	} table[] = {
		{ "", "must be set, for instance ws://host:port/ws/subscriber/flow" },
		{ "127.0.0.1:8082",
		  "\"127.0.0.1:8082\" is not a source; write "
		  "ws://host:port/ws/subscriber/flow, or wss://, ws+unix://, udp://, "
		  "unixgram://, file://, kafka://" },
		{ "kafka:///flows?group=g",
		  "\"kafka:///flows\": write host:port of some brokers, with commas" },
		{ "kafka://a:1,,b:1/flows?group=g", "\"kafka://a:1,,b:1/flows\": write" },
		{ "kafka://me:secret@a:1/flows?group=g",
		  "\"kafka://***@a:1/flows\" needs brokers and no user" },
		{ "http://a:1/", "\"http://a:1/\" is not a source; write ws://" },
		{ "ws:/a", "\"ws:/a\" is not a source" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		const struct source *source = NULL;
		struct err err = ERR_INIT;
		struct url url;

		assert_int_equal(source_find(str_of(table[i].url), &source, &url, &err),
				 -EINVAL);
		if (!str_starts(str_of(err.text), str_of(table[i].why)))
			fail_msg("%s: %s", table[i].url, err.text);
	}
}

/* Topic and group are the source's to read. */
static void test_what_a_topic_is_called(void **state)
{
	static const char *const bad[] = {
		"kafka://a:1",
		"kafka://a:1/flows",
		"kafka://a:1/flows?group=",
		"kafka://a:1/?group=g",
		"kafka://a:1/flows?grup=g",
		"kafka://a:1/flo/ws?group=g",
		"kafka://a:1/flows?group=g&x=1",
		"kafka://a:1/..?group=g",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		const struct source *source = NULL;
		struct err err = ERR_INIT;
		struct url url;

		assert_int_equal(source_find(str_of(bad[i]), &source, &url, &err), 0);
		assert_int_equal(source->check(&url, source->options->defaults, &err),
				 -EINVAL);
		assert_string_equal(err.key, "url");
		assert_non_null(strstr(err.text, "/topic?group=name"));
	}
}

/* What the program asks of a table without looking. */
static void test_every_source_is_complete(void **state)
{
	const struct source *const *source, *const *other;
	const struct url_scheme *scheme, *same;
	size_t schemes = 0;

	(void)state;
	for (source = source_all; *source; source++) {
		assert_non_null((*source)->name);
		assert_non_null((*source)->example);
		assert_non_null((*source)->new);
		assert_non_null((*source)->free);
		assert_non_null((*source)->start);
		assert_non_null((*source)->stop);
		for (scheme = (*source)->schemes; scheme->name; scheme++, schemes++)
			for (other = source_all; *other; other++)
				for (same = (*other)->schemes; same->name; same++)
					assert_true(same == scheme ||
						    strcmp(same->name, scheme->name));
	}
	assert_int_equal(schemes, 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_scheme_has_its_source),
		cmocka_unit_test(test_what_is_none_is_told_what_there_is),
		cmocka_unit_test(test_what_a_topic_is_called),
		cmocka_unit_test(test_every_source_is_complete),
	};

	return cmocka_run_group_tests_name("source_registry", tests, NULL, NULL);
}
