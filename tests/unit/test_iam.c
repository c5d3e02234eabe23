/* SPDX-License-Identifier: Apache-2.0 */
/* test_iam.c - tokens: when they are asked for and how long they are used, with a
 * token service of the test's own. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "writer/iam.h"
#include "sys/clock.h"
#include "tests/lib/tiny_server.h"
#include "tests/unit/temporary.h"

#define FORM_END                                                                         \
	"&grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey"                   \
	"&response_type=cloud_iam"
#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)

/* A token service whose answers are "token-1", "token-2"... and a client. */
struct world {
	pthread_mutex_t lock; /* for what follows */
	int requests;
	int bad_from, bad_to; /* requests that are answered with bad */
	const char *bad;
	bool bad_closes; /* after it the connection ends */
	int expires_in;
	int hang_from;	   /* this request and later ones wait for gate */
	char good_key[32]; /* another one: 400; "": any */
	struct tiny_request last;
	char reply[512];
	sem_t arrived, gate, changed;

	struct tiny_server *server;
	struct http *http;
	struct secret key;
	struct iam *iam;
	struct buf token;
};

static void make_reply(struct world *w, struct tiny_reply *reply)
{
	char body[256], form[128];

	snprintf(form, sizeof(form), "apikey=%s&", w->good_key);
	snprintf(body, sizeof(body),
		 "{\"access_token\":\"token-%d\",\"token_type\":"
		 "\"Bearer\",\"expires_in\":%d}",
		 w->requests, w->expires_in);
	snprintf(w->reply, sizeof(w->reply),
		 "HTTP/1.1 200 OK\r\nContent-Length: %zu"
		 "\r\n\r\n%s",
		 strlen(body), body);
	reply->text = w->reply;
	if (w->requests >= w->bad_from && w->requests <= w->bad_to)
		*reply = (struct tiny_reply){ .text = w->bad, .close = w->bad_closes };
	if (w->good_key[0] && strncmp(w->last.body, form, strlen(form)) != 0)
		reply->text = "HTTP/1.1 400 Bad\r\nContent-Length: 26\r\n"
			      "Retry-After: 50\r\n\r\n{\"errorCode\":\"BXNIM0415E\"}";
}

static void answer(void *context, const struct tiny_request *r, struct tiny_reply *reply)
{
	struct world *w = context;
	bool hangs;

	pthread_mutex_lock(&w->lock);
	w->requests++;
	w->last = *r;
	hangs = w->hang_from && w->requests >= w->hang_from;
	pthread_mutex_unlock(&w->lock);
	sem_post(&w->arrived);
	if (hangs)
		sem_wait(&w->gate);
	pthread_mutex_lock(&w->lock);
	make_reply(w, reply);
	pthread_mutex_unlock(&w->lock);
}

static void on_changed(void *context)
{
	struct world *w = context;

	sem_post(&w->changed);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->arrived, 0, 0);
	sem_init(&w->gate, 0, 0);
	sem_init(&w->changed, 0, 0);
	w->expires_in = 3600;
	w->http = http_new(NULL);
	w->server = tiny_server_new(answer, w);
	w->token = (struct buf)BUF_INIT(1024);
	assert_true(w->http && w->server);
	assert_int_equal(secret_open(&w->key, STR("K+Y"), STR(""), 0, NULL), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int i;

	iam_free(w->iam);
	http_free(w->http);
	for (i = 0; i < 8; i++)
		sem_post(&w->gate);
	tiny_server_free(w->server);
	secret_close(&w->key);
	buf_fini(&w->token);
	pthread_mutex_destroy(&w->lock);
	sem_destroy(&w->arrived);
	sem_destroy(&w->gate);
	sem_destroy(&w->changed);
	free(w);
	return 0;
}

static void start(struct world *w)
{
	char url[64];
	struct iam_parts parts = {
		.http = w->http,
		.api_key = &w->key,
		.changed = on_changed,
		.context = w,
		.seed = 7,
	};

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/identity/token",
		 tiny_server_port(w->server));
	parts.endpoint = str_of(url);
	w->iam = iam_new(&parts);
	assert_non_null(w->iam);
}

