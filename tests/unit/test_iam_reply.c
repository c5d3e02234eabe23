/* SPDX-License-Identifier: Apache-2.0 */
/* test_iam_reply.c - asking for a token, what the answers mean, and the times that
 * follow from them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "writer/iam.h"
#include "writer/iam_reply.h"

#define FORM_END                                                                         \
	"&grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey"                   \
	"&response_type=cloud_iam"
#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)

static void forms(void **state)
{
	static const struct {
		const char *key, *encoded;
	} table[] = {
		{ "KEY", "KEY" },
		{ "aZ09-_.~", "aZ09-_.~" },
		{ "a b+c/d=&%", "a+b%2Bc%2Fd%3D%26%25" },
		{ "\xc3\xa9", "%C3%A9" },
	};
	struct buf b = BUF_INIT(512);
	char wanted[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		buf_reset(&b);
		iam_put_form(&b, str_of(table[i].key));
		snprintf(wanted, sizeof(wanted), "apikey=%s%s", table[i].encoded,
			 FORM_END);
		assert_string_equal(b.ptr, wanted);
	}
	buf_fini(&b);
}

static void endpoints(void **state)
{
	static const struct {
		const char *url, *error;
	} table[] = {
		{ "https://iam.cloud.ibm.com/identity/token", NULL },
		{ "http://127.0.0.1:8080/token?x=1", NULL },
		{ "https://h", NULL },
		{ "", "does not begin with https://" },
		{ "iam.cloud.ibm.com/identity/token", "does not begin with https://" },
		{ "ftp://h/token", "\"ftp\" is not http or https" },
		{ "https:///token", "names no host" },
		{ "https://user:pw@h/token", "a user name" },
		{ "https://h:x/token", "not a port" },
		{ "https://h/to ken", "contains a blank" },
		{ "https://h/token\r\nX: y", "contains a blank" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(iam_check_endpoint(str_of(table[i].url), &err),
				 table[i].error ? -EINVAL : 0);
		assert_null(strstr(err.text, "pw"));
		if (table[i].error)
			assert_non_null(strstr(err.text, table[i].error));
	}
}

static void answers(void **state)
{
	static const struct {
		int status;
		const char *body;
		const char *token; /* NULL: not ok */
		int64_t lifetime_ms;
		const char *text;
	} table[] = {
		{ 200,
		  "{\"access_token\":\"abc.def\",\"refresh_token\":\"not_supported\","
		  "\"token_type\":\"Bearer\",\"expires_in\":3600,"
		  "\"expiration\":1795325436,\"scope\":\"ibm openid\"}\n",
		  "abc.def", HOUR, "" },
		{ 200, " {\"expires_in\":5,\"access_token\":\"a\\u002fb\"}", "a/b",
		  5 * SECOND, "" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":9223372036854775807}", "a",
		  24 * HOUR, "" },
		{ 200, "{\"access_token\":\"a\"}", NULL, 0, "says no expires_in" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":0}", NULL, 0,
		  "says no expires_in" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":-5}", NULL, 0,
		  "says no expires_in" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":\"x\"}", NULL, 0,
		  "not a token" },
		{ 200, "{\"expires_in\":5}", NULL, 0, "no usable access_token" },
		{ 200, "{\"access_token\":\"a\\r\\nX: y\",\"expires_in\":5}", NULL, 0,
		  "no usable access_token" },
		{ 200, "{\"access_token\":\"a b\",\"expires_in\":5}", NULL, 0,
		  "no usable access_token" },
		{ 200, "{\"access_token\":7,\"expires_in\":5}", NULL, 0, "not a token" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":5", NULL, 0,
		  "not a token" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":5}x", NULL, 0,
		  "not a token" },
		{ 200, "", NULL, 0, "not a token" },
		{ 200, "<html>welcome", NULL, 0, "not a token" },
		/* An answer of error is none, whatever stands beside it. */
		{ 200, "{\"errorCode\":\"BXNIM0415E\",\"errorMessage\":\"no SECRET\"}",
		  NULL, 0,
		  "access_token: check iam_endpoint; it is an error BXNIM0415E" },
		{ 200,
		  "{\"access_token\":\"a\",\"expires_in\":5,\"errorCode\":\"BXNIM0415E\"}",
		  NULL, 0,
		  "access_token: check iam_endpoint; it is an error BXNIM0415E" },
		{ 200,
		  "{\"access_token\":\"a\",\"errorCode\":\"no SECRET\",\"expires_in\":5}",
		  NULL, 0, "access_token: check iam_endpoint; it is an error" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":5,\"errorCode\":500}",
		  NULL, 0, "not a token" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":5,\"errorCode\":null}",
		  "a", 5 * SECOND, "" },
		/* Not JSON, or not all of it. */
		{ 200, "null", NULL, 0, "not a token" },
		{ 200, "\"token\"", NULL, 0, "not a token" },
		{ 200, "[{\"access_token\":\"a\",\"expires_in\":5}]", NULL, 0,
		  "not a token" },
		{ 200, "\xef\xbb\xbf{\"access_token\":\"a\",\"expires_in\":5}", NULL, 0,
		  "not a token" },
		{ 200, "access_token=a&expires_in=5", NULL, 0, "not a token" },
		{ 200, "{\"access_token\":\"a", NULL, 0, "not a token" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":", NULL, 0,
		  "not a token" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":5}{\"errorCode\":\"X\"}",
		  NULL, 0, "not a token" },
		/* Another type, another size. */
		{ 200, "{\"access_token\":null,\"expires_in\":5}", NULL, 0,
		  "no usable access_token" },
		{ 200, "{\"access_token\":\"\",\"expires_in\":5}", NULL, 0,
		  "no usable access_token" },
		{ 200, "{\"access_token\":\"a\\u0000b\",\"expires_in\":5}", NULL, 0,
		  "no usable access_token" },
		{ 200, "{\"access_token\":\"\xc3\xa9\",\"expires_in\":5}", NULL, 0,
		  "no usable access_token" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":null}", NULL, 0,
		  "says no expires_in" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":5.5}", NULL, 0,
		  "not a token" },
		{ 200, "{\"access_token\":\"a\",\"expires_in\":99999999999999999999}",
		  NULL, 0, "not a token" },
		{ 201, "{\"access_token\":\"a\",\"expires_in\":5}", NULL, 0,
		  "IAM: 201: unexpected: check iam_endpoint" },
		{ 400, "{\"errorCode\":\"BXNIM0415E\"", NULL, 0,
		  "IAM: 400: it does not accept the key: check api_key" },
		{ 400, "{\"errorCode\":415}", NULL, 0,
		  "IAM: 400: it does not accept the key: check api_key" },
		{ 204, "", NULL, 0, "IAM: 204: unexpected: check iam_endpoint" },
		{ 302, "", NULL, 0, "IAM: 302: unexpected: check iam_endpoint" },
		{ 400,
		  "{\"errorCode\":\"BXNIM0415E\",\"errorMessage\":\"no SECRET\","
		  "\"context\":{\"requestId\":\"x\"}}",
		  NULL, 0,
		  "IAM: 400 BXNIM0415E: it does not accept the key: check api_key" },
		{ 400, "{\"errorCode\":\"no SECRET\"}", NULL, 0,
		  "IAM: 400: it does not accept the key: check api_key" },
		{ 403, "<html>SECRET", NULL, 0,
		  "IAM: 403: it does not accept the key: check api_key" },
		{ 404, "", NULL, 0, "IAM: 404: not found: check iam_endpoint" },
		{ 429, "", NULL, 0, "IAM: 429: it asks for fewer requests" },
		{ 503, "{\"access_token\":\"a\",\"expires_in\":5}", NULL, 0,
		  "IAM: 503: it is busy" },
		{ -ECONNREFUSED, "", NULL, 0, "IAM: connection refused by h:1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct iam_reply r = { .status = table[i].status,
				       .error = "connection refused by h:1",
				       .body = str_of(table[i].body) };
		struct buf token = BUF_INIT(65536);
		struct iam_verdict v;

		iam_reply_read(&r, &token, &v);
		print_message("  %s\n", v.text);
		assert_int_equal(v.ok, table[i].token != NULL);
		assert_int_equal(v.lifetime_ms, table[i].lifetime_ms);
		assert_true(
			str_is(buf_str(&token), table[i].token ? table[i].token : ""));
		assert_non_null(strstr(v.text, table[i].text));
		assert_int_equal(v.text[0] == '\0', v.ok);
		assert_null(strstr(v.text, "SECRET"));
		buf_fini(&token);
	}
}

