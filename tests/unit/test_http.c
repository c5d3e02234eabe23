/* SPDX-License-Identifier: Apache-2.0 */
/* test_http.c - requests against a server of the test's own: what goes out,
 * what comes back, and all the ways in which it fails. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/http.h"
#include "tests/lib/tiny_server.h"
#include "tests/unit/temporary.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* One http and one server per test; the path of a request chooses the reply. */
struct world {
	struct http *http;
	struct tiny_server *server;
	pthread_mutex_t lock;
	struct tiny_request last;
	sem_t gate;    /* what "/hang" waits for */
	sem_t arrived; /* a request has come */
	char url[256];
};

static const struct {
	const char *path;
	struct tiny_reply reply;
} replies[] = {
	{ "/a/../b", { .text = OK_REPLY } },
	{ "/redirect",
	  { .text = "HTTP/1.1 302 Found\r\nLocation: /ok\r\n"
		    "Content-Length: 0\r\n\r\n" } },
	{ "/seconds",
	  { .text = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
		    "Date: Sun, 22 Nov 2026 10:53:14 GMT\r\n"
		    "Content-Length: 0\r\n\r\n" } },
	{ "/date",
	  { .text = "HTTP/1.1 429 Slow\r\n"
		    "Retry-After: Sun, 22 Nov 2026 10:53:44 GMT\r\n"
		    "Date: Sun, 22 Nov 2026 10:53:14 GMT\r\n"
		    "Content-Length: 0\r\n\r\n" } },
	{ "/forever",
	  { .text = "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999\r\n"
		    "Content-Length: 0\r\n\r\n" } },
	{ "/long",
	  { .text = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
		    "0123456789012345678901234567890123456789" } },
	{ "/babble", { .text = "220 mail.example.com ESMTP\r\n", .close = true } },
	{ "/cut",
	  { .text = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n01234",
	    .close = true } },
	{ "/silent", { .text = NULL } },
	{ "/last", { .text = OK_REPLY, .close = true } },
	{ "/gzip",
	  { .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		    "Content-Length: 28\r\n\r\n"
		    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9"
		    "\xc9\x57\xc8\x40\x90\x00\x80\x88\xf9\xe5\x11\x00\x00\x00",
	    .len = 63 + 28 } },
	{ "/deflate",
	  { .text = "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n"
		    "Content-Length: 16\r\n\r\n"
		    "\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x3a\x2e\x06\x7d",
	    .len = 66 + 16 } },
	{ "/raw-deflate",
	  { .text = "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n"
		    "Content-Length: 10\r\n\r\n"
		    "\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00",
	    .len = 66 + 10 } },
	{ "/gzip-empty",
	  { .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		    "Content-Length: 0\r\n\r\n" } },
	{ "/nothing",
	  { .text = "HTTP/1.1 204 No Content\r\n"
		    "Content-Encoding: gzip\r\n\r\n" } },
};

static void answer(void *context, const struct tiny_request *r, struct tiny_reply *reply)
{
	struct world *w = context;
	const char *path = strchr(r->head, ' ') + 1;
	size_t i, len = strcspn(path, " ");
	bool again;

	pthread_mutex_lock(&w->lock);
	again = w->last.connection == r->connection;
	w->last = *r;
	pthread_mutex_unlock(&w->lock);
	sem_post(&w->arrived);
	if (strncmp(path, "/hang ", 6) == 0)
		sem_wait(&w->gate);
	if (again && strncmp(path, "/once ", 6) == 0)
		return;
	reply->text = OK_REPLY;
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (strlen(replies[i].path) == len &&
		    memcmp(path, replies[i].path, len) == 0)
			*reply = replies[i].reply;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err = ERR_INIT;

	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->gate, 0, 0);
	sem_init(&w->arrived, 0, 0);
	w->http = http_new(&err);
	w->server = tiny_server_new(answer, w);
	assert_non_null(w->http);
	assert_non_null(w->server);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < 8; i++)
		sem_post(&w->gate);
	http_free(w->http);
	tiny_server_free(w->server);
	pthread_mutex_destroy(&w->lock);
	sem_destroy(&w->gate);
	sem_destroy(&w->arrived);
	free(w);
	return 0;
}

static void on_done(struct http_request *r)
{
	sem_post(r->context);
}

static struct http_request request(struct world *w, const char *path, sem_t *done)
{
	sem_init(done, 0, 0);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u%s",
		 tiny_server_port(w->server), path);
	return (struct http_request){
		.method = "POST",
		.url = w->url,
		.body = STR("DATA"),
		.body_fd = -1,
		.connect_timeout_ms = 5000,
		.done = on_done,
		.context = done,
		.reply = BUF_INIT(32),
	};
}

static void run(struct world *w, struct http_request *r)
{
	http_start(w->http, r);
	sem_wait(r->context);
	/* Later than done() of this one is every other look at w->last. */
	while (sem_trywait(&w->arrived) == 0)
		;
}

