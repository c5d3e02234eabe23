/* SPDX-License-Identifier: Apache-2.0 */
/* test_s3_keys.c - what the writer s3 says who it is with: keys, given or in
 * files, and tokens of IAM, which puts wait for. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "net/http.h"
#include "writer/writer.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "tests/lib/tiny_server.h"
#include "tests/unit/temporary.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 0\r\n\r\n"
#define REFUSAL                                                                          \
	"HTTP/1.1 403 Forbidden\r\nContent-Length: 40\r\n\r\n"                           \
	"<Error><Code>AccessDenied</Code></Error>"
#define PUTS 4

/* Options of a writer, by name. */
struct option {
	const char *name, *value;
};

static void *new_writer(const struct option *o)
{
	void *self = calloc(1, writer_s3.state->size);

	assert_non_null(self);
	memcpy(self, writer_s3.state->defaults, writer_s3.state->size);
	for (; o->name; o++) {
		const struct field *f = shape_find(writer_s3.state, str_of(o->name));
		struct str text = str_of(o->value);

		assert_non_null(f);
		memcpy((char *)self + f->offset, &text, sizeof(text));
	}
	return self;
}

/* Without http, as `check` does it. */
static void options(void **state)
{
	static const struct {
		struct option option[6];
		const char *key, *text; /* NULL: all is well */
	} table[] = {
		{ { { "endpoint", "h" }, { "access_key", "a" }, { "secret_key", "s" } },
		  NULL,
		  NULL },
		{ { { "access_key", "a" }, { "secret_key", "s" } }, NULL, NULL },
		{ { { "endpoint", "h" }, { "secret_key", "s" } },
		  "access_key",
		  "it must be set" },
		{ { { "endpoint", "h" }, { "access_key", "a" } },
		  "secret_key",
		  "it must be set" },
		{ { { "endpoint", "ftp://h" },
		    { "access_key", "a" },
		    { "secret_key", "s" } },
		  "endpoint",
		  "not the URL of a store" },
		{ { { "endpoint", "h" },
		    { "access_key", "a" },
		    { "secret_key", "s\nX: y" } },
		  "secret_key",
		  "more than one line" },
		{ { { "endpoint", "h" }, { "api_key", "k" } }, NULL, NULL },
		{ { { "endpoint", "h" }, { "api_key", "k" }, { "access_key", "a" } },
		  NULL,
		  NULL },
		{ { { "api_key", "k" } }, "endpoint", "it must be set when api_key is" },
		{ { { "endpoint", "HTTP://h" },
		    { "api_key", "k" },
		    { "iam_endpoint", "HTTPS://i/t" } },
		  NULL,
		  NULL },
		{ { { "endpoint", "h" }, { "api_key", "k" }, { "iam_endpoint", "x" } },
		  "iam_endpoint",
		  "does not begin with https://" },
		{ { { "endpoint", "h" }, { "api_key", "k" }, { "api_key_file", "f" } },
		  "api_key_file",
		  "api_key is set too: only one of the two can be" },
		{ { { "endpoint", "h" },
		    { "access_key", "k" },
		    { "access_key_file", "f" } },
		  "access_key_file",
		  "access_key is set too" },
		{ { { "endpoint", "h" },
		    { "access_key", "k" },
		    { "secret_key", "k" },
		    { "secret_key_file", "f" } },
		  "secret_key_file",
		  "secret_key is set too" },
		{ { { "endpoint", "h" }, { "api_key_file", "/nowhere/key" } },
		  "api_key_file",
		  "cannot read the secret in /nowhere/key: No such file" },
		{ { { "endpoint", "h" },
		    { "access_key", "k" },
		    { "secret_key_file", "/nowhere/key" } },
		  "secret_key_file",
		  "cannot read the secret in /nowhere/key: No such file" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		void *self = new_writer(table[i].option);
		int error = writer_s3.init(self, NULL, &err);

		print_message("  %s: %s\n", err.key, err.text);
		assert_int_equal(error == 0, table[i].key == NULL);
		if (table[i].key)
			assert_string_equal(err.key, table[i].key);
		if (table[i].key)
			assert_non_null(strstr(err.text, table[i].text));
		writer_s3.fini(self);
		free(self);
	}
}

static const struct sealed object = {
	.dirname = { "flows", 5 },
	.key = { "0.gz", 4 },
	.size = 4,
	.content_type = { "application/json", 16 },
};

/* A store and a token service on one port, which notes who was there. */
struct world {
	pthread_mutex_t lock;	    /* for what follows */
	int puts, asked;	    /* requests so far */
	char authorization[8][512]; /* of the puts */
	char head[8192];	    /* of the last put */
	const char *token_reply;    /* NULL: a token */
	char good_token[32];	    /* other ones: 403; "": any */
	bool token_waits;	    /* for the gate */
	char reply[256];
	sem_t gate, was_asked;

	char folder[TEMPORARY_SIZE], key_file[TEMPORARY_SIZE + 8], url[64], iam_url[80];
	struct tiny_server *server;
	struct http *http;
	void *writer;
	struct put put[PUTS];
	sem_t done;
};

static const char *take_put(struct world *w, const struct tiny_request *r)
{
	char *to = w->authorization[w->puts];
	const char *at = strstr(r->head, "\r\nAuthorization: ") + 17;

	snprintf(to, sizeof(w->authorization[0]), "%.*s", (int)strcspn(at, "\r"), at);
	snprintf(w->head, sizeof(w->head), "%s", r->head);
	w->puts++;
	return w->good_token[0] && !strstr(to, w->good_token) ? REFUSAL : OK_REPLY;
}

static const char *make_token(struct world *w)
{
	char body[128];

	snprintf(body, sizeof(body),
		 "{\"access_token\":\"token-%d\",\"expires_in\":3600}", w->asked);
	snprintf(w->reply, sizeof(w->reply),
		 "HTTP/1.1 200 OK\r\nContent-Length: %zu"
		 "\r\n\r\n%s",
		 strlen(body), body);
	return w->token_reply ? w->token_reply : w->reply;
}

static void answer(void *context, const struct tiny_request *r, struct tiny_reply *reply)
{
	struct world *w = context;
	bool is_put = strncmp(r->head, "PUT ", 4) == 0, waits;

	pthread_mutex_lock(&w->lock);
	waits = !is_put && w->token_waits;
	w->asked += !is_put;
	pthread_mutex_unlock(&w->lock);
	if (!is_put)
		sem_post(&w->was_asked);
	if (waits)
		sem_wait(&w->gate);
	pthread_mutex_lock(&w->lock);
	reply->text = is_put ? take_put(w, r) : make_token(w);
	pthread_mutex_unlock(&w->lock);
}

static void on_done(struct put *p)
{
	sem_post(p->context);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[TEMPORARY_SIZE + 8];
	int fd, i;

	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->gate, 0, 0);
	sem_init(&w->was_asked, 0, 0);
	sem_init(&w->done, 0, 0);
	temporary_name(w->folder, sizeof(w->folder), "s3-keys");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->key_file, sizeof(w->key_file), "%s/key", w->folder);
	snprintf(path, sizeof(path), "%s/body", w->folder);
	w->server = tiny_server_new(answer, w);
	w->http = http_new(NULL);
	assert_true(w->server && w->http);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u",
		 tiny_server_port(w->server));
	snprintf(w->iam_url, sizeof(w->iam_url), "%s/token", w->url);
	fd = io_open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(io_write(fd, STR("DATA")), 0);
	for (i = 0; i < PUTS; i++)
		w->put[i] = (struct put){
			.object = &object, .fd = fd, .done = on_done, .context = &w->done
		};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int i;

	if (w->writer)
		writer_s3.fini(w->writer);
	free(w->writer);
	http_free(w->http);
	for (i = 0; i < 8; i++)
		sem_post(&w->gate);
	tiny_server_free(w->server);
	close(w->put[0].fd);
	io_remove_tree(w->folder);
	pthread_mutex_destroy(&w->lock);
	sem_destroy(&w->gate);
	sem_destroy(&w->was_asked);
	sem_destroy(&w->done);
	free(w);
	return 0;
}

