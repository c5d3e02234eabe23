/* SPDX-License-Identifier: Apache-2.0 */
/* test_s3.c - where objects go and what is sent. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/http.h"
#include "writer/s3_request.h"
#include "sys/clock.h"
#include "tests/lib/tiny_server.h"
#include "tests/unit/temporary.h"

static void endpoints(void **state)
{
	static const struct {
		const char *text, *url, *error;
	} table[] = {
		{ "http://127.0.0.1:9000", "http://127.0.0.1:9000", NULL },
		{ "s3.example.com", "https://s3.example.com", NULL },
		{ "s3.example.com:8443", "https://s3.example.com:8443", NULL },
		{ "https://s3.example.com:443/", "https://s3.example.com", NULL },
		{ "http://s3.example.com:80", "http://s3.example.com", NULL },
		{ "http://s3.example.com:443", "http://s3.example.com:443", NULL },
		{ "HTTPS://[fd00::1]:9000", "https://[fd00::1]:9000", NULL },
		{ "", "https://s3.eu-west-1.amazonaws.com", NULL },
		{ "ftp://s3.example.com", NULL, "\"ftp\" is not http or https" },
		{ "http://s3.example.com/a-b/v1/", "http://s3.example.com", NULL },
		{ "http://s3.example.com/a?x", NULL, "no path of letters" },
		{ "http://s3.example.com/a b", NULL, "no path of letters" },
		{ "http://user:pw@s3.example.com/a", NULL, "a user name" },
		{ "http://s3.example.com?x", NULL, "a path or query" },
		{ "http://user:pw@s3.example.com", NULL, "a user name" },
		{ "http://s3.example.com:0", NULL, "not a port" },
		{ "http://s3.example.com:70000", NULL, "not a port" },
		{ "http://s3.example.com:", NULL, "not a port" },
		{ "http://fd00::1", NULL, "not a port" },
		{ "http://[fd00::1", NULL, "\"[\" without \"]\"" },
		{ "http://[]", NULL, "no address" },
		{ "http://[fe80::1%eth0]:9000", NULL, "not a host name" },
		{ "http://a b", NULL, "not a host name" },
		{ "http://a\r\nX: y", NULL, "not a host name" },
		{ "http://", NULL, "names no host" },
		{ ":9000", NULL, "names no host" },
	};
	struct buf made = BUF_INIT(256), url = BUF_INIT(256);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		struct endpoint e;
		int error = s3_endpoint(str_of(table[i].text), STR("eu-west-1"), &made,
					&e, &err);

		print_message("  \"%s\" %s\n", table[i].text, err.text);
		assert_int_equal(error, table[i].url ? 0 : -EINVAL);
		if (table[i].error)
			assert_non_null(strstr(err.text, table[i].error));
		assert_null(strstr(err.text, "pw"));
		if (error)
			continue;
		buf_reset(&url);
		endpoint_put_url(&url, &e);
		assert_string_equal(url.ptr, table[i].url);
	}
	buf_fini(&made);
	buf_fini(&url);
}

static void regions_are_of_partitions(void **state)
{
	static const struct {
		const char *region, *url;
	} table[] = {
		{ "eu-central-1", "https://s3.eu-central-1.amazonaws.com" },
		{ "us-gov-west-1", "https://s3.us-gov-west-1.amazonaws.com" },
		{ "cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn" },
		{ "us-iso-east-1", "https://s3.us-iso-east-1.c2s.ic.gov" },
		{ "us-isob-east-1", "https://s3.us-isob-east-1.sc2s.sgov.gov" },
		{ "us-isof-south-1", "https://s3.us-isof-south-1.csp.hci.ic.gov" },
		{ "eu-isoe-west-1", "https://s3.eu-isoe-west-1.cloud.adc-e.uk" },
		{ "eusc-de-east-1", "https://s3.eusc-de-east-1.amazonaws.eu" },
	};
	struct buf made = BUF_INIT(256), url = BUF_INIT(256);
	struct err err = ERR_INIT;
	struct endpoint e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(s3_endpoint(STR(""), str_of(table[i].region), &made, &e,
					     &err),
				 0);
		buf_reset(&url);
		endpoint_put_url(&url, &e);
		assert_string_equal(url.ptr, table[i].url);
	}
	buf_fini(&made);
	buf_fini(&url);
}

static struct str metadata_names[] = {
	{ "first-timestamp", 15 },
	{ "num-records", 11 },
	{ "odd", 3 },
	{ "none", 4 },
};
static struct str metadata_values[] = {
	{ "1551199609804", 13 },
	{ "2", 1 },
	{ "a\r\nb", 4 },
	{ "", 0 },
};

static const struct sealed object = {
	.dirname = { "flows", 5 },
	.key = { "/logs//a b/../x=1/00000000.gz", 29 },
	.content_type = { "application/json", 16 },
	.content_encoding = { "gzip", 4 },
	.metadata = { metadata_names, metadata_values, 4 },
	.size = 4,
	/* Of DATA. */
	.sha256 = "\xc9\x7c\x29\xc7\xa7\x1b\x39\x2b\x43\x7e\xe0\x3f\xd1\x7f\x09\xbb"
		  "\x10\xb7\x5e\x87\x94\x66\xfc\x0e\xb7\x57\xb2\xc4\xa7\x8a\xc9\x38",
	.md5 = "\xe4\x4f\x9e\x34\x8e\x41\xcb\x27\x2e\xfa\x87\x38\x77\x28\x57\x1b",
};

