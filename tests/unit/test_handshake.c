/* SPDX-License-Identifier: Apache-2.0 */
/* test_handshake.c - what is asked of an analyzer, and what it answers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/websocket.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALL(literal)                                                                     \
	{                                                                                \
		"" literal "", sizeof(literal) - 1                                       \
	}

/* The example of RFC 6455, section 1.3. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define SWITCHING  "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE	   "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPTED   "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define ANALYZER   "X-Host-ID: host-1\r\nX-Service-Type: analyzer\r\n"
#define ANSWER	   SWITCHING UPGRADE CONNECTION ACCEPTED ANALYZER "\r\n"

static void test_request_is_what_the_rfc_wants(void **state)
{
	struct buf b = BUF_INIT(4096);

	(void)state;
	websocket_put_request(&b, STR("[::1]:8082"), STR("/ws/subscriber/flow?x=1"),
			      STR(KEY),
			      STR("X-Host-ID: me\r\nAuthorization: Basic YTpi\r\n"));
	assert_string_equal(buf_str(&b).ptr, "GET /ws/subscriber/flow?x=1 HTTP/1.1\r\n"
					     "Host: [::1]:8082\r\n"
					     "Upgrade: websocket\r\n"
					     "Connection: Upgrade\r\n"
					     "Sec-WebSocket-Version: 13\r\n"
					     "Sec-WebSocket-Key: " KEY "\r\n"
					     "X-Host-ID: me\r\n"
					     "Authorization: Basic YTpi\r\n"
					     "\r\n");
	buf_fini(&b);
}

static void test_answers_are_told_apart(void **state)
{
	static const struct {
		const char *head;
		int status;
		bool is_websocket, is_analyzer;
	} table[] = {
		{ ANSWER, 101, true, true },
		{ SWITCHING UPGRADE CONNECTION ACCEPTED "\r\n", 101, true, false },
		/* As other servers write it. */
		{ "HTTP/1.1 101\r\nupgrade:WebSocket\r\nCONNECTION:  keep-alive , upgrade \r\n"
		  "sec-websocket-accept:\t" ACCEPT "\t\r\n\r\n",
		  101, true, false },
		{ "HTTP/1.0 101 x\r\n" UPGRADE CONNECTION ACCEPTED "\r\n", 101, true,
		  false },
		{ SWITCHING "Upgrade: h2c, websocket\r\n" CONNECTION ACCEPTED "\r\n", 101,
		  true, false },
		/* Something is missing. */
		{ SWITCHING CONNECTION ACCEPTED ANALYZER "\r\n", 101, false, true },
		{ SWITCHING UPGRADE ACCEPTED ANALYZER "\r\n", 101, false, true },
		{ SWITCHING UPGRADE CONNECTION ANALYZER "\r\n", 101, false, true },
		{ SWITCHING "\r\n", 101, false, false },
		{ SWITCHING UPGRADE CONNECTION ACCEPTED "X-Host-ID: h\r\n\r\n", 101, true,
		  false },
		{ SWITCHING UPGRADE CONNECTION ACCEPTED
		  "X-Service-Type: analyzer\r\n\r\n",
		  101, true, false },
		{ SWITCHING UPGRADE CONNECTION ACCEPTED
		  "X-Host-ID: \r\nX-Service-Type:\r\n\r\n",
		  101, true, false },
		/* Something is wrong. */
		{ SWITCHING "Upgrade: websockets\r\n" CONNECTION ACCEPTED "\r\n", 101,
		  false, false },
		{ SWITCHING UPGRADE "Connection: close\r\n" ACCEPTED "\r\n", 101, false,
		  false },
		{ SWITCHING UPGRADE CONNECTION
		  "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n\r\n",
		  101, false, false },
		{ SWITCHING UPGRADE CONNECTION "Sec-WebSocket-Accept: " KEY "\r\n\r\n",
		  101, false, false },
		{ SWITCHING UPGRADE CONNECTION "Sec-WebSocket-Accept:\r\n\r\n", 101,
		  false, false },
		/* Refusals of an analyzer. */
		{ "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\n"
		  "Set-Cookie: authtoken=\"Basic YWRt\"; Path=/\r\nContent-Length: 17\r\n\r\n",
		  401, false, false },
		{ "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n", 403, false,
		  false },
		{ "HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n", 409, false,
		  false },
		{ "HTTP/1.1 426 Upgrade Required\r\n" UPGRADE CONNECTION ACCEPTED ANALYZER
		  "\r\n",
		  426, false, true },
		{ "HTTP/1.1 500 Internal Server Error\r\n\r\n", 500, false, false },
		/* Interim answers come first; the last one counts. */
		{ "HTTP/1.1 100 Continue\r\n\r\n" ANSWER, 101, true, true },
		{ "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
		  "HTTP/1.1 102 Processing\r\n\r\n" ANSWER,
		  101, true, true },
		{ "HTTP/1.1 103 Early Hints\r\n" UPGRADE CONNECTION ACCEPTED ANALYZER
		  "\r\nHTTP/1.1 502 Bad Gateway\r\n\r\n",
		  502, false, false },
		/* Lines that are no headers. */
		{ SWITCHING "nonsense\r\n:\r\n: x\r\n" UPGRADE CONNECTION ACCEPTED "\r\n",
		  101, true, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct websocket_reply reply;

		print_message("  %zu: %d\n", i, table[i].status);
		assert_int_equal(websocket_read_reply(str_of(table[i].head), STR(KEY),
						      &reply),
				 0);
		assert_int_equal(reply.status, table[i].status);
		assert_int_equal(reply.size, strlen(table[i].head));
		assert_int_equal(reply.is_websocket, table[i].is_websocket);
		assert_int_equal(reply.is_analyzer, table[i].is_analyzer);
	}
}

