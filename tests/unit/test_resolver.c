/* SPDX-License-Identifier: Apache-2.0 */
/* test_resolver.c - names, and a name server of the test's own: one that hangs delays
 * who asks it, and nobody else. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include "net/connection.h"
#include "net/curl_dial.h"
#include "net/http.h"
#include "net/resolver.h"
#include "sys/clock.h"
#include "tests/lib/tiny_server.h"

#define MINUTE	 61000
#define FOREVER	 (clock_now().mono_ms + 600000)
#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static sem_t gate;    /* what names that begin with "hang" wait for */
static sem_t hanging; /* one does */
static atomic_int asked;
static atomic_int outcome; /* of all others */

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		struct addrinfo **found)
{
	struct sockaddr_in *in;
	struct addrinfo *a;

	(void)service;
	(void)hints;
	atomic_fetch_add(&asked, 1);
	if (strncmp(name, "hang", 4) == 0) {
		sem_post(&hanging);
		sem_wait(&gate);
		return EAI_AGAIN;
	}
	if (atomic_load(&outcome))
		return atomic_load(&outcome);
	a = calloc(1, sizeof(*a) + sizeof(*in));
	in = (struct sockaddr_in *)(a + 1);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*a = (struct addrinfo){ .ai_family = AF_INET,
				.ai_addrlen = sizeof(*in),
				.ai_addr = (struct sockaddr *)in };
	*found = a;
	return 0;
}

void freeaddrinfo(struct addrinfo *a)
{
	free(a);
}

static int setup(void **state)
{
	(void)state;
	sem_init(&gate, 0, 0);
	sem_init(&hanging, 0, 0);
	atomic_store(&outcome, 0);
	return 0;
}

static int find(const char *host, int64_t later_ms, struct buf *addresses)
{
	struct err err = ERR_INIT;

	buf_reset(addresses);
	return resolver_find(str_of(host), clock_now().mono_ms + later_ms, addresses,
			     &err);
}

static int wait_for(const char *host, struct buf *addresses)
{
	struct err err = ERR_INIT;

	buf_reset(addresses);
	return resolver_wait(str_of(host), FOREVER, NULL, addresses, &err);
}