/* Half of a limit is good, what is over it is not, and neither costs more than that. */
static void sizes(void **state)
{
	static const struct {
		size_t token, depth;
		const char *text; /* "": ok */
	} table[] = {
		{ 16 * 1024, 1, "" },
		{ 16 * 1024 + 1, 1, "no usable access_token" },
		{ 60 * 1024, 1, "no usable access_token" },
		{ 8, 60, "" },
		{ 8, 20000, "not a token" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf body = BUF_INIT(65536), token = BUF_INIT(65536);
		struct iam_reply r = { .status = 200 };
		struct iam_verdict v;

		buf_puts(&body, "{\"x\":");
		for (j = 0; j < table[i].depth; j++)
			buf_putc(&body, '[');
		for (j = 0; j < table[i].depth; j++)
			buf_putc(&body, ']');
		buf_puts(&body, ",\"access_token\":\"");
		for (j = 0; j < table[i].token; j++)
			buf_putc(&body, 'a');
		buf_puts(&body, "\",\"expires_in\":5}");
		r.body = buf_str(&body);
		iam_reply_read(&r, &token, &v);
		assert_int_equal(v.ok, *table[i].text == '\0');
		assert_int_equal(token.len, v.ok ? table[i].token : 0);
		assert_non_null(strstr(v.text, table[i].text));
		buf_fini(&body);
		buf_fini(&token);
	}
}

/* Every prefix of a good answer is none, save the whole. */
static void halves(void **state)
{
	static const char whole[] =
		"{\"access_token\":\"a.b\",\"refresh_token\":\"\\u00e9\","
		"\"expires_in\":3600,\"scope\":[\"ibm\",{\"n\":null}]}";
	size_t len;

	(void)state;
	for (len = 0; len <= strlen(whole); len++) {
		struct iam_reply r = { .status = 200, .body = { whole, len } };
		struct buf token = BUF_INIT(64);
		struct iam_verdict v;

		iam_reply_read(&r, &token, &v);
		assert_int_equal(v.ok, len == strlen(whole));
		assert_int_equal(token.len, v.ok ? 3 : 0);
		buf_fini(&token);
	}
}

static void times(void **state)
{
	struct iam_times least, most, t;
	uint64_t i;

	(void)state;
	iam_times(HOUR, 0, &least);
	iam_times(HOUR, 180 * SECOND, &most);
	assert_int_equal(least.refresh_ms, 2610 * SECOND);
	assert_int_equal(most.refresh_ms, 2790 * SECOND);
	assert_int_equal(least.usable_ms, HOUR - 60 * SECOND);
	for (i = 0; i < 1000; i++) {
		iam_times(HOUR, i * 2685821657736338717u, &t);
		assert_true(t.refresh_ms >= least.refresh_ms);
		assert_true(t.refresh_ms <= most.refresh_ms);
	}
	/* However short a life is, the next token comes before its end. */
	for (i = SECOND; i < 24 * HOUR; i = i * 3 / 2) {
		iam_times((int64_t)i, UINT64_MAX, &t);
		assert_true(0 < t.refresh_ms && t.refresh_ms < t.usable_ms);
		assert_true(t.usable_ms < (int64_t)i);
	}
}

static void backoff(void **state)
{
	static const struct {
		unsigned failures;
		int64_t least, most;
	} table[] = {
		{ 1, 500, 1000 },    { 2, 1000, 2000 },	  { 3, 2000, 4000 },
		{ 6, 16000, 32000 }, { 7, 30000, 60000 }, { 4000000000u, 30000, 60000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(iam_backoff_ms(table[i].failures, 0), table[i].least);
		assert_int_equal(iam_backoff_ms(table[i].failures,
						(uint64_t)(table[i].most -
							   table[i].least)),
				 table[i].most);
	}
}

/* What IAM asks for is heeded as what a store asks for is: up to ten minutes. */
static void pauses(void **state)
{
	static const struct {
		unsigned failures;
		int64_t asked_ms, pause_ms;
	} table[] = {
		{ 1, 0, 500 },
		{ 1, 200, 500 },
		{ 1, 7 * SECOND, 7 * SECOND },
		{ 9, 7 * SECOND, 30 * SECOND },
		{ 1, 300 * SECOND, 300 * SECOND },
		{ 9, 600 * SECOND, 600 * SECOND },
		{ 1, 600 * SECOND + 1, 500 },
		{ 9, 24 * HOUR, 30 * SECOND },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(iam_pause_ms(table[i].failures, table[i].asked_ms, 0),
				 table[i].pause_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),   cmocka_unit_test(endpoints),
		cmocka_unit_test(answers), cmocka_unit_test(times),
		cmocka_unit_test(backoff), cmocka_unit_test(sizes),
		cmocka_unit_test(halves),  cmocka_unit_test(pauses),
	};

	return cmocka_run_group_tests_name("iam_reply", tests, NULL, NULL);
}