static void what_is_sent(void **state)
{
	static const char *const headers[] = { "X-One: 1", "Content-Type: text/plain",
					       NULL };
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/a/../b", &done);

	r.headers = headers;
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_true(str_is(buf_str(&r.reply), "ok"));
	assert_memory_equal(w->last.head, "POST /a/../b HTTP/1.1\r\n", 23);
	assert_non_null(strstr(w->last.head, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(w->last.head, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(w->last.head, "\r\nContent-Length: 4\r\n"));
	assert_null(strcasestr(w->last.head, "\r\nExpect:"));
	assert_string_equal(w->last.body, "DATA");
	buf_fini(&r.reply);
}

static int make_file(const char *bytes)
{
	char name[TEMPORARY_SIZE];
	int fd = temporary_file(name, sizeof(name), "http");

	unlink(name);
	assert_int_equal(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
	return fd;
}

static void body_from_a_file(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/ok", &done);

	r.method = "PUT";
	r.body_fd = make_file("header|BODY|rest");
	r.body_offset = 7;
	r.body_size = 4;
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_memory_equal(w->last.head, "PUT /ok ", 8);
	assert_null(strcasestr(w->last.head, "\r\nExpect:"));
	assert_string_equal(w->last.body, "BODY");
	r.body_size = 100;
	run(w, &r);
	assert_int_equal(r.status, -EIO);
	assert_non_null(strstr(r.error, "shorter"));
	close(r.body_fd);
	buf_fini(&r.reply);
}

static void empty_body(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/ok", &done);

	r.body = STR("");
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(w->last.head, "\r\nContent-Length: 0\r\n"));
	r.method = "GET";
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_memory_equal(w->last.head, "GET /ok ", 8);
	assert_null(strstr(w->last.head, "Content-Length"));
	buf_fini(&r.reply);
}

static void connections_are_kept(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/ok", &done);
	int i;

	for (i = 0; i < 3; i++) {
		run(w, &r);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.reply.len, 2);
		assert_int_equal(w->last.connection, 1);
	}
	buf_fini(&r.reply);
}

/* The server hangs up without saying so; the next request begins anew. */
static void dead_connections_are_replaced(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/last", &done);
	int i;

	for (i = 0; i < 5; i++) {
		run(w, &r);
		assert_int_equal(r.status, 200);
		assert_string_equal(w->last.body, "DATA");
	}
	buf_fini(&r.reply);
}

/* The server takes a second body on a connection and hangs up: the body is
 * sent again, from its start. */
static void bodies_are_sent_again(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/once", &done);
	int i;

	for (i = 0; i < 3; i++) {
		run(w, &r);
		assert_int_equal(r.status, 200);
		assert_string_equal(w->last.body, "DATA");
		assert_int_equal(w->last.connection, i + 1);
	}
	buf_fini(&r.reply);
}

static void outcomes(void **state)
{
	static const struct {
		const char *path;
		int status;
		const char *error;
		int64_t retry_after_ms, date_ms;
	} table[] = {
		{ "/redirect", 302, "", 0, 0 },
		{ "/seconds", 503, "", 7000, 1795344794000 },
		{ "/date", 429, "", 30000, 1795344794000 },
		{ "/forever", 503, "", 86400000, 0 },
		{ "/long", -EFBIG, "the reply is longer than 32 bytes", 0, 0 },
		{ "/babble", -EPROTO, "127.0.0.1:", 0, 0 },
		{ "/cut", -EIO, "127.0.0.1:", 0, 0 },
		{ "/silent", -EIO, "127.0.0.1:", 0, 0 },
		{ "/nothing", 204, "", 0, 0 },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		sem_t done;
		struct http_request r = request(w, table[i].path, &done);

		r.accept_compressed = true;
		run(w, &r);
		print_message("  %s: %d %s\n", table[i].path, r.status, r.error);
		assert_int_equal(r.status, table[i].status);
		assert_non_null(strstr(r.error, table[i].error));
		assert_int_equal(r.error[0] == '\0', table[i].status > 0);
		assert_int_equal(r.retry_after_ms, table[i].retry_after_ms);
		assert_int_equal(r.date_ms, table[i].date_ms);
		buf_fini(&r.reply);
	}
}

static void compressed_replies(void **state)
{
	static const char *const table[][2] = {
		{ "/gzip", "hello hello hello" },
		{ "/deflate", "hello hello hello" },
		{ "/raw-deflate", "hello hello hello" },
		{ "/gzip-empty", "" },
		{ "/nothing", "" },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		sem_t done;
		struct http_request r = request(w, table[i][0], &done);

		r.accept_compressed = true;
		run(w, &r);
		print_message("  %s: %d %s\n", table[i][0], r.status, r.error);
		assert_int_equal(r.status, *table[i][1] || i == 3 ? 200 : 204);
		assert_true(str_is(buf_str(&r.reply), table[i][1]));
		assert_non_null(
			strstr(w->last.head, "\r\nAccept-Encoding: gzip, deflate\r\n"));
		r.reply.limit = 10;
		run(w, &r);
		assert_int_equal(r.status < 0 ? r.status : 0, *table[i][1] ? -EFBIG : 0);
		buf_fini(&r.reply);
	}
}

static void unreachable(void **state)
{
	static const struct {
		const char *url;
		int status;
		const char *error;
	} table[] = {
		{ "http://127.0.0.1:1/", -ECONNREFUSED,
		  "connection refused by 127.0.0.1:1" },
		{ "http://no-such-host.invalid/", -EHOSTUNREACH, "no-such-host.invalid" },
		{ "http://user:pw@127.0.0.1:1/", -ECONNREFUSED, "by 127.0.0.1:1" },
		{ "ftp://127.0.0.1/", -EPROTO, "127.0.0.1" },
		{ "file:///etc/passwd", -EPROTO, "" },
		{ "not a url", -EPROTO, "" },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		sem_t done;
		struct http_request r = request(w, "/", &done);

		r.url = table[i].url;
		run(w, &r);
		print_message("  %s: %s\n", table[i].url, r.error);
		assert_int_equal(r.status, table[i].status);
		assert_non_null(strstr(r.error, table[i].error));
		assert_int_not_equal(r.error[0], '\0');
		assert_int_equal(r.reply.len, 0);
		buf_fini(&r.reply);
	}
}

static void too_slow(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/hang", &done);

	r.timeout_ms = 50;
	run(w, &r);
	assert_int_equal(r.status, -ETIMEDOUT);
	assert_int_not_equal(r.error[0], '\0');
	r.timeout_ms = 0;
	r.idle_timeout_ms = 1;
	run(w, &r);
	assert_int_equal(r.status, -ETIMEDOUT);
	buf_fini(&r.reply);
}

static void cancelled(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/hang", &done);

	http_start(w->http, &r);
	sem_wait(&w->arrived);
	http_cancel(w->http, &r);
	sem_wait(&done);
	assert_int_equal(r.status, -ECANCELED);
	http_cancel(w->http, &r); /* has ended: nothing */
	run(w, &(struct http_request){ .method = "GET",
				       .url = "http://127.0.0.1:1/",
				       .body_fd = -1,
				       .done = on_done,
				       .context = &done,
				       .reply = BUF_INIT(1) });
	buf_fini(&r.reply);
}

static void many_at_once(void **state)
{
	enum { MANY = 40 };
	struct world *w = *state;
	struct http_request r[MANY];
	sem_t done;
	int i;

	for (i = 0; i < MANY; i++) {
		r[i] = request(w, "/ok", &done);
		r[i].done = on_done;
	}
	for (i = 0; i < MANY; i++)
		http_start(w->http, &r[i]);
	for (i = 0; i < MANY; i++)
		sem_wait(&done);
	for (i = 0; i < MANY; i++) {
		if (r[i].status != 200)
			print_message("  %s\n", r[i].error);
		assert_int_equal(r[i].status, 200);
		buf_fini(&r[i].reply);
	}
}

static void note_begin(struct http_request *r)
{
	r->body = STR("LATE");
}

/* The wait is over by the clock or because somebody is in a hurry; begin() is
 * asked only then. */
static void delayed(void **state)
{
	struct world *w = *state;
	sem_t done;
	struct http_request r = request(w, "/ok", &done);

	r.begin = note_begin;
	r.delay_ms = 30;
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(w->last.body, "LATE");
	r.body = STR("DATA");
	r.delay_ms = 3600000;
	http_start(w->http, &r);
	assert_true(str_is(r.body, "DATA"));
	http_start_now(w->http, &r);
	sem_wait(&done);
	assert_int_equal(r.status, 200);
	assert_string_equal(w->last.body, "LATE");
	http_start_now(w->http, &r); /* has ended: nothing */
	http_start(w->http, &r);
	http_cancel(w->http, &r);
	sem_wait(&done);
	assert_int_equal(r.status, -ECANCELED);
	http_start(w->http, &r);
	http_free(w->http);
	w->http = NULL;
	assert_int_equal(sem_trywait(&done), 0);
	assert_int_equal(r.status, -ECANCELED);
	buf_fini(&r.reply);
}

struct again {
	struct http *http;
	sem_t done;
	int left;
};

static void start_again(struct http_request *r)
{
	struct again *a = r->context;

	if (a->left-- > 0)
		http_start(a->http, r);
	else
		sem_post(&a->done);
}

/* http_free() ends what runs, and what is started by a done() meanwhile. */
static void end_of_everything(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct again a = { .http = http_new(&err), .left = 3 };
	sem_t unused;
	struct http_request r = request(w, "/hang", &unused);

	sem_init(&a.done, 0, 0);
	r.done = start_again;
	r.context = &a;
	http_start(a.http, &r);
	sem_wait(&w->arrived);
	http_free(a.http);
	assert_int_equal(sem_trywait(&a.done), 0);
	assert_int_equal(r.status, -ECANCELED);
	buf_fini(&r.reply);
	http_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_sent),
		TEST(body_from_a_file),
		TEST(empty_body),
		TEST(connections_are_kept),
		TEST(dead_connections_are_replaced),
		TEST(bodies_are_sent_again),
		TEST(outcomes),
		TEST(compressed_replies),
		TEST(unreachable),
		TEST(too_slow),
		TEST(cancelled),
		TEST(many_at_once),
		TEST(delayed),
		TEST(end_of_everything),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
