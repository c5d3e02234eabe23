/* SPDX-License-Identifier: Apache-2.0 */
/* test_url.c - where flows come from. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "source/registry.h"

#define FLOW "/ws/subscriber/flow"

static void test_urls_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		const char *scheme;
		const struct source *source;
		const char *host, *path, *target; /* "" when of no meaning */
	} table[] = {
		{ "ws://127.0.0.1:8082" FLOW, "ws", &source_flow_stream, "127.0.0.1:8082",
		  "", FLOW },
		{ "ws://analyzer", "ws", &source_flow_stream, "analyzer", "", FLOW },
		{ "ws://analyzer/", "ws", &source_flow_stream, "analyzer", "", FLOW },
		{ "ws://[::1]:8082/other?x=1/2", "ws", &source_flow_stream, "[::1]:8082",
		  "", "/other?x=1/2" },
		{ "wss://a:1" FLOW, "wss", &source_flow_stream, "a:1", "", FLOW },
		{ "ws+unix:///run/a.sock", "ws+unix", &source_flow_stream, "localhost",
		  "/run/a.sock", FLOW },
		{ "ws+unix:///run/a.sock:", "ws+unix", &source_flow_stream, "localhost",
		  "/run/a.sock", FLOW },
		{ "ws+unix:///run/a.sock:/x", "ws+unix", &source_flow_stream, "localhost",
		  "/run/a.sock", "/x" },
		{ "udp://0.0.0.0:8082", "udp", &source_datagram, "0.0.0.0:8082", "",
		  NULL },
		{ "unixgram:///run/f.sock", "unixgram", &source_datagram, "",
		  "/run/f.sock", NULL },
		{ "file:///var/r.jsonl.gz", "file", &source_recording, "",
		  "/var/r.jsonl.gz", NULL },
		{ "file:///a:b", "file", &source_recording, "", "/a:b", NULL },
		{ "WS://a:1", "ws", &source_flow_stream, "a:1", "", FLOW },
		{ "WSS://a:1", "wss", &source_flow_stream, "a:1", "", FLOW },
		{ "WS+Unix:///run/a.sock", "ws+unix", &source_flow_stream, "localhost",
		  "/run/a.sock", FLOW },
		{ "UDP://0.0.0.0:8082", "udp", &source_datagram, "0.0.0.0:8082", "",
		  NULL },
		{ "UNIXGRAM:///run/f.sock", "unixgram", &source_datagram, "",
		  "/run/f.sock", NULL },
		{ "FILE:///a:b", "file", &source_recording, "", "/a:b", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct source *source = NULL;
		struct url url;
		struct err err = ERR_INIT;

		print_message("  %s\n", table[i].text);
		if (source_find(str_of(table[i].text), &source, &url, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(url.scheme->name, table[i].scheme);
		assert_ptr_equal(source, table[i].source);
		assert_int_equal(url.scheme->is_tls, strcmp(table[i].scheme, "wss") == 0);
		assert_true(str_is(url.text, table[i].text));
		assert_true(str_is(url.host, table[i].host));
		assert_true(str_is(url.path, table[i].path));
		assert_true(!table[i].target || str_is(url.target, table[i].target));
	}
}

/* In the log, on pages and in reports. */
static void test_a_token_is_not_shown(void **state)
{
	static const char *const table[][2] = {
		{ "ws://a:1/x?token=secret", "ws://a:1/x" },
		{ "wss://a/x#secret", "wss://a/x" },
		{ "ws+unix:///run/a.sock:/x?token=secret", "ws+unix:///run/a.sock:/x" },
		{ "file:///var/what?.jsonl", "file:///var/what?.jsonl" },
		{ "ws://a:1", "ws://a:1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct source *source = NULL;
		struct err err = ERR_INIT;
		struct url url;

		assert_int_equal(source_find(str_of(table[i][0]), &source, &url, &err),
				 0);
		assert_true(str_is(url.text, table[i][0]));
		assert_true(str_is(url.shown, table[i][1]));
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
		{ "ws://a:70000" FLOW, "\"70000\" is not a port" },
		{ "ws://::1:8082" FLOW, "is not a port" },
		{ "ws://[::1" FLOW, "\"[\" without \"]\"" },
		{ "ws://a?x", "needs a path between host and query" },
		{ "file://relative.jsonl", "three slashes in front" },
		{ "file://", "three slashes in front" },
		{ "ws+unix://run/a.sock", "three slashes in front" },
		{ "unixgram://", "three slashes in front" },
		{ "ws://a:1/x\r\nHost: b", "holds a blank or the end of a line" },
		{ "ws://a:1 /x", "holds a blank" },
		{ "ws+unix:///run/a.sock:/x\n", "holds a blank" },
		{ "ws://a:1?token=secret", "needs a path between host and query" },
		{ "ws://user:secret@host/",
		  "\"ws://***@host/\" needs a host and no user" },
		{ "ws://user:sec/ret@host/", "\"ws://***@host/\" needs a host" },
		{ "http://user:secret@a/x?token=secret",
		  "\"http://***@a/x\" is not a source" },
		{ "http://a/?token=secret", "\"http://a/\" is not a source" },
		{ "a:1?token=secret", "\"a:1\" is not a source" },
		{ "ws+unix://user:secret@x", "three slashes in front" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct source *source = NULL;
		struct url url;
		struct err err = ERR_INIT;

		assert_int_equal(source_find(str_of(table[i].text), &source, &url, &err),
				 -EINVAL);
		if (!strstr(err.text, table[i].reason) || strstr(err.text, "secret"))
			fail_msg("%s", err.text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls_are_taken_apart),
		cmocka_unit_test(test_a_token_is_not_shown),
		cmocka_unit_test(test_reasons_say_what_to_write),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
