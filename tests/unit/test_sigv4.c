/* SPDX-License-Identifier: Apache-2.0 */
/* test_sigv4.c - signatures that others computed, step by step: first the
 * canonical request, then the string to sign, then the signature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "sys/digest.h"
#include "writer/sigv4.h"

#define HEADERS_MAX    12
#define EMPTY_SHA256   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DATA_SHA256    "c97c29c7a71b392b437ee03fd17f09bb10b75e879466fc0eb757b2c4a78ac938"
#define EXAMPLE_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

struct vector {
	const char *name;
	const char *access_key, *secret_key, *token, *region, *service;
	const char *method, *path, *payload_sha256;
	const char *header[HEADERS_MAX][2];
	int64_t wall_ms;
	const char *canonical_sha256; /* or NULL: not known */
	const char *canonical;	      /* or NULL */
	const char *signed_headers, *signature;
};

static const struct vector vectors[] = {
	{
		/* What a PutObject of the AWS SDK for Go was seen to send. */
		.name = "put of a flow object",
		.access_key = "user", .secret_key = "password", .token = "",
		.region = "local", .service = "s3",
		.method = "PUT",
		.path = "/bucket/logs/internal/20190226T164649Z/00000000.gz",
		.payload_sha256 = DATA_SHA256,
		.header = {
			{ "Host", "127.0.0.1:38771" },
			{ "Content-Encoding", "gzip" },
			{ "Content-Length", "4" },
			{ "Content-Md5", "5E+eNI5Byycu+oc4dyhXGw==" },
			{ "Content-Type", "application/json" },
			{ "X-Amz-Meta-First-Timestamp", "1551199609804" },
			{ "X-Amz-Meta-Last-Timestamp", "1551199669804" },
			{ "X-Amz-Meta-Num-Records", "2" },
		},
		.wall_ms = 1795325436000,
		.canonical_sha256 =
			"0c2644d2b2b154f5001da5eaab872d46241a03f09c1844c57bf2ee0b4081a0a3",
		.signed_headers = "content-encoding;content-length;content-md5;"
			"content-type;host;x-amz-content-sha256;x-amz-date;"
			"x-amz-meta-first-timestamp;x-amz-meta-last-timestamp;"
			"x-amz-meta-num-records",
		.signature =
			"4686d9a747a8fef7b74add63c54430a23366f84b000d042ef884db1dddabb576",
	},
	{
		/* "get-vanilla" of AWS's published suite. */
		.name = "get-vanilla",
		.access_key = "AKIDEXAMPLE", .secret_key = EXAMPLE_SECRET, .token = "",
		.region = "us-east-1", .service = "service",
		.method = "GET", .path = "", .payload_sha256 = EMPTY_SHA256,
		.header = { { "Host", "example.amazonaws.com" } },
		.wall_ms = 1440938160000,
		.canonical = "GET\n/\n\nhost:example.amazonaws.com\n"
			"x-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" EMPTY_SHA256,
		.signed_headers = "host;x-amz-date",
		.signature =
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
	},
	{
		/* botocore 1.29 computed the rest. */
		.name = "blanks in a value",
		.access_key = "AKIDEXAMPLE", .secret_key = EXAMPLE_SECRET, .token = "",
		.region = "us-east-1", .service = "service",
		.method = "GET", .path = "/", .payload_sha256 = EMPTY_SHA256,
		.header = {
			{ "My-Header1", "  a   b   c  " },
			{ "Host", "example.amazonaws.com" },
		},
		.wall_ms = 1440938160000,
		.canonical = "GET\n/\n\nhost:example.amazonaws.com\nmy-header1:a b c\n"
			"x-amz-date:20150830T123600Z\n\nhost;my-header1;x-amz-date\n"
			EMPTY_SHA256,
		.signed_headers = "host;my-header1;x-amz-date",
		.signature =
			"6ff6bc3cebca8811504dc903f3a072c310d9f48f8ee5c0b08115052209439e1b",
	},
	{
		.name = "token, an odd key, a name that begins another",
		.access_key = "AKIDEXAMPLE", .secret_key = EXAMPLE_SECRET,
		.token = "TOKEN==", .region = "eu-central-1", .service = "s3",
		.method = "PUT", .path = "/flows/logs/a%20b%2Bc%3Dd%26%C3%A9~%281%29/1.gz",
		.payload_sha256 = DATA_SHA256,
		.header = {
			{ "x-amz-meta-ab", "2" },
			{ "x-amz-meta-a", "1" },
			{ "Host", "s3.eu-central-1.amazonaws.com" },
			{ "Content-Type", "application/json" },
		},
		.wall_ms = 1440938160000,
		.signed_headers = "content-type;host;x-amz-content-sha256;x-amz-date;"
			"x-amz-meta-a;x-amz-meta-ab;x-amz-security-token",
		.signature =
			"fcc594e224f3417973ce172c50b9cf20796b610c07ea5d8031602db33b238f27",
	},
	{
		.name = "the next day",
		.access_key = "AKIDEXAMPLE", .secret_key = EXAMPLE_SECRET, .token = "",
		.region = "us-east-1", .service = "s3",
		.method = "PUT", .path = "/flows/x", .payload_sha256 = EMPTY_SHA256,
		.header = { { "Host", "127.0.0.1:9000" } },
		.wall_ms = 1440979200000,
		.signed_headers = "host;x-amz-content-sha256;x-amz-date",
		.signature =
			"45901e43a5e3f770f99db9285ccead596372bf7799c052b9eeed5b4396f03b97",
	},
};