static const char *header(const struct s3_request *r, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; r->header[i]; i++)
		if (strncmp(r->header[i], name, len) == 0 && r->header[i][len] == ':')
			return r->header[i] + len + 2;
	return NULL;
}

static struct sigv4_signer signer(void)
{
	return (struct sigv4_signer){
		.access_key = STR("user"),
		.secret_key = STR("password"),
		.region = STR("local"),
		.service = STR("s3"),
	};
}

static void requests(void **state)
{
	struct endpoint e = { .scheme = ENDPOINT_HTTP, .host = STR("h"), .port = 9000 };
	struct sigv4_signer s = signer();
	struct s3_request r;
	const char *authorization;

	(void)state;
	assert_int_equal(s3_request_init(&r, &e, &s, &object, 1795325436000), 0);
	assert_string_equal(r.url.ptr, "http://h:9000/flows/logs/x%3D1/00000000.gz");
	assert_string_equal(header(&r, "Host"), "h:9000");
	assert_string_equal(header(&r, "Content-Type"), "application/json");
	assert_string_equal(header(&r, "Content-Encoding"), "gzip");
	assert_string_equal(header(&r, "Content-MD5"), "5E+eNI5Byycu+oc4dyhXGw==");
	assert_string_equal(header(&r, "X-Amz-Date"), "20261122T053036Z");
	assert_string_equal(
		header(&r, "X-Amz-Content-Sha256"),
		"c97c29c7a71b392b437ee03fd17f09bb10b75e879466fc0eb757b2c4a78ac938");
	assert_string_equal(header(&r, "x-amz-meta-first-timestamp"), "1551199609804");
	assert_string_equal(header(&r, "x-amz-meta-num-records"), "2");
	assert_string_equal(header(&r, "x-amz-meta-odd"), "a  b");
	assert_null(header(&r, "x-amz-meta-none"));
	authorization = header(&r, "Authorization");
	assert_non_null(strstr(authorization,
			       "SignedHeaders=content-encoding;content-md5;"
			       "content-type;host;x-amz-content-sha256;x-amz-date;"
			       "x-amz-meta-first-timestamp;x-amz-meta-num-records;"
			       "x-amz-meta-odd, "));
	assert_null(strstr(authorization, "password"));
	s3_request_fini(&r);
}