static int requests(struct world *w)
{
	int n;

	pthread_mutex_lock(&w->lock);
	n = w->requests;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* The number of the token to use in so many ms; its text is in w->token. */
static uint64_t token_in(struct world *w, int64_t ms)
{
	buf_reset(&w->token);
	return iam_token(w->iam, clock_now().mono_ms + ms, &w->token);
}

static void assert_token(struct world *w, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "token-%u", (unsigned)number);
	assert_int_equal(token_in(w, 0), number);
	assert_string_equal(w->token.ptr, text);
}

static void assert_error(struct world *w, const char *wanted)
{
	char text[256];

	iam_error(w->iam, text, sizeof(text));
	assert_string_equal(text, wanted);
}

/* The time is not known. */
static void assert_error_up_to_time(struct world *w, const char *wanted)
{
	char text[256];

	iam_error(w->iam, text, sizeof(text));
	assert_memory_equal(text, wanted, strlen(wanted));
	assert_int_equal(strlen(text), strlen(wanted) + strlen("2026-11-28T10:00:00Z"));
}

/* Nothing is missing in the request and nothing is too much. */
static void the_request(void **state)
{
	struct world *w = *state;
	char wanted[512];

	start(w);
	assert_int_equal(sem_wait(&w->changed), 0);
	snprintf(wanted, sizeof(wanted),
		 "POST /identity/token HTTP/1.1\r\n"
		 "Host: 127.0.0.1:%u\r\n"
		 "Authorization: Basic Yng6Yng=\r\n"
		 "Accept: application/json\r\n"
		 "Cache-Control: no-Cache\r\n"
		 "Content-Type: application/x-www-form-urlencoded\r\n"
		 "Content-Length: 96\r\n\r\n",
		 tiny_server_port(w->server));
	assert_string_equal(w->last.head, wanted);
	assert_string_equal(w->last.body, "apikey=K%2BY" FORM_END);
}

static void life(void **state)
{
	struct world *w = *state;

	w->hang_from = 1;
	start(w);
	sem_wait(&w->arrived);
	assert_int_equal(token_in(w, 0), 0);
	assert_int_equal(w->token.len, 0);
	sem_post(&w->gate);
	sem_wait(&w->changed);
	assert_token(w, 1);
	assert_error(w, "");
	assert_int_equal(token_in(w, 3530 * SECOND), 1);
	assert_int_equal(token_in(w, 3541 * SECOND), 0);
	assert_int_equal(w->token.len, 0);
	assert_int_equal(requests(w), 1);
}

/* By the clock, without anybody who wants a token; the old one is used until the
 * new one is there. */
static void next_one(void **state)
{
	struct world *w = *state;

	w->expires_in = 1;
	w->hang_from = 2;
	start(w);
	sem_wait(&w->changed);
	sem_wait(&w->arrived);
	sem_wait(&w->arrived);
	assert_int_equal(token_in(w, -50), 1);
	sem_post(&w->gate);
	sem_wait(&w->changed);
	assert_token(w, 2);
}

static void failures(void **state)
{
	static const struct {
		const char *reply, *error;
	} table[] = {
		{ "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
		  "IAM: 503: it is busy" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n???",
		  "IAM: its answer is not a token: check iam_endpoint" },
	};
	struct world *w = *state;
	size_t i;

	w->bad_from = w->bad_to = 1;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		pthread_mutex_lock(&w->lock);
		w->requests = 0;
		w->bad = table[i].reply;
		pthread_mutex_unlock(&w->lock);
		start(w);
		sem_wait(&w->changed);
		assert_int_equal(token_in(w, 0), 0);
		assert_error(w, table[i].error);
		sem_wait(&w->changed);
		assert_int_equal(token_in(w, 0), 1);
		assert_error(w, "");
		iam_free(w->iam);
		w->iam = NULL;
	}
}

/* A failure takes nothing away from a token that is still good. */
static void failure_with_a_token(void **state)
{
	struct world *w = *state;

	w->bad_from = w->bad_to = 2;
	w->bad = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";
	start(w);
	sem_wait(&w->changed);
	assert_true(iam_refused(w->iam, 1));
	sem_wait(&w->changed);
	assert_token(w, 1);
	assert_error(w, "IAM: 500: it has an internal error");
	/* It asks again by itself, and not faster because somebody insists. */
	assert_false(iam_refused(w->iam, 1));
	assert_int_equal(requests(w), 2);
	sem_wait(&w->changed);
	assert_int_equal(token_in(w, 0), 2);
	assert_string_equal(w->token.ptr, "token-3");
}