static void start(struct world *w, const struct option *o)
{
	struct err err = ERR_INIT;

	w->writer = new_writer(o);
	if (writer_s3.init(w->writer, &(struct writer_around){ .http = w->http }, &err))
		fail_msg("%s", err.text);
}

static void start_iam(struct world *w)
{
	start(w, (struct option[]){ { "endpoint", w->url },
				    { "iam_endpoint", w->iam_url },
				    { "api_key", "k" },
				    { NULL, NULL } });
}

static void run(struct world *w)
{
	writer_s3.put(w->writer, &w->put[0]);
	sem_wait(&w->done);
}

static void put_key(struct world *w, const char *text)
{
	char other[80];
	FILE *file;

	snprintf(other, sizeof(other), "%s~", w->key_file);
	file = fopen(other, "we");
	fputs(text, file);
	fclose(file);
	assert_int_equal(rename(other, w->key_file), 0);
}

static void regions(void **state)
{
	static const struct {
		const char *option, *variable, *scope;
	} table[] = {
		{ "local", "eu-west-1", "/local/s3/aws4_request" },
		{ "", "eu-west-1", "/eu-west-1/s3/aws4_request" },
		{ "", "", "/us-east-1/s3/aws4_request" },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		setenv("AWS_REGION", table[i].variable, 1);
		start(w, (struct option[]){ { "endpoint", w->url },
					    { "access_key", "a" },
					    { "secret_key", "s" },
					    { "region", table[i].option },
					    { NULL, NULL } });
		unsetenv("AWS_REGION");
		run(w);
		assert_int_equal(w->put[0].result, PUT_STORED);
		assert_non_null(strstr(w->authorization[i], table[i].scope));
		writer_s3.fini(w->writer);
		free(w->writer);
		w->writer = NULL;
	}
}

