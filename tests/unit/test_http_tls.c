/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_tls.c - which servers are believed, what is said about the others,
 * and that kept connections are used only by who may. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "net/http.h"
#include "sys/io.h"
#include "tests/lib/tiny_server.h"
#include "tests/unit/certificates.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define DAYS(n)	 ((n)*86400L)

struct world {
	char folder[32];
	char path[16][64]; /* by name_of() */
	struct http *http;
	struct tiny_server *server;
	unsigned connection; /* of the last request */
	pthread_mutex_t lock;
	sem_t done;
	char url[64];
};

/* Files in the folder. */
enum name {
	CA,
	OTHER_CA,
	GOOD,
	GOOD_KEY,
	EXPIRED,
	EXPIRED_KEY,
	ELSEWHERE,
	ELSEWHERE_KEY,
	STRANGER,
	STRANGER_KEY,
	CLIENT,
	CLIENT_KEY,
	MENDED,
	EMPTY,
	NONE
};

static void answer(void *context, const struct tiny_request *r, struct tiny_reply *reply)
{
	struct world *w = context;

	pthread_mutex_lock(&w->lock);
	w->connection = r->connection;
	pthread_mutex_unlock(&w->lock);
	reply->text = OK_REPLY;
}

static void make_files(struct world *w)
{
	struct authority ca, other;

	ca = make_authority("one", w->path[CA]);
	other = make_authority("two", w->path[OTHER_CA]);
	make_leaf(&ca, "IP:127.0.0.1", DAYS(9), w->path[GOOD], w->path[GOOD_KEY]);
	make_leaf(&ca, "IP:127.0.0.1", 3600, w->path[EXPIRED], w->path[EXPIRED_KEY]);
	make_leaf(&ca, "DNS:elsewhere.example", DAYS(9), w->path[ELSEWHERE],
		  w->path[ELSEWHERE_KEY]);
	make_leaf(&other, "IP:127.0.0.1", DAYS(9), w->path[STRANGER],
		  w->path[STRANGER_KEY]);
	make_leaf(&ca, "DNS:me", DAYS(9), w->path[CLIENT], w->path[CLIENT_KEY]);
	fclose(fopen(w->path[EMPTY], "we"));
	authority_free(&ca);
	authority_free(&other);
}

static struct tiny_tls shown(const struct world *w, enum name cert, enum name key)
{
	return (struct tiny_tls){ .cert = w->path[cert], .key = w->path[key] };
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err = ERR_INIT;
	size_t i;

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_http_tls.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	for (i = 0; i <= NONE; i++)
		snprintf(w->path[i], sizeof(w->path[i]), "%s/%02zu.pem", w->folder, i);
	make_files(w);
	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->done, 0, 0);
	w->http = http_new(&err);
	w->server = tiny_server_new_tls(answer, w, shown(w, GOOD, GOOD_KEY));
	assert_true(w->http && w->server);
	snprintf(w->url, sizeof(w->url), "https://127.0.0.1:%u/",
		 tiny_server_port(w->server));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	http_free(w->http);
	tiny_server_free(w->server);
	io_remove_tree(w->folder);
	pthread_mutex_destroy(&w->lock);
	sem_destroy(&w->done);
	free(w);
	return 0;
}

static void on_done(struct http_request *r)
{
	sem_post(r->context);
}

static struct http_request request(struct world *w, const struct tls_files *tls)
{
	return (struct http_request){
		.method = "POST",
		.url = w->url,
		.body = STR("DATA"),
		.body_fd = -1,
		.connect_timeout_ms = 5000,
		.tls = tls,
		.done = on_done,
		.context = &w->done,
		.reply = BUF_INIT(64),
	};
}

static void run(struct world *w, struct http_request *r)
{
	http_start(w->http, r);
	sem_wait(&w->done);
	print_message("  %d %s\n", r->status, r->error);
}

/* What the server shows, what the client trusts, and what becomes of it. */
static void servers(void **state)
{
	static const struct {
		enum name cert, key, ca; /* ca NONE: the system's */
		int status;
		const char *error;
	} table[] = {
		{ GOOD, GOOD_KEY, CA, 200, "" },
		{ GOOD, GOOD_KEY, NONE, -EPROTO,
		  "is not signed by a trusted CA; set ca_cert to that CA's file" },
		{ GOOD, GOOD_KEY, OTHER_CA, -EPROTO,
		  "is not signed by a trusted CA; set ca_cert to that CA's file, not /tmp/" },
		{ STRANGER, STRANGER_KEY, CA, -EPROTO, "is not signed by a trusted CA" },
		{ EXPIRED, EXPIRED_KEY, CA, -EPROTO, "has expired" },
		{ ELSEWHERE, ELSEWHERE_KEY, CA, -EPROTO, "is for another host: " },
		{ GOOD, GOOD_KEY, MENDED, -EPROTO,
		  "cannot read a CA certificate from /tmp/" },
		{ GOOD, GOOD_KEY, EMPTY, -EPROTO,
		  "cannot read a CA certificate from /tmp/" },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tls_files tls = { .ca_cert = w->path[table[i].ca] };
		struct http_request r = request(w, table[i].ca == NONE ? NULL : &tls);

		tiny_server_show(w->server, shown(w, table[i].cert, table[i].key));
		/* A connection made for an earlier line must not help. */
		http_free(w->http);
		w->http = http_new(NULL);
		run(w, &r);
		assert_int_equal(r.status, table[i].status);
		assert_non_null(strstr(r.error, table[i].error));
		if (r.status < 0)
			assert_non_null(strstr(r.error, "127.0.0.1:"));
		buf_fini(&r.reply);
	}
}