/* A hundred complaints are one request. */
static void single_flight(void **state)
{
	struct world *w = *state;
	int i;

	w->hang_from = 2;
	start(w);
	sem_wait(&w->changed);
	for (i = 0; i < 100; i++)
		assert_true(iam_refused(w->iam, 1));
	sem_wait(&w->arrived);
	sem_wait(&w->arrived);
	for (i = 0; i < 100; i++)
		assert_true(iam_refused(w->iam, 1));
	sem_post(&w->gate);
	sem_wait(&w->changed);
	assert_token(w, 2);
	/* Late complaints about the old one. */
	for (i = 0; i < 100; i++)
		assert_true(iam_refused(w->iam, 1));
	assert_int_equal(requests(w), 2);
}

/* A replacement that is refused too is not replaced, until one was accepted. */
static void refused_for_good(void **state)
{
	struct world *w = *state;

	start(w);
	sem_wait(&w->changed);
	iam_accepted(w->iam, 1);
	assert_true(iam_refused(w->iam, 1));
	sem_wait(&w->changed);
	assert_token(w, 2);
	assert_false(iam_refused(w->iam, 2));
	assert_token(w, 2);
	iam_accepted(w->iam, 1);
	assert_false(iam_refused(w->iam, 2));
	iam_accepted(w->iam, 2);
	assert_true(iam_refused(w->iam, 2));
	sem_wait(&w->changed);
	assert_token(w, 3);
	assert_int_equal(requests(w), 3);
}

/* A wrong key in a file, mended: tried at once, whatever the pause was. */
static void mended_key(void **state)
{
	struct world *w = *state;
	char path[TEMPORARY_SIZE];
	int fd = temporary_file(path, sizeof(path), "iam");

	snprintf(w->good_key, sizeof(w->good_key), "right");
	assert_int_equal(write(fd, "wrong\n", 6), 6);
	secret_close(&w->key);
	assert_int_equal(secret_open(&w->key, STR(""), str_of(path), -HOUR, NULL), 0);
	start(w);
	sem_wait(&w->changed);
	assert_error_up_to_time(w,
				"IAM: 400 BXNIM0415E: it does not accept the key: check "
				"api_key; it asks for a pause until ");
	assert_int_equal(pwrite(fd, "right key", 9, 0), 9);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(token_in(w, 2 * SECOND), 0);
	sem_wait(&w->changed);
	assert_int_equal(token_in(w, 0), 1);
	assert_string_equal(w->last.body, "apikey=right" FORM_END);
	close(fd);
	unlink(path);
}

/* Longer than what is read of an answer, or shorter than it says: no token, and the
 * next answer counts. */
static void wrong_lengths(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n"
				   "{\"access_token\":\"a\",\"expires_in\":3600}";
	/* The server may still send it after the test. */
	static char huge[sizeof(head) + 70000];
	struct world *w = *state;
	char text[256];
	int i;

	memset(huge, ' ', sizeof(huge));
	memcpy(huge, head, sizeof(head) - 1);
	huge[strchr(head, '{') - head + 70000] = '\0';
	w->bad_from = w->bad_to = 1;
	for (i = 0; i < 2; i++) {
		pthread_mutex_lock(&w->lock);
		w->requests = 0;
		w->bad = i ? huge : head;
		w->bad_closes = true;
		pthread_mutex_unlock(&w->lock);
		start(w);
		sem_wait(&w->changed);
		assert_int_equal(token_in(w, 0), 0);
		iam_error(w->iam, text, sizeof(text));
		print_message("  %s\n", text);
		assert_memory_equal(text, "IAM: ", 5);
		sem_wait(&w->changed);
		assert_int_equal(token_in(w, 0), 1);
		iam_free(w->iam);
		w->iam = NULL;
	}
}

static void ends(void **state)
{
	struct world *w = *state;

	iam_free(NULL);
	start(w);
	iam_free(w->iam);
	w->hang_from = requests(w) + 1;
	start(w);
	iam_free(w->iam);
	start(w);
	/* http ends first. */
	http_free(w->http);
	w->http = NULL;
	iam_free(w->iam);
	w->iam = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_request),
		TEST(life),
		TEST(next_one),
		TEST(failures),
		TEST(failure_with_a_token),
		TEST(single_flight),
		TEST(refused_for_good),
		TEST(mended_key),
		TEST(wrong_lengths),
		TEST(ends),
	};

	return cmocka_run_group_tests_name("iam", tests, NULL, NULL);
}