static struct sigv4_signer signer_of(const struct vector *v)
{
	return (struct sigv4_signer){
		.access_key = str_of(v->access_key),
		.secret_key = str_of(v->secret_key),
		.session_token = str_of(v->token),
		.region = str_of(v->region),
		.service = str_of(v->service),
	};
}

static struct sigv4_request request_of(const struct vector *v,
				       struct sigv4_header *header)
{
	size_t n;

	for (n = 0; n < HEADERS_MAX && v->header[n][0]; n++)
		header[n] = (struct sigv4_header){ str_of(v->header[n][0]),
						   str_of(v->header[n][1]) };
	return (struct sigv4_request){
		.method = str_of(v->method),
		.path = str_of(v->path),
		.header = header,
		.count = n,
		.payload_sha256 = str_of(v->payload_sha256),
	};
}

static void assert_canonical(const struct vector *v, const struct sigv4_signature *s)
{
	unsigned char hash[SHA256_SIZE];
	struct buf hex = BUF_INIT(128);

	if (v->canonical)
		assert_string_equal(s->canonical_request.ptr, v->canonical);
	if (!v->canonical_sha256)
		return;
	digest_sha256(buf_str(&s->canonical_request), hash);
	digest_put_hex(&hex, hash, sizeof(hash));
	assert_string_equal(hex.ptr, v->canonical_sha256);
	buf_fini(&hex);
}

static void assert_vector(struct sigv4_signer *signer, const struct vector *v)
{
	struct sigv4_header header[HEADERS_MAX];
	struct sigv4_request request = request_of(v, header);
	struct sigv4_signature s;
	const char *at;

	sigv4_signature_init(&s);
	assert_int_equal(sigv4_sign(signer, &request, v->wall_ms, &s), 0);
	assert_string_equal(s.signed_headers.ptr, v->signed_headers);
	assert_canonical(v, &s);
	assert_non_null(strstr(s.string_to_sign.ptr, s.date));
	at = strstr(s.authorization.ptr, "Signature=");
	assert_non_null(at);
	assert_string_equal(at + strlen("Signature="), v->signature);
	sigv4_signature_fini(&s);
}

static void known_signatures(void **state)
{
	struct sigv4_signer signer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		print_message("  %s\n", vectors[i].name);
		signer = signer_of(&vectors[i]);
		assert_vector(&signer, &vectors[i]);
		assert_vector(&signer, &vectors[i]); /* now with the kept key */
	}
}