static void sessions(void **state)
{
	struct world *w = *state;

	start(w, (struct option[]){ { "endpoint", w->url },
				    { "access_key", "a" },
				    { "secret_key", "s" },
				    { "session_token", "temporary" },
				    { NULL, NULL } });
	run(w);
	assert_non_null(strstr(w->head, "\r\nX-Amz-Security-Token: temporary\r\n"));
	assert_non_null(strstr(w->authorization[0], ";x-amz-security-token,"));
}

/* A second is the shortest time in which a change is seen; hence the waits, which
 * end when it is. When a key is refused it is told that its file cannot be read. */
static void keys_in_files(void **state)
{
	int64_t end_ms = clock_now().mono_ms + 20000;
	struct world *w = *state;

	put_key(w, "first\n");
	start(w, (struct option[]){ { "endpoint", w->url },
				    { "secret_key", "s" },
				    { "access_key_file", w->key_file },
				    { NULL, NULL } });
	run(w);
	assert_non_null(strstr(w->authorization[0], "Credential=first/"));
	put_key(w, " second ");
	while (!strstr(w->authorization[0], "=second/") && clock_now().mono_ms < end_ms) {
		w->puts = 0;
		run(w);
	}
	assert_non_null(strstr(w->authorization[0], "Credential=second/"));
	assert_int_equal(w->put[0].result, PUT_STORED);
	assert_int_equal(unlink(w->key_file), 0);
	snprintf(w->good_token, sizeof(w->good_token), "none");
	w->put[0].error[0] = '\0';
	while (!strstr(w->put[0].error, w->key_file) && clock_now().mono_ms < end_ms) {
		w->puts = 0;
		run(w);
	}
	assert_non_null(strstr(w->put[0].error, "; cannot read the secret in "));
	assert_non_null(strstr(w->put[0].error, w->key_file));
}

/* Puts before the first token wait for it; they do not fail. */
static void puts_wait_for_the_token(void **state)
{
	struct world *w = *state;
	int i;

	w->token_waits = true;
	start_iam(w);
	for (i = 0; i < PUTS; i++)
		writer_s3.put(w->writer, &w->put[i]);
	sem_wait(&w->was_asked);
	assert_int_equal(w->puts, 0);
	assert_int_equal(sem_trywait(&w->done), -1);
	writer_s3.cancel(w->writer, &w->put[1]);
	sem_wait(&w->done);
	assert_int_equal(w->put[1].result, PUT_FAILED);
	assert_string_equal(w->put[1].error, "cancelled");
	sem_post(&w->gate);
	for (i = 0; i < PUTS - 1; i++)
		sem_wait(&w->done);
	for (i = 0; i < PUTS; i++)
		assert_int_equal(w->put[i].result, i == 1 ? PUT_FAILED : PUT_STORED);
	assert_int_equal(w->puts, PUTS - 1);
	assert_string_equal(w->authorization[0], "Bearer token-1");
	assert_null(strstr(w->head, "X-Amz-Date"));
	assert_non_null(strstr(w->head, "\r\nX-Amz-Content-Sha256: 0000"));
	assert_int_equal(w->asked, 1);
}