static void requests_below_a_path(void **state)
{
	struct buf made = BUF_INIT(256);
	struct err err = ERR_INIT;
	struct sigv4_signer s = signer();
	struct s3_request r;
	struct endpoint e;

	(void)state;
	assert_int_equal(s3_endpoint(STR("https://h/storage/v1/s3/"), STR(""), &made, &e,
				     &err),
			 0);
	assert_int_equal(s3_request_init(&r, &e, &s, &object, 1795325436000), 0);
	assert_string_equal(r.url.ptr,
			    "https://h/storage/v1/s3/flows/logs/x%3D1/00000000.gz");
	assert_string_equal(header(&r, "Host"), "h");
	s3_request_fini(&r);
	buf_fini(&made);
}

static void requests_without_what_is_not_there(void **state)
{
	struct endpoint e = { .scheme = ENDPOINT_HTTPS, .host = STR("h") };
	struct sealed plain = object;
	struct sigv4_signer s = signer();
	struct s3_request r;
	char key[20000];

	(void)state;
	plain.content_encoding = STR("");
	plain.metadata.count = 0;
	assert_int_equal(s3_request_init(&r, &e, &s, &plain, 0), 0);
	assert_null(header(&r, "Content-Encoding"));
	assert_string_equal(header(&r, "Host"), "h");
	s3_request_fini(&r);
	memset(key, 'x', sizeof(key));
	plain.key = (struct str){ key, sizeof(key) };
	assert_int_equal(s3_request_init(&r, &e, &s, &plain, 0), -EFBIG);
}

/* The same but for date and signature. */
static void requests_with_a_token(void **state)
{
	struct endpoint e = { .scheme = ENDPOINT_HTTPS, .host = STR("h") };
	struct sigv4_signer s = signer();
	struct s3_request r, signed_one;
	size_t i, same = 0;

	(void)state;
	assert_int_equal(s3_request_init(&signed_one, &e, &s, &object, 0), 0);
	assert_int_equal(s3_request_init_token(&r, &e, STR("abc.def"), &object), 0);
	assert_string_equal(r.url.ptr, signed_one.url.ptr);
	assert_string_equal(header(&r, "Authorization"), "Bearer abc.def");
	assert_null(header(&r, "X-Amz-Date"));
	for (i = 0; signed_one.header[i]; i++) {
		struct str name = str_until(str_of(signed_one.header[i]), ':');
		char text[64];

		snprintf(text, sizeof(text), STR_FMT, STR_ARG(name));
		if (strcmp(text, "X-Amz-Date") == 0 || strcmp(text, "Authorization") == 0)
			continue;
		assert_string_equal(header(&r, text), header(&signed_one, text));
		same++;
	}
	assert_int_equal(same, 8);
	for (i = 0; r.header[i]; i++)
		;
	assert_int_equal(i, same + 1);
	s3_request_fini(&r);
	s3_request_fini(&signed_one);
}

static void requests_with_a_session(void **state)
{
	struct endpoint e = { .scheme = ENDPOINT_HTTPS, .host = STR("h") };
	struct sigv4_signer s = signer();
	struct s3_request r;

	(void)state;
	s.session_token = STR("of the session");
	assert_int_equal(s3_request_init(&r, &e, &s, &object, 0), 0);
	assert_string_equal(header(&r, "X-Amz-Security-Token"), "of the session");
	assert_non_null(strstr(header(&r, "Authorization"), ";x-amz-security-token,"));
	s3_request_fini(&r);
}

static void timeouts(void **state)
{
	(void)state;
	assert_int_equal(s3_request_timeout_ms(0), 60000);
	assert_int_equal(s3_request_timeout_ms(64000000), 60000 + 1000000);
}

/* The writer with a server. What it signs with is test_s3_keys.c's. */

static void set(void *self, const char *name, const char *value)
{
	const struct field *f = shape_find(writer_s3.state, str_of(name));
	struct str text = str_of(value);

	assert_non_null(f);
	memcpy((char *)self + f->offset, &text, sizeof(text));
}

