/* SPDX-License-Identifier: Apache-2.0 */
/* test_kafka_token.c - what tokens say of themselves, and texts that are none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/base64.h"
#include "net/kafka_token.h"

#define HEADER "eyJhbGciOiJub25lIn0." /* {"alg":"none"} */
#define NONE   "is not a JSON Web Token: that is three parts"
#define NOW_S  1700000000

static void test_base64_url(void **state)
{
	static const struct {
		const char *text, *bytes; /* NULL: it is none */
	} table[] = {
		{ "", "" },
		{ "YQ", "a" },
		{ "YWI", "ab" },
		{ "YWJj", "abc" },
		{ "-_-_", "\xfb\xff\xbf" },
		{ "A", NULL },
		{ "YWJjZ", NULL },
		{ "YQ==", NULL },
		{ "+/+/", NULL },
		{ "Y Q", NULL },
	};
	struct buf b = BUF_INIT(64);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		print_message("  %s\n", table[i].text);
		buf_reset(&b);
		assert_int_equal(base64_url_read(&b, str_of(table[i].text)),
				 table[i].bytes != NULL);
		if (table[i].bytes)
			assert_true(str_is(buf_str(&b), table[i].bytes));
	}
	buf_fini(&b);
}

static void test_tokens(void **state)
{
	static const struct {
		const char *text, *why; /* NULL: it is one */
		int64_t expires_s;
		const char *subject;
	} table[] = {
		/* {"sub":"me","exp":1700000001}, and with .5 */
		{ HEADER "eyJzdWIiOiJtZSIsImV4cCI6MTcwMDAwMDAwMX0.", NULL, NOW_S + 1,
		  "me" },
		{ HEADER "eyJzdWIiOiJtZSIsImV4cCI6MTcwMDAwMDAwMS41fQ.c2ln", NULL,
		  NOW_S + 1, "me" },
		/* {"exp":1700000001} */
		{ HEADER "eyJleHAiOjE3MDAwMDAwMDF9.", NULL, NOW_S + 1, "" },
		/* {"exp":1700000000} */
		{ HEADER "eyJleHAiOjE3MDAwMDAwMDB9.",
		  "expired at 2023-11-14T22:13:20Z: put a new one there", 0, NULL },
		/* {"sub":"me"}, {"exp":"x"}, {"exp":-1} */
		{ HEADER "eyJzdWIiOiJtZSJ9.", "does not say when it expires (exp)", 0,
		  NULL },
		{ HEADER "eyJleHAiOiJ4In0.", "does not say when it expires (exp)", 0,
		  NULL },
		{ HEADER "eyJleHAiOi0xfQ.", "does not say when it expires (exp)", 0,
		  NULL },
		{ HEADER "YQ.", "its claims are no JSON", 0, NULL },
		{ "", NONE, 0, NULL },
		{ "opaque", NONE, 0, NULL },
		{ HEADER "eyJleHAiOjE3MDAwMDAwMDF9", NONE, 0, NULL },
		{ HEADER ".", NONE, 0, NULL },
		{ HEADER "eyJleHAiOjE3MDAwMDAwMDF9.a.b", NONE, 0, NULL },
		{ HEADER "eyJleHAiOjE3MDAwMDAwMDF9.$", NONE, 0, NULL },
		{ "$."
		  "eyJleHAiOjE3MDAwMDAwMDF9.",
		  NONE, 0, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		struct kafka_token token;
		int error = kafka_token_check(&token, str_of(table[i].text), NOW_S, &err);

		print_message("  %s\n", table[i].text);
		assert_int_equal(error, table[i].why ? -EINVAL : 0);
		if (table[i].why) {
			assert_non_null(strstr(err.text, table[i].why));
			continue;
		}
		assert_int_equal(token.expires_s, table[i].expires_s);
		assert_string_equal(token.subject, table[i].subject);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64_url),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests_name("kafka_token", tests, NULL, NULL);
}