static void test_frames_behind_the_head_are_not_its(void **state)
{
	struct websocket_reply reply;

	(void)state;
	assert_int_equal(websocket_read_reply(STR(ANSWER "\x89\x00\r\n\r\n"), STR(KEY),
					      &reply),
			 0);
	assert_int_equal(reply.size, strlen(ANSWER));
	assert_true(reply.is_websocket);
}

static void test_the_last_answer_is_awaited(void **state)
{
	static const char interim[] = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
	static const char whole[] =
		"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" ANSWER;
	struct buf endless = BUF_INIT(1 << 20);
	struct websocket_reply reply;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(whole) - 1; len++)
		assert_int_equal(websocket_read_reply((struct str){ whole, len },
						      STR(KEY), &reply),
				 -EAGAIN);
	while (endless.len < 17000)
		buf_puts(&endless, interim);
	assert_int_equal(websocket_read_reply(buf_str(&endless), STR(KEY), &reply),
			 -EPROTO);
	buf_fini(&endless);
}

static void test_incomplete_answers_are_awaited(void **state)
{
	struct websocket_reply reply;
	size_t len;

	(void)state;
	for (len = 0; len < strlen(ANSWER); len++) {
		char *part = malloc(len + 1);

		assert_non_null(part);
		memcpy(part, ANSWER, len);
		part = realloc(part, len ? len : 1);
		assert_non_null(part);
		assert_int_equal(websocket_read_reply((struct str){ part, len }, STR(KEY),
						      &reply),
				 -EAGAIN);
		free(part);
	}
}

static void test_what_is_not_http_is_refused(void **state)
{
	static const struct str table[] = {
		ALL("SSH-2.0-OpenSSH_9.2\r\n"),
		ALL("\x15\x03\x01\x00\x02\x02\x46"),
		ALL("http/1.1 101 x\r\n\r\n"),
		ALL("HTTP/2 200\r\n\r\n"),
		ALL("HTTP/1.1\r\n\r\n"),
		ALL("HTTP/1.1 \r\n\r\n"),
		ALL("HTTP/1.1 10\r\n\r\n"),
		ALL("HTTP/1.1 abc\r\n\r\n"),
		ALL("HTTP/1.1 1011 x\r\n\r\n"),
		ALL("HTTP/1.1  101\r\n\r\n"),
		ALL("\r\n\r\n"),
		ALL("HTTP/\r\n\r\n"),
		ALL("HTTP/1.1 \0\0\0\r\n\r\n"),
	};
	struct websocket_reply reply;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		print_message("  %zu\n", i);
		assert_int_equal(websocket_read_reply(table[i], STR(KEY), &reply),
				 -EPROTO);
	}
}

/* Whether it came in one piece or in many. */
static void test_endless_heads_are_refused(void **state)
{
	static const size_t sizes[] = { 15000, 17000 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		struct buf head = BUF_INIT(1 << 20);
		struct websocket_reply reply;

		buf_puts(&head, SWITCHING UPGRADE CONNECTION ACCEPTED);
		while (head.len < sizes[i])
			buf_puts(&head, "Set-Cookie: more\r\n");
		assert_int_equal(websocket_read_reply(buf_str(&head), STR(KEY), &reply),
				 i ? -EPROTO : -EAGAIN);
		buf_puts(&head, "\r\n");
		assert_int_equal(websocket_read_reply(buf_str(&head), STR(KEY), &reply),
				 i ? -EPROTO : 0);
		buf_fini(&head);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_is_what_the_rfc_wants),
		cmocka_unit_test(test_answers_are_told_apart),
		cmocka_unit_test(test_frames_behind_the_head_are_not_its),
		cmocka_unit_test(test_incomplete_answers_are_awaited),
		cmocka_unit_test(test_the_last_answer_is_awaited),
		cmocka_unit_test(test_what_is_not_http_is_refused),
		cmocka_unit_test(test_endless_heads_are_refused),
	};

	return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