static void addresses_need_no_answer(void **state)
{
	static const char *const known[] = { "10.0.0.1", "::1", "fe80::1%eth0",
					     "localhost", "LOCALHOST" };
	static const char *const unknown[] = { "",	 "a",
					       "10.0.0", "10.0.0.1.example",
					       "%eth0",	 "beef" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(resolver_knows(str_of(known[i])));
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_false(resolver_knows(str_of(unknown[i])));
}

static void a_name_is_asked_for_once_a_minute(void **state)
{
	struct buf text = BUF_INIT(4096);
	int before;

	(void)state;
	assert_int_equal(wait_for("minute.example", &text), 0);
	assert_true(str_is(buf_str(&text), "127.0.0.1"));
	before = atomic_load(&asked);
	assert_int_equal(find("minute.example", 0, &text), 0);
	assert_int_equal(find("MINUTE.example", 0, &text), 0);
	assert_int_equal(atomic_load(&asked), before);
	assert_int_equal(find("minute.example", MINUTE, &text), -EAGAIN);
	buf_fini(&text);
}

static void wait_until_answered(int before)
{
	while (atomic_load(&asked) == before)
		sched_yield();
}

/* Asks anew, a minute later, and hears that. */
static int find_anew(const char *host, int64_t *later_ms, struct buf *text)
{
	int before = atomic_load(&asked), error;

	*later_ms += MINUTE;
	error = find(host, *later_ms, text);
	if (error != -EAGAIN)
		return error;
	wait_until_answered(before);
	while ((error = find(host, *later_ms, text)) == -EAGAIN)
		sched_yield();
	return error;
}

static void a_silent_name_server_takes_no_address_away(void **state)
{
	struct buf text = BUF_INIT(4096);
	int64_t later_ms = 0;

	(void)state;
	assert_int_equal(wait_for("kept.example", &text), 0);
	atomic_store(&outcome, EAI_AGAIN);
	assert_int_equal(find_anew("kept.example", &later_ms, &text), 0);
	assert_true(str_is(buf_str(&text), "127.0.0.1"));
	atomic_store(&outcome, EAI_NONAME);
	assert_int_equal(find_anew("kept.example", &later_ms, &text), -EHOSTUNREACH);
	buf_fini(&text);
}

static void names_that_hang_leave_threads_to_others(void **state)
{
	struct buf text = BUF_INIT(4096);
	atomic_bool cancelled = true;
	struct err err = ERR_INIT;
	char host[32];
	int i;

	(void)state;
	for (i = 0; i < RESOLVER_THREADS - 1; i++) {
		snprintf(host, sizeof(host), "hang%d.example", i);
		assert_int_equal(find(host, 0, &text), -EAGAIN);
		sem_wait(&hanging);
	}
	assert_int_equal(wait_for("lively.example", &text), 0);
	assert_int_equal(resolver_wait(STR("hang0.example"), FOREVER, &cancelled, &text,
				       &err),
			 -ECANCELED);
	assert_int_equal(resolver_wait(STR("hang0.example"), 0, NULL, &text, &err),
			 -ETIMEDOUT);
	for (i = 0; i < RESOLVER_THREADS - 1; i++)
		sem_post(&gate);
	/* Whoever hangs later is not to go through for one of these. */
	for (i = 0; i < RESOLVER_THREADS - 1; i++) {
		snprintf(host, sizeof(host), "hang%d.example", i);
		assert_int_equal(wait_for(host, &text), -EHOSTUNREACH);
	}
	buf_fini(&text);
}

/* After two seconds they no longer count. */
static void names_that_all_hang_leave_threads_to_others(void **state)
{
	struct buf text = BUF_INIT(4096);
	char host[32];
	int i;

	(void)state;
	for (i = 0; i < RESOLVER_THREADS; i++) {
		snprintf(host, sizeof(host), "hanging%d.example", i);
		assert_int_equal(find(host, 0, &text), -EAGAIN);
		sem_wait(&hanging);
	}
	assert_int_equal(wait_for("late.example", &text), 0);
	for (i = 0; i < RESOLVER_THREADS; i++)
		sem_post(&gate);
	for (i = 0; i < RESOLVER_THREADS; i++) {
		snprintf(host, sizeof(host), "hanging%d.example", i);
		assert_int_equal(wait_for(host, &text), -EHOSTUNREACH);
	}
	buf_fini(&text);
}

static void names_have_a_bound(void **state)
{
	struct buf text = BUF_INIT(4096);
	char host[RESOLVER_HOST_MAX + 2];
	int i;

	(void)state;
	for (i = 0; i < RESOLVER_NAMES + 100; i++) {
		snprintf(host, sizeof(host), "n%d.example", i);
		assert_int_equal(wait_for(host, &text), 0);
	}
	assert_int_equal(find("n0.example", 0, &text), -EAGAIN);
	assert_int_equal(wait_for("n0.example", &text), 0);
	memset(host, 'x', sizeof(host));
	host[RESOLVER_HOST_MAX + 1] = '\0';
	assert_int_equal(find(host, 0, &text), -EHOSTUNREACH);
	assert_int_equal(find("", 0, &text), -EHOSTUNREACH);
	buf_fini(&text);
}

static void answer(void *context, const struct tiny_request *r, struct tiny_reply *reply)
{
	(void)context;
	(void)r;
	reply->text = OK_REPLY;
}

static void on_done(struct http_request *r)
{
	sem_post(r->context);
}

static struct http_request request(const char *url, sem_t *done)
{
	sem_init(done, 0, 0);
	return (struct http_request){
		.method = "GET",
		.url = url,
		.body_fd = -1,
		.done = on_done,
		.context = done,
		.reply = BUF_INIT(32),
		.kept = BUF_INIT(32),
	};
}

static void a_request_whose_name_hangs_holds_no_other(void **state)
{
	struct tiny_server *server = tiny_server_new(answer, NULL);
	struct err err = ERR_INIT;
	struct http *http = http_new(&err);
	sem_t hung_done, done;
	struct http_request hung = request("http://hangs.example:9/", &hung_done);
	struct http_request other;
	char url[64];
	int i;

	(void)state;
	assert_true(server && http);
	snprintf(url, sizeof(url), "http://lively.example:%u/", tiny_server_port(server));
	other = request(url, &done);
	http_start(http, &hung);
	sem_wait(&hanging);
	for (i = 0; i < 3; i++) {
		http_start(http, &other);
		sem_wait(&done);
		assert_int_equal(other.status, 200);
	}
	http_free(http); /* the name is still being asked for */
	sem_wait(&hung_done);
	assert_int_equal(hung.status, -ECANCELED);
	sem_post(&gate);
	tiny_server_free(server);
	buf_fini(&other.reply);
}

static void a_request_whose_name_is_none_says_so(void **state)
{
	struct err err = ERR_INIT;
	struct http *http = http_new(&err);
	sem_t done;
	struct http_request r = request("http://none.example/", &done);

	(void)state;
	atomic_store(&outcome, EAI_NONAME);
	http_start(http, &r);
	sem_wait(&done);
	assert_int_equal(r.status, -EHOSTUNREACH);
	assert_non_null(strstr(r.error, "no address of none.example"));
	r.timeout_ms = 1;
	r.url = "http://hangs-too.example/";
	http_start(http, &r);
	sem_wait(&done);
	assert_int_equal(r.status, -ETIMEDOUT);
	assert_non_null(strstr(r.error, "the name server is silent"));
	sem_post(&gate);
	http_free(http);
}

static void a_connection_whose_name_hangs_can_be_cancelled(void **state)
{
	static const struct url_scheme ws = { .name = "ws", .form = URL_HOST };
	const struct url to = { .scheme = &ws,
				.host = STR("hang-ws.example:80"),
				.key = "pipeline.subscriber.url" };
	atomic_bool cancelled = true;
	struct err err = ERR_INIT;

	(void)state;
	assert_null(connection_open(&to, NULL, 600000, &cancelled, &err));
	assert_non_null(strstr(err.text, "hang-ws.example"));
	sem_post(&gate);
}

static void whom_a_url_is_for(void **state)
{
	static const struct {
		const char *http, *https, *direct, *url, *host;
		unsigned port;
	} cases[] = {
		{ "", "", "", "http://a.example/x@y:1", "a.example", 80 },
		{ "", "", "", "https://u:p@a.example:9000/", "a.example", 9000 },
		{ "", "", "", "HTTPS://a.example", "a.example", 443 },
		{ "", "", "", "http://[::1]:80/", "::1", 80 },
		{ "http://u:p@p.example:3128/", "", "", "http://a/", "p.example", 3128 },
		{ "p.example", "", "", "http://a/", "p.example", 1080 },
		{ "p.example", "", "", "https://a/", "a", 443 },
		{ "", "https://p.example", "", "https://a/", "p.example", 443 },
		{ "", "HTTPS://p.example", "", "https://a/", "p.example", 443 },
		{ "p.example", "", "*", "http://a/", "a", 80 },
		{ "p.example", "", "b, .a.example", "http://s3.a.example/",
		  "s3.a.example", 80 },
		{ "p.example", "", "a.example", "http://A.example/", "A.example", 80 },
		{ "p.example", "", "a.example", "http://ba.example/", "p.example", 1080 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct curl_dial to;

		setenv("http_proxy", cases[i].http, 1);
		setenv("https_proxy", cases[i].https, 1);
		setenv("no_proxy", cases[i].direct, 1);
		to = curl_dial_of(cases[i].url, true);
		assert_true(str_is(to.host, cases[i].host));
		assert_int_equal(to.port, cases[i].port);
		to = curl_dial_of("http://a.example/", false);
		assert_true(str_is(to.host, "a.example"));
	}
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("no_proxy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(addresses_need_no_answer, setup),
		cmocka_unit_test_setup(a_name_is_asked_for_once_a_minute, setup),
		cmocka_unit_test_setup(a_silent_name_server_takes_no_address_away, setup),
		cmocka_unit_test_setup(names_that_hang_leave_threads_to_others, setup),
		cmocka_unit_test_setup(names_that_all_hang_leave_threads_to_others,
				       setup),
		cmocka_unit_test_setup(names_have_a_bound, setup),
		cmocka_unit_test_setup(a_request_whose_name_hangs_holds_no_other, setup),
		cmocka_unit_test_setup(a_request_whose_name_is_none_says_so, setup),
		cmocka_unit_test_setup(a_connection_whose_name_hangs_can_be_cancelled,
				       setup),
		cmocka_unit_test(whom_a_url_is_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