/* What waits hears why, and the next put gets through. */
static void no_token(void **state)
{
	struct world *w = *state;

	w->token_reply = "HTTP/1.1 400 Bad\r\nContent-Length: 26\r\n\r\n"
			 "{\"errorCode\":\"BXNIM0415E\"}";
	w->token_waits = true;
	start_iam(w);
	writer_s3.put(w->writer, &w->put[0]);
	sem_post(&w->gate);
	sem_wait(&w->done);
	assert_int_equal(w->put[0].result, PUT_FAILED);
	assert_string_equal(w->put[0].error,
			    "IAM: 400 BXNIM0415E: it does not accept the "
			    "key: check api_key");
	pthread_mutex_lock(&w->lock);
	w->token_reply = NULL;
	w->token_waits = false;
	pthread_mutex_unlock(&w->lock);
	sem_post(&w->gate);
	run(w);
	assert_int_equal(w->put[0].result, PUT_STORED);
}

/* The put is sent again with another token, and nobody hears of it. Others go on
 * with the old one. */
static void revoked_token(void **state)
{
	struct world *w = *state;

	start_iam(w);
	run(w);
	assert_int_equal(w->put[0].result, PUT_STORED);
	pthread_mutex_lock(&w->lock);
	snprintf(w->good_token, sizeof(w->good_token), "token-2");
	w->token_waits = true;
	pthread_mutex_unlock(&w->lock);
	sem_wait(&w->was_asked);
	writer_s3.put(w->writer, &w->put[0]);
	writer_s3.put(w->writer, &w->put[1]);
	sem_wait(&w->was_asked);
	assert_int_equal(sem_trywait(&w->done), -1);
	sem_post(&w->gate);
	sem_wait(&w->done);
	sem_wait(&w->done);
	assert_int_equal(w->put[0].result, PUT_STORED);
	assert_int_equal(w->put[1].result, PUT_STORED);
	assert_int_equal(w->asked, 2);
	assert_string_equal(w->authorization[w->puts - 1], "Bearer token-2");
}

/* Another token does not help either: one try, then the truth. */
static void forbidden_for_good(void **state)
{
	struct world *w = *state;

	snprintf(w->good_token, sizeof(w->good_token), "none");
	start_iam(w);
	run(w);
	assert_int_equal(w->put[0].result, PUT_FAILED);
	assert_string_equal(w->put[0].error,
			    "403 AccessDenied: the store does not accept the "
			    "token of api_key: check its policies");
	assert_int_equal(w->puts, 2);
	assert_int_equal(w->asked, 2);
	run(w);
	assert_int_equal(w->put[0].result, PUT_FAILED);
	assert_int_equal(w->puts, 3);
	assert_int_equal(w->asked, 2);
}

/* While the next token is slow to come the old one is used. */
static void slow_refresh(void **state)
{
	struct world *w = *state;

	start_iam(w);
	run(w);
	pthread_mutex_lock(&w->lock);
	snprintf(w->good_token, sizeof(w->good_token), "token-2");
	w->token_waits = true;
	pthread_mutex_unlock(&w->lock);
	writer_s3.put(w->writer, &w->put[1]);
	sem_wait(&w->was_asked);
	sem_wait(&w->was_asked);
	pthread_mutex_lock(&w->lock);
	snprintf(w->good_token, sizeof(w->good_token), "token-1");
	pthread_mutex_unlock(&w->lock);
	run(w);
	assert_int_equal(w->put[0].result, PUT_STORED);
	writer_s3.cancel(w->writer, &w->put[1]);
	sem_wait(&w->done);
	assert_string_equal(w->put[1].error, "cancelled");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		TEST(regions),
		TEST(sessions),
		TEST(keys_in_files),
		TEST(puts_wait_for_the_token),
		TEST(no_token),
		TEST(revoked_token),
		TEST(forbidden_for_good),
		TEST(slow_refresh),
	};

	return cmocka_run_group_tests_name("s3_keys", tests, NULL, NULL);
}