/* The kept key is of one day only. */
static void key_of_another_day(void **state)
{
	struct sigv4_signer signer = signer_of(&vectors[4]);
	struct vector day_before = vectors[4];
	struct sigv4_header header[HEADERS_MAX];
	struct sigv4_request request = request_of(&day_before, header);
	struct sigv4_signature s;

	(void)state;
	sigv4_signature_init(&s);
	assert_int_equal(sigv4_sign(&signer, &request, vectors[4].wall_ms - 1000, &s), 0);
	assert_string_equal(s.date, "20150830T235959Z");
	assert_string_equal(signer.key_day, "20150830");
	sigv4_signature_fini(&s);
	assert_vector(&signer, &vectors[4]);
	assert_string_equal(signer.key_day, "20150831");
}

static void values_of_one_name_are_a_list(void **state)
{
	static const struct sigv4_header header[] = {
		{ { "B", 1 }, { "2", 1 } },
		{ { "Host", 4 }, { "h", 1 } },
		{ { "b", 1 }, { "1", 1 } },
		{ { "B", 1 }, { "", 0 } },
	};
	struct sigv4_request request = {
		.method = STR("GET"),
		.path = STR("/"),
		.query = STR("x=1"),
		.header = header,
		.count = 4,
		.payload_sha256 = STR("UNSIGNED"),
	};
	struct sigv4_signer signer = signer_of(&vectors[1]);
	struct sigv4_signature s;

	(void)state;
	sigv4_signature_init(&s);
	assert_int_equal(sigv4_sign(&signer, &request, 1440938160000, &s), 0);
	assert_string_equal(s.canonical_request.ptr,
			    "GET\n/\nx=1\nb:2,1,\nhost:h\nx-amz-date:20150830T123600Z\n\n"
			    "b;host;x-amz-date\nUNSIGNED");
	sigv4_signature_fini(&s);
}

static void headers_to_send(void **state)
{
	struct sigv4_header header[HEADERS_MAX];
	struct sigv4_request request = request_of(&vectors[3], header);
	struct sigv4_signer signer = signer_of(&vectors[3]);
	struct buf lines = BUF_INIT(4096);
	struct sigv4_signature s;
	const char *at;

	(void)state;
	sigv4_signature_init(&s);
	assert_int_equal(sigv4_sign(&signer, &request, 1440938160000, &s), 0);
	sigv4_put_headers(&lines, &signer, &request, &s);
	at = lines.ptr;
	assert_string_equal(at, "X-Amz-Date: 20150830T123600Z");
	at += strlen(at) + 1;
	assert_string_equal(at, "X-Amz-Content-Sha256: " DATA_SHA256);
	at += strlen(at) + 1;
	assert_string_equal(at, "X-Amz-Security-Token: TOKEN==");
	at += strlen(at) + 1;
	assert_memory_equal(at,
			    "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"
			    "20150830/eu-central-1/s3/aws4_request, ",
			    94);
	at += strlen(at) + 1;
	assert_ptr_equal(at, lines.ptr + lines.len);
	buf_fini(&lines);
	sigv4_signature_fini(&s);
}

static void paths(void **state)
{
	static const char *const pairs[][2] = {
		{ "a/b-c_d.e~f", "a/b-c_d.e~f" },
		{ "a b+c=d&\xc3\xa9~(1)/1.gz", "a%20b%2Bc%3Dd%26%C3%A9~%281%29/1.gz" },
		{ "100%", "100%25" },
		{ ":*'!", "%3A%2A%27%21" },
	};
	struct buf out = BUF_INIT(256);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_reset(&out);
		sigv4_put_path(&out, str_of(pairs[i][0]));
		assert_string_equal(out.ptr, pairs[i][1]);
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_signatures),
		cmocka_unit_test(key_of_another_day),
		cmocka_unit_test(values_of_one_name_are_a_list),
		cmocka_unit_test(headers_to_send),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests_name("sigv4", tests, NULL, NULL);
}