static void *new_writer(const char *endpoint)
{
	void *self = calloc(1, writer_s3.state->size);

	assert_non_null(self);
	memcpy(self, writer_s3.state->defaults, writer_s3.state->size);
	set(self, "endpoint", endpoint);
	set(self, "access_key", "a");
	set(self, "secret_key", "s");
	return self;
}

/* What is doubtful about where secrets go; a key to sign with goes nowhere. */
static void advice(void **state)
{
	static const char no_scheme[] = "has no scheme, so https:// is taken";
	static const struct {
		const char *endpoint, *api_key, *iam_endpoint;
		const char *key, *text; /* NULL: nothing is */
	} table[] = {
		{ "", NULL, NULL, NULL, NULL },
		{ "https://store.example.com", NULL, NULL, NULL, NULL },
		{ "http://store.example.com", NULL, NULL, NULL, NULL },
		{ "store.example.com", NULL, NULL, NULL, NULL },
		{ "store.example.com/base", NULL, NULL, NULL, NULL },
		/* Rather a server of one's own. */
		{ "store.example.com:9000", NULL, NULL, "endpoint", no_scheme },
		{ "minio", NULL, NULL, "endpoint", no_scheme },
		{ "0.example.com", NULL, NULL, "endpoint", no_scheme },
		{ "9.8.7.6", NULL, NULL, "endpoint", no_scheme },
		{ "https://9.8.7.6:9000", NULL, NULL, NULL, NULL },
		{ "http://minio", NULL, NULL, NULL, NULL },
		{ "https://store.example.com", "k", NULL, NULL, NULL },
		{ "http://127.0.0.1:9000", "k", "http://127.0.0.1/token", NULL, NULL },
		{ "http://store.example.com", "k", NULL, "endpoint",
		  "the token for api_key goes there without TLS" },
		{ "https://store.example.com", "k", "http://iam.example.com/token",
		  "iam_endpoint", "api_key goes there without TLS" },
		{ "http://store.example.com", "k", "http://iam.example.com/token",
		  "iam_endpoint", "api_key goes there without TLS" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		void *self = new_writer(table[i].endpoint);
		struct err err = ERR_INIT;

		if (table[i].api_key)
			set(self, "api_key", table[i].api_key);
		if (table[i].iam_endpoint)
			set(self, "iam_endpoint", table[i].iam_endpoint);
		print_message("  %s\n", table[i].endpoint);
		assert_int_equal(writer_s3.advise(self, false, &err),
				 table[i].key != NULL);
		assert_string_equal(err.key, table[i].key ? table[i].key : "");
		if (table[i].text)
			assert_non_null(strstr(err.text, table[i].text));
		free(self);
	}
}

struct store_server {
	pthread_mutex_t lock;
	char date[2][32]; /* X-Amz-Date of the requests */
	int requests;
	char body[16];
	sem_t arrived, gate;
};

/* An hour ahead of us, and particular about it. */
static void late_store(void *context, const struct tiny_request *r,
		       struct tiny_reply *reply)
{
	struct store_server *s = context;
	static char skewed[512];
	time_t now = (time_t)(clock_now().wall_ms / 1000 + 3600);
	struct tm tm;
	char date[64];

	pthread_mutex_lock(&s->lock);
	if (s->requests < 2)
		snprintf(s->date[s->requests], sizeof(s->date[0]), "%.16s",
			 strstr(r->head, "X-Amz-Date: ") + 12);
	snprintf(s->body, sizeof(s->body), "%.15s", r->body);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	snprintf(skewed, sizeof(skewed),
		 "HTTP/1.1 403 Forbidden\r\nDate: %s\r\n"
		 "Content-Length: 48\r\n\r\n"
		 "<Error><Code>RequestTimeTooSkewed</Code></Error>",
		 date);
	reply->text =
		s->requests++
			? "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 0\r\n\r\n"
			: skewed;
	pthread_mutex_unlock(&s->lock);
}

static void hanging_store(void *context, const struct tiny_request *r,
			  struct tiny_reply *reply)
{
	struct store_server *s = context;

	(void)r;
	(void)reply;
	sem_post(&s->arrived);
	sem_wait(&s->gate);
}

static void on_done(struct put *p)
{
	sem_post(p->context);
}

struct world {
	struct store_server store;
	struct tiny_server *server;
	struct http *http;
	void *writer;
	struct put put;
	sem_t done;
	char endpoint[64];
};

static void world_init(struct world *w, tiny_answer *answer)
{
	char name[TEMPORARY_SIZE];
	struct err err = ERR_INIT;

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->store.lock, NULL);
	sem_init(&w->store.arrived, 0, 0);
	sem_init(&w->store.gate, 0, 0);
	sem_init(&w->done, 0, 0);
	w->server = tiny_server_new(answer, &w->store);
	w->http = http_new(&err);
	assert_true(w->server && w->http);
	snprintf(w->endpoint, sizeof(w->endpoint), "http://127.0.0.1:%u",
		 tiny_server_port(w->server));
	w->writer = new_writer(w->endpoint);
	assert_int_equal(writer_s3.init(w->writer,
					&(struct writer_around){ .http = w->http }, &err),
			 0);
	w->put = (struct put){ .object = &object,
			       .fd = temporary_file(name, sizeof(name), "s3"),
			       .done = on_done,
			       .context = &w->done };
	unlink(name);
	assert_int_equal(write(w->put.fd, "DATA", 4), 4);
}

