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
		{ 201, "", PUT_FAILED, "201: the server is no S3 store, check endpoint" },
		{ 202, "", PUT_FAILED, "202: the server is no S3 store, check endpoint" },
		{ 206, "", PUT_FAILED, "206: the server is no S3 store, check endpoint" },
		{ 204, "", PUT_FAILED, "204: the server is no S3 store, check endpoint" },
		{ 200, "<!DOCTYPE html><HTML><title>Log\nin</title>", PUT_FAILED,
		  "200 'Log in': the server is no S3 store, check endpoint" },
		{ 400, DOCUMENT("KMS.DisabledException"), PUT_FAILED,
		  "400 KMS.DisabledException 'it says': the store cannot use the key that "
		  "the bucket is encrypted with" },
		{ 413, DOCUMENT("BillingLimit"), PUT_FAILED,
		  "413 BillingLimit 'it says'" },
		{ 414, "", PUT_REFUSED, "414: unexpected: is endpoint an S3 server?" },
		{ 503, "\tdown for\x01 \"lunch\" \xff-\xc2\x85", PUT_FAILED,
		  "503 'down for  'lunch' ?-?': the store is busy" },
		{ 503, "a\x7f\xc2\x80\xc2\x9f\xc2\xa0\xc3\x85z", PUT_FAILED,
		  "503 'a ??\xc2\xa0\xc3\x85z': the store is busy" },
		{ 403,
		  "<Error><Code>X</Code><Message>a &quot;b&quot; &amp; c</Message>"
		  "<Region>eu</Region><Endpoint>e.example</Endpoint>"
		  "<RequestId>A1</RequestId></Error>",
		  PUT_FAILED,
		  "403 X 'a 'b' & c' region=eu endpoint=e.example request=A1" },
		{ 200, DOCUMENT("InternalError"), PUT_FAILED,
		  "200 InternalError 'it says': the store has an internal error" },
		{ 403, DOCUMENT("SignatureDoesNotMatch"), PUT_FAILED,
		  "403 SignatureDoesNotMatch 'it says': check secret_key" },
		{ 404, DOCUMENT("NoSuchBucket"), PUT_FAILED,
		  "404 NoSuchBucket 'it says': the bucket \"flows\" does not exist: make it, "
		  "or set "
		  "dirname" },
		{ 400, DOCUMENT("AuthorizationHeaderMalformed"), PUT_FAILED,
		  "400 AuthorizationHeaderMalformed 'it says': check region" },
		{ 400, DOCUMENT("ExpiredToken"), PUT_FAILED,
		  "400 ExpiredToken 'it says': the session token has expired: "
		  "renew the credentials" },
		{ 403, DOCUMENT("RequestTimeTooSkewed"), PUT_FAILED,
		  "403 RequestTimeTooSkewed 'it says': the clock of this host is wrong" },
		{ 503, DOCUMENT("SlowDown"), PUT_FAILED,
		  "503 SlowDown 'it says': the store asks for fewer requests" },
		{ 400, DOCUMENT("KeyTooLongError"), PUT_REFUSED,
		  "400 KeyTooLongError 'it says': the object's key is too long: "
		  "shorten the prefix" },
		{ 400, DOCUMENT("EntityTooLarge"), PUT_REFUSED,
		  "400 EntityTooLarge 'it says': the object is too large: "
		  "lower max_flows_per_object" },
		{ 400, DOCUMENT("MetadataTooLarge"), PUT_REFUSED,
		  "400 MetadataTooLarge 'it says': the object's metadata is too large" },
		{ 400, DOCUMENT("InvalidArgument"), PUT_REFUSED,
		  "400 InvalidArgument 'it says': the store does not accept this object" },
		{ 418, DOCUMENT("Teapot"), PUT_FAILED, "418 Teapot 'it says'" },
		{ 400, DOCUMENT("a<b"), PUT_REFUSED, "400 a 'it says'" },
		{ 400, DOCUMENT("no code"), PUT_REFUSED,
		  "400 'it says': unexpected: is endpoint an S3 server?" },
		{ 400, "<Code>KeyTooLongError", PUT_REFUSED,
		  "400: unexpected: is endpoint an S3 server?" },
		{ 401, "", PUT_FAILED,
		  "401: not authorized: check access_key and secret_key" },
		{ 301, "", PUT_FAILED,
		  "301: the bucket is elsewhere: check endpoint and region" },
		{ 413, "<html>", PUT_REFUSED,
		  "413: the object is too large for a proxy before the store: lower "
		  "max_flows_per_object" },
		{ 413, DOCUMENT("QuotaExceeded"), PUT_FAILED,
		  "413 QuotaExceeded 'it says': the store is full for this account" },
		{ 429, "", PUT_FAILED, "429: the store asks for fewer requests" },
		{ 502, "<html>", PUT_FAILED,
		  "502: a proxy before the store gets no answer" },
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
			.etag = STR("\"e\""),
		};

		s3_reply_read(&r, &v);
		print_message("  %s\n", v.text);
		assert_int_equal(v.result, table[i].result);
		assert_string_equal(v.text, table[i].text);
		assert_int_equal(v.clock_skewed, strstr(table[i].body, "Skewed") != NULL);
	}
}

/* Anything but what S3 answers is no store: 200 needs an ETag, a DELETE does not. */
static void what_s3_answers(void **state)
{
	static const struct {
		int status;
		bool removes;
		const char *etag;
		enum put_result result;
	} table[] = {
		{ 200, false, "\"e\"", PUT_STORED }, { 200, false, "", PUT_FAILED },
		{ 204, false, "", PUT_FAILED },	     { 200, true, "", PUT_STORED },
		{ 204, true, "", PUT_STORED },	     { 202, true, "", PUT_FAILED },
		{ 404, true, "", PUT_FAILED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct s3_verdict v;
		struct s3_reply r = { .status = table[i].status,
				      .removes = table[i].removes,
				      .etag = str_of(table[i].etag) };

		s3_reply_read(&r, &v);
		assert_int_equal(v.result, table[i].result);
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
		  "403 AccessDenied 'it says': the store does not accept "
		  "the token of api_key: check its policies" },
		{ 404, DOCUMENT("NoSuchBucket"),
		  "404 NoSuchBucket 'it says': the bucket \"flows\" does "
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
	assert_string_equal(v.text, "400: unexpected: is endpoint an S3 server?");
	buf_fini(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(what_s3_answers),
		cmocka_unit_test(replies_to_a_token),
		cmocka_unit_test(code_far_away),
	};

	return cmocka_run_group_tests_name("s3_reply", tests, NULL, NULL);
}
