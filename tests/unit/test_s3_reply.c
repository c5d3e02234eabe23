/* SPDX-License-Identifier: Apache-2.0 */
/* test_s3_reply.c - what the replies of a store mean. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/buf.h"
#include "writer/s3_reply.h"

#define DOCUMENT(code)                                                                   \
	"<?xml version=\"1.0\"?>\n<Error><Code>" code "</Code>"                          \
	"<Message>it\nsays</Message></Error>"

static void replies(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum put_result result;
		const char *text;
	} table[] = {
		{ 200, "", PUT_STORED, "" },
		{ 201, "<PutObjectResult/>", PUT_STORED, "" },
		{ 200, DOCUMENT("InternalError"), PUT_FAILED,
		  "200 InternalError: the store has a problem of its own" },
		{ 403, DOCUMENT("SignatureDoesNotMatch"), PUT_FAILED,
		  "403 SignatureDoesNotMatch: check secret_key" },
		{ 404, DOCUMENT("NoSuchBucket"), PUT_FAILED,
		  "404 NoSuchBucket: the bucket \"flows\" does not exist: make it, or set "
		  "dirname" },
		{ 400, DOCUMENT("AuthorizationHeaderMalformed"), PUT_FAILED,
		  "400 AuthorizationHeaderMalformed: check region" },
		{ 400, DOCUMENT("ExpiredToken"), PUT_FAILED,
		  "400 ExpiredToken: the session token has expired: renew the credentials" },
		{ 403, DOCUMENT("RequestTimeTooSkewed"), PUT_FAILED,
		  "403 RequestTimeTooSkewed: the clock of this host is wrong" },
		{ 503, DOCUMENT("SlowDown"), PUT_FAILED,
		  "503 SlowDown: the store asks for fewer requests" },
		{ 400, DOCUMENT("KeyTooLongError"), PUT_REFUSED,
		  "400 KeyTooLongError: the object's key is too long: shorten the prefix" },
		{ 400, DOCUMENT("EntityTooLarge"), PUT_REFUSED,
		  "400 EntityTooLarge: the object is too large: lower max_flows_per_object" },
		{ 400, DOCUMENT("MetadataTooLarge"), PUT_REFUSED,
		  "400 MetadataTooLarge: the object's metadata is too large" },
		{ 400, DOCUMENT("InvalidArgument"), PUT_REFUSED,
		  "400 InvalidArgument: the store does not accept this object" },
		{ 418, DOCUMENT("Teapot"), PUT_FAILED, "418 Teapot: it says" },
		{ 400, DOCUMENT("a<b"), PUT_FAILED, "400 a: it says" },
		{ 400, DOCUMENT("no code"), PUT_FAILED,
		  "400: unexpected: is endpoint an S3 server?" },
		{ 400, "<Code>KeyTooLongError", PUT_FAILED,
		  "400: unexpected: is endpoint an S3 server?" },
		{ 401, "", PUT_FAILED,
		  "401: not authorized: check access_key and secret_key" },
		{ 301, "", PUT_FAILED,
		  "301: the bucket is elsewhere: check endpoint and region" },
		{ 413, "<html>", PUT_REFUSED,
		  "413: the object is too large for what stands before the store: lower "
		  "max_flows_per_object" },
		{ 413, DOCUMENT("QuotaExceeded"), PUT_FAILED,
		  "413 QuotaExceeded: the store is full for this account" },
		{ 429, "", PUT_FAILED, "429: the store asks for fewer requests" },
		{ 502, "<html>", PUT_FAILED,
		  "502: the store does not answer what stands before it" },
		{ -ECONNREFUSED, DOCUMENT("KeyTooLongError"), PUT_FAILED,
		  "connection refused by 127.0.0.1:9000" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct s3_verdict v;
		struct s3_reply r = {
			.status = table[i].status,
			.error = "connection refused by 127.0.0.1:9000",
			.body = str_of(table[i].body),
			.bucket = STR("flows"),
		};

		s3_reply_read(&r, &v);
		print_message("  %s\n", v.text);
		assert_int_equal(v.result, table[i].result);
		assert_string_equal(v.text, table[i].text);
		assert_int_equal(v.clock_skewed, strstr(table[i].body, "Skewed") != NULL);
	}
}

static void replies_to_a_token(void **state)
{
	static const struct {
		int status;
		const char *body, *text;
	} table[] = {
		{ 401, "",
		  "401: the store does not accept the token of api_key: check its "
		  "policies" },
		{ 403, DOCUMENT("AccessDenied"),
		  "403 AccessDenied: the store does not accept "
		  "the token of api_key: check its policies" },
		{ 404, DOCUMENT("NoSuchBucket"),
		  "404 NoSuchBucket: the bucket \"flows\" does "
		  "not exist: make it, or set dirname" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct s3_verdict v;
		struct s3_reply r = { .status = table[i].status,
				      .bucket = STR("flows"),
				      .body = str_of(table[i].body),
				      .has_token = true };

		s3_reply_read(&r, &v);
		assert_string_equal(v.text, table[i].text);
	}
}

/* A long body costs a bounded search. */
static void code_far_away(void **state)
{
	struct s3_reply r = { .status = 400, .bucket = STR("flows") };
	struct buf body = BUF_INIT(100000);
	struct s3_verdict v;
	int i;

	(void)state;
	for (i = 0; i < 9000; i++)
		buf_putc(&body, ' ');
	buf_puts(&body, "<Code>KeyTooLongError</Code>");
	r.body = buf_str(&body);
	s3_reply_read(&r, &v);
	assert_int_equal(v.result, PUT_FAILED);
	buf_fini(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(replies_to_a_token),
		cmocka_unit_test(code_far_away),
	};

	return cmocka_run_group_tests_name("s3_reply", tests, NULL, NULL);
}
