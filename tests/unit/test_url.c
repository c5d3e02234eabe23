/* SPDX-License-Identifier: Apache-2.0 */
/* test_url.c - where flows come from. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "net/url.h"

#define FLOW "/ws/subscriber/flow"

static void test_urls_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		enum source_scheme scheme;
		const char *host, *path, *target; /* "" when of no meaning */
	} table[] = {
		{ "ws://127.0.0.1:8082" FLOW, SOURCE_WS, "127.0.0.1:8082", "", FLOW },
		{ "ws://analyzer", SOURCE_WS, "analyzer", "", FLOW },
		{ "ws://analyzer/", SOURCE_WS, "analyzer", "", FLOW },
		{ "ws://[::1]:8082/other?x=1/2", SOURCE_WS, "[::1]:8082", "",
		  "/other?x=1/2" },
		{ "wss://a:1" FLOW, SOURCE_WSS, "a:1", "", FLOW },
		{ "ws+unix:///run/a.sock", SOURCE_WS_UNIX, "localhost", "/run/a.sock",
		  FLOW },
		{ "ws+unix:///run/a.sock:", SOURCE_WS_UNIX, "localhost", "/run/a.sock",
		  FLOW },
		{ "ws+unix:///run/a.sock:/x", SOURCE_WS_UNIX, "localhost", "/run/a.sock",
		  "/x" },
		{ "udp://0.0.0.0:8082", SOURCE_UDP, "0.0.0.0:8082", "", NULL },
		{ "unixgram:///run/f.sock", SOURCE_UNIXGRAM, "", "/run/f.sock", NULL },
		{ "file:///var/r.jsonl.gz", SOURCE_FILE, "", "/var/r.jsonl.gz", NULL },
		{ "file:///a:b", SOURCE_FILE, "", "/a:b", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct source_url url;
		struct err err = ERR_INIT;

		print_message("  %s\n", table[i].text);
		if (source_url_parse(str_of(table[i].text), &url, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(url.scheme, table[i].scheme);
		assert_true(str_is(url.text, table[i].text));
		assert_true(str_is(url.host, table[i].host));
		assert_true(str_is(url.path, table[i].path));
		assert_true(!table[i].target || str_is(url.target, table[i].target));
		assert_int_equal(source_url_is_websocket(&url),
				 table[i].scheme <= SOURCE_WS_UNIX);
	}
}

static void test_reasons_say_what_to_write(void **state)
{
	static const struct {
		const char *text, *reason;
	} table[] = {
		{ "", "must be set, for instance ws://" },
		{ "http://a:8082" FLOW,
		  "\"http://a:8082" FLOW "\" is not a source; write ws" },
		{ "127.0.0.1:8082", "is not a source" },
		{ "WS:", "is not a source" },
		{ "ws:/a", "is not a source" },
		{ "ws://", "needs a host and no user" },
		{ "ws:///path", "needs a host and no user" },
		{ "wss://user@host/", "needs a host and no user" },
		{ "file://relative.jsonl", "three slashes in front" },
		{ "file://", "three slashes in front" },
		{ "ws+unix://run/a.sock", "three slashes in front" },
		{ "unixgram://", "three slashes in front" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct source_url url;
		struct err err = ERR_INIT;

		assert_int_equal(source_url_parse(str_of(table[i].text), &url, &err),
				 -EINVAL);
		if (!strstr(err.text, table[i].reason))
			fail_msg("%s", err.text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls_are_taken_apart),
		cmocka_unit_test(test_reasons_say_what_to_write),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