static void copy_file(const char *from, const char *to)
{
	struct buf text = BUF_INIT(65536);
	FILE *file = fopen(to, "we");

	assert_int_equal(io_read_file(from, &text), 0);
	fwrite(text.ptr, 1, text.len, file);
	fclose(file);
	buf_fini(&text);
}

/* The file is read anew, without a new struct http. */
static void mended_file(void **state)
{
	struct world *w = *state;
	struct tls_files tls = { .ca_cert = w->path[MENDED] };
	struct http_request r = request(w, &tls);

	run(w, &r);
	assert_int_equal(r.status, -EPROTO);
	copy_file(w->path[OTHER_CA], w->path[MENDED]);
	run(w, &r);
	assert_non_null(strstr(r.error, "not signed by a trusted CA"));
	copy_file(w->path[CA], w->path[MENDED]);
	run(w, &r);
	assert_int_equal(r.status, 200);
	buf_fini(&r.reply);
}

/* The server mends its certificate; a session of before does not spare a look. */
static void mended_server(void **state)
{
	struct world *w = *state;
	struct tls_files tls = { .ca_cert = w->path[CA] };
	struct http_request r = request(w, &tls);

	tiny_server_show(w->server, shown(w, EXPIRED, EXPIRED_KEY));
	run(w, &r);
	assert_non_null(strstr(r.error, "has expired"));
	tiny_server_show(w->server, shown(w, GOOD, GOOD_KEY));
	run(w, &r);
	assert_int_equal(r.status, 200);
	buf_fini(&r.reply);
}

/* A kept connection is used again, but never by who would not have got it. */
static void connections_are_not_lent(void **state)
{
	struct world *w = *state;
	struct tls_files right = { .ca_cert = w->path[CA] };
	struct tls_files same = { .ca_cert = strdup(w->path[CA]) };
	struct tls_files wrong = { .ca_cert = w->path[OTHER_CA] };
	struct tls_files me = { .ca_cert = w->path[CA],
				.client_cert = w->path[CLIENT],
				.client_key = w->path[CLIENT_KEY] };
	struct http_request r = request(w, &right);

	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(w->connection, 1);
	r.tls = &same;
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(w->connection, 1);
	r.tls = NULL;
	run(w, &r);
	assert_int_equal(r.status, -EPROTO);
	r.tls = &wrong;
	run(w, &r);
	assert_int_equal(r.status, -EPROTO);
	r.tls = &me;
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_int_not_equal(w->connection, 1);
	r.tls = &right;
	run(w, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(w->connection, 1);
	free((void *)(uintptr_t)same.ca_cert);
	buf_fini(&r.reply);
}

static void client_certificates(void **state)
{
	struct world *w = *state;
	struct tls_files tls = { .ca_cert = w->path[CA] };
	struct tiny_tls strict = shown(w, GOOD, GOOD_KEY);
	struct http_request r = request(w, &tls);

	strict.client_ca = w->path[CA];
	tiny_server_show(w->server, strict);
	run(w, &r);
	assert_true(r.status < 0);
	assert_non_null(strstr(r.error, "wants a client certificate"));
	tls.client_cert = w->path[STRANGER];
	tls.client_key = w->path[STRANGER_KEY];
	run(w, &r);
	assert_true(r.status < 0);
	assert_non_null(
		strstr(r.error, "does not accept the client certificate in /tmp/"));
	tls.client_cert = w->path[CLIENT];
	run(w, &r);
	assert_int_equal(r.status, -EPROTO);
	assert_non_null(strstr(r.error, "or its key cannot be used"));
	tls.client_key = w->path[NONE];
	run(w, &r);
	assert_non_null(strstr(r.error, "or its key cannot be used"));
	tls.client_key = w->path[CLIENT_KEY];
	run(w, &r);
	assert_int_equal(r.status, 200);
	buf_fini(&r.reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(servers),
		TEST(mended_file),
		TEST(mended_server),
		TEST(connections_are_not_lent),
		TEST(client_certificates),
	};

	/* OpenSSL writes to sockets that the client has closed. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("http_tls", tests, NULL, NULL);
}