static void world_fini(struct world *w)
{
	writer_s3.fini(w->writer);
	http_free(w->http);
	tiny_server_free(w->server);
	free(w->writer);
	close(w->put.fd);
	pthread_mutex_destroy(&w->store.lock);
}

static void skewed_clock(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, late_store);
	writer_s3.put(w.writer, &w.put);
	sem_wait(&w.done);
	assert_int_equal(w.put.result, PUT_FAILED);
	assert_int_equal(w.put.retry_after_ms, 1);
	assert_string_equal(w.put.error,
			    "403 RequestTimeTooSkewed: the clock of this host is wrong");
	writer_s3.put(w.writer, &w.put);
	sem_wait(&w.done);
	assert_int_equal(w.put.result, PUT_STORED);
	assert_string_equal(w.put.error, "");
	assert_string_equal(w.store.body, "DATA");
	assert_true(strcmp(w.store.date[0], w.store.date[1]) < 0);
	world_fini(&w);
}

static void cancelled_put(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, hanging_store);
	writer_s3.cancel(w.writer, &w.put); /* not under way: nothing */
	writer_s3.put(w.writer, &w.put);
	sem_wait(&w.store.arrived);
	writer_s3.cancel(w.writer, &w.put);
	sem_wait(&w.done);
	assert_int_equal(w.put.result, PUT_FAILED);
	assert_string_equal(w.put.error, "cancelled");
	sem_post(&w.store.gate);
	world_fini(&w);
}

static void no_store(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, hanging_store);
	writer_s3.fini(w.writer);
	set(w.writer, "endpoint", "http://127.0.0.1:1");
	assert_int_equal(writer_s3.init(w.writer,
					&(struct writer_around){ .http = w.http }, NULL),
			 0);
	writer_s3.put(w.writer, &w.put);
	sem_wait(&w.done);
	assert_int_equal(w.put.result, PUT_FAILED);
	assert_string_equal(w.put.error, "connection refused by 127.0.0.1:1");
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints),
		cmocka_unit_test(regions_are_of_partitions),
		cmocka_unit_test(requests_below_a_path),
		cmocka_unit_test(requests),
		cmocka_unit_test(requests_without_what_is_not_there),
		cmocka_unit_test(requests_with_a_token),
		cmocka_unit_test(requests_with_a_session),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(advice),
		cmocka_unit_test(skewed_clock),
		cmocka_unit_test(cancelled_put),
		cmocka_unit_test(no_store),
	};

	return cmocka_run_group_tests_name("s3", tests, NULL, NULL);
}
