/* SPDX-License-Identifier: Apache-2.0 */
/* test_analyzers.c - which of several analyzers is asked, and how they are
 * persuaded to answer. The analyzers are the test's own. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/http.h"
#include "tests/lib/tiny_server.h"
#include "topology/analyzer_url.h"
#include "topology/topology.h"

#define SITES 3
#define NODE                                                                             \
	"HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n"                                  \
	"[{\"ID\":\"1\",\"Metadata\":{\"Type\":\"veth\"}}]     "
#define EMPTY(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"
#define USER	      "bob"
#define BASIC	      "\r\nAuthorization: Basic Ym9iOnMmY3JldA==\r\n"
#define FORM	      "username=bob&password=s%26cret"

enum manners {
	ANSWERS,
	HANGS_UP,
	FAILS,	  /* 500 */
	HANGS,	  /* until the gate opens, then hangs up */
	KEYSTONE, /* 401 without the token that it gave last */
	ROLES,	  /* 405 until there was a login */
	DENIES,	  /* 405 always */
};

struct site {
	struct world *world;
	struct tiny_server *server;
	enum manners manners;
	bool refuses_logins, hangs_up_on_logins, is_slow_at_logins;
	int requests, logins, refused; /* questions: all, refused ones */
	char token[32];		       /* that it gave last */
	char reply[256];
	char head[8192]; /* of the last question */
};

struct world {
	struct topology_options options;
	struct str analyzer[SITES];
	char address[SITES][64];
	struct site site[SITES];
	struct http *http;
	struct topology *topology;
	struct asker asker[2];
	sem_t woken[2];

	pthread_mutex_t lock; /* for the sites */
	sem_t gate, login_gate, arrived;
};

static const char *on_login(struct site *s, const struct tiny_request *r)
{
	s->logins++;
	if (s->hangs_up_on_logins)
		return NULL;
	assert_non_null(strstr(r->head, "\r\nContent-Type: application/x-www-form-"
					"urlencoded\r\n"));
	if (s->refuses_logins || strcmp(r->body, FORM) != 0)
		return EMPTY("401 Unauthorized");
	if (s->manners == KEYSTONE)
		snprintf(s->token, sizeof(s->token), "token%d", s->logins);
	snprintf(s->reply, sizeof(s->reply),
		 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n{\"Token\":\"%s\"}",
		 12 + strlen(s->token), s->token);
	return s->reply;
}

static const char *on_question(struct site *s, const struct tiny_request *r)
{
	char cookie[64];

	s->requests++;
	memcpy(s->head, r->head, sizeof(s->head));
	snprintf(cookie, sizeof(cookie), "\r\nCookie: authtoken=%s", s->token);
	if (s->manners == KEYSTONE && (!*s->token || !strstr(r->head, cookie))) {
		s->refused++;
		return EMPTY("401 Unauthorized");
	}
	if (s->manners == DENIES || (s->manners == ROLES && !s->logins)) {
		s->refused++;
		return EMPTY("405 Method Not Allowed");
	}
	if (s->manners == FAILS)
		return EMPTY("500 Internal Server Error");
	return s->manners == HANGS_UP || s->manners == HANGS ? NULL : NODE;
}

static void answer(void *context, const struct tiny_request *r, struct tiny_reply *reply)
{
	struct site *s = context;
	struct world *w = s->world;
	bool is_login = strncmp(r->head, "POST /login ", 12) == 0;
	bool hangs, is_slow;

	pthread_mutex_lock(&w->lock);
	reply->text = is_login ? on_login(s, r) : on_question(s, r);
	hangs = !is_login && s->manners == HANGS;
	is_slow = is_login && s->is_slow_at_logins;
	pthread_mutex_unlock(&w->lock);
	sem_post(&w->arrived);
	if (hangs)
		sem_wait(&w->gate);
	if (is_slow)
		sem_wait(&w->login_gate);
}

static void on_wake(void *context)
{
	sem_post(context);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err = ERR_INIT;
	int i;

	assert_non_null(w);
	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->gate, 0, 0);
	sem_init(&w->login_gate, 0, 0);
	sem_init(&w->arrived, 0, 0);
	w->http = http_new(&err);
	memcpy(&w->options, topology_shape.defaults, sizeof(w->options));
	for (i = 0; i < SITES; i++) {
		w->site[i].world = w;
		w->site[i].server = tiny_server_new(answer, &w->site[i]);
		assert_non_null(w->site[i].server);
		snprintf(w->address[i], sizeof(w->address[i]), "127.0.0.1:%u",
			 tiny_server_port(w->site[i].server));
		w->analyzer[i] = str_of(w->address[i]);
	}
	w->options.analyzers = (struct strs){ w->analyzer, SITES };
	*state = w;
	return 0;
}

static void start(struct world *w, enum manners a, enum manners b, enum manners c)
{
	const enum manners manners[SITES] = { a, b, c };
	struct err err = ERR_INIT;
	int i;

	for (i = 0; i < SITES; i++)
		w->site[i].manners = manners[i];
	w->topology = topology_new(&w->options, w->http, &err);
	assert_non_null(w->topology);
	for (i = 0; i < 2; i++) {
		sem_init(&w->woken[i], 0, 0);
		asker_init(&w->asker[i], w->topology, on_wake, &w->woken[i]);
	}
}

static void start_one(struct world *w, enum manners manners)
{
	w->options.analyzers.count = 1;
	w->options.username = STR(USER);
	w->options.password = STR("s&cret");
	start(w, manners, ANSWERS, ANSWERS);
}

static void open_gates(struct world *w)
{
	int i;

	for (i = 0; i < 64; i++) {
		sem_post(&w->gate);
		sem_post(&w->login_gate);
	}
}

static int teardown(void **state)
{
	struct world *w = *state;
	int i;

	open_gates(w);
	asker_fini(&w->asker[0]);
	asker_fini(&w->asker[1]);
	topology_free(w->topology);
	http_free(w->http);
	for (i = 0; i < SITES; i++)
		tiny_server_free(w->site[i].server);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return 0;
}

static void set(struct world *w, int site, enum manners manners)
{
	pthread_mutex_lock(&w->lock);
	w->site[site].manners = manners;
	pthread_mutex_unlock(&w->lock);
}

/* "pending", "nothing" or "node". */
static const char *find(struct world *w, int asker, const char *text)
{
	struct answers *answers = &w->asker[asker].answers;
	const struct answer *a = answers->find(answers, str_of(text));

	if (!a)
		return "pending";
	return a->count ? "node" : "nothing";
}

/* What becomes of a question. */
static const char *ask(struct world *w, const char *text)
{
	const char *found;

	while (strcmp(found = find(w, 0, text), "pending") == 0)
		sem_wait(&w->woken[0]);
	return found;
}

static struct topology_counters count(struct world *w)
{
	struct topology_counters c;

	topology_count(w->topology, &c);
	return c;
}

static void check_requests(struct world *w, int a, int b, int c)
{
	const int wanted[SITES] = { a, b, c };
	int i;

	pthread_mutex_lock(&w->lock);
	for (i = 0; i < SITES; i++)
		assert_int_equal(w->site[i].requests, wanted[i]);
	pthread_mutex_unlock(&w->lock);
}

/* A question that fails goes to the next one, and so do all after it. */
static void check_next_one(struct world *w, enum manners manners)
{
	w->options.timeout_ms = 200;
	start(w, manners, ANSWERS, ANSWERS);
	assert_string_equal(ask(w, "a"), "node");
	assert_string_equal(ask(w, "b"), "node");
	check_requests(w, 1, 2, 0);
	assert_int_equal(count(w).switches, 1);
	assert_int_equal(count(w).failed, 0);
	assert_int_equal(count(w).requests, 3);
	assert_false(count(w).down);
	set(w, 1, FAILS);
	assert_string_equal(ask(w, "c"), "node");
	check_requests(w, 1, 3, 1);
	assert_int_equal(count(w).switches, 2);
}

static void next_after_hanging_up(void **state)
{
	check_next_one(*state, HANGS_UP);
}

static void next_after_500(void **state)
{
	check_next_one(*state, FAILS);
}

static void next_after_a_time_out(void **state)
{
	check_next_one(*state, HANGS);
}

static void nobody_listens_there(void **state)
{
	struct world *w = *state;

	tiny_server_free(w->site[0].server);
	w->site[0].server = NULL;
	start(w, ANSWERS, ANSWERS, ANSWERS);
	assert_string_equal(ask(w, "a"), "node");
	check_requests(w, 0, 1, 0);
}

/* A question that is wrong is wrong everywhere. */
static void what_is_answered_is_not_asked_again(void **state)
{
	struct world *w = *state;

	start(w, KEYSTONE, ANSWERS, ANSWERS);
	assert_string_equal(ask(w, "a"), "nothing");
	check_requests(w, 1, 0, 0);
	assert_int_equal(w->site[0].logins, 0);
	assert_int_equal(count(w).failed, 1);
	assert_false(count(w).down);
}

/* Down when all are silent, and not before; up again with whichever answers. */
static void down_when_all_are_silent(void **state)
{
	struct world *w = *state;

	w->options.error_ttl_ms = 1;
	start(w, HANGS_UP, FAILS, HANGS_UP);
	assert_string_equal(find(w, 0, "a"), "pending");
	sem_wait(&w->woken[0]);
	check_requests(w, 1, 1, 1);
	assert_true(count(w).down);
	assert_int_equal(count(w).failed, 1);
	set(w, 2, ANSWERS);
	while (count(w).down)
		find(w, 0, "b");
	assert_string_equal(ask(w, "c"), "node");
	pthread_mutex_lock(&w->lock);
	w->site[0].requests = w->site[1].requests = w->site[2].requests = 0;
	pthread_mutex_unlock(&w->lock);
	assert_string_equal(ask(w, "d"), "node");
	check_requests(w, 0, 0, 1);
}

/* Who hangs is left after patience_ms; what hung is asked elsewhere at once. */
static void impatient(void **state)
{
	struct world *w = *state;

	w->options.timeout_ms = 600000;
	w->options.patience_ms = 30;
	start(w, HANGS, ANSWERS, ANSWERS);
	assert_string_equal(find(w, 0, "a"), "pending");
	sem_wait(&w->arrived);
	while (count(w).switches == 0)
		find(w, 1, "a");
	sem_wait(&w->woken[0]);
	assert_string_equal(find(w, 0, "a"), "node");
	assert_string_equal(ask(w, "b"), "node");
	check_requests(w, 1, 2, 0);
	assert_false(count(w).down);
}

/* With one analyzer nobody waits any more; a probe gets by what hangs, and what
 * hangs gives up its place. */
static void impatient_with_the_only_one(void **state)
{
	struct world *w = *state;

	w->options.timeout_ms = 600000;
	w->options.patience_ms = 30;
	w->options.error_ttl_ms = 60;
	w->options.max_in_flight = 1;
	start_one(w, HANGS);
	assert_string_equal(find(w, 0, "a"), "pending");
	assert_string_equal(find(w, 0, "b"), "pending");
	sem_wait(&w->arrived);
	while (!count(w).down)
		find(w, 1, "c");
	sem_wait(&w->woken[0]);
	assert_string_equal(find(w, 0, "a"), "nothing");
	assert_string_equal(find(w, 0, "b"), "nothing");
	set(w, 0, ANSWERS);
	while (count(w).down)
		find(w, 0, "d");
	assert_string_equal(ask(w, "e"), "node");
	assert_string_equal(ask(w, "a"), "node");
}

/* A late answer is an answer: it ends what being late began. */
static void late_is_not_lost(void **state)
{
	struct world *w = *state;

	w->options.patience_ms = 30;
	start_one(w, ROLES);
	w->site[0].is_slow_at_logins = true;
	assert_string_equal(find(w, 0, "a"), "pending");
	sem_wait(&w->arrived);
	while (!count(w).down)
		find(w, 1, "a");
	open_gates(w);
	while (count(w).down)
		sched_yield();
	while (strcmp(find(w, 0, "a"), "node") != 0)
		sched_yield();
	assert_int_equal(count(w).failed, 0);
}

static void token_for_credentials(void **state)
{
	struct world *w = *state;

	w->options.cookie = STR("route=blue; ");
	start_one(w, KEYSTONE);
	assert_string_equal(ask(w, "a"), "node");
	check_requests(w, 2, 0, 0);
	assert_non_null(strstr(w->site[0].head,
			       "\r\nCookie: authtoken=token1; route=blue; \r\n"));
	assert_null(strstr(w->site[0].head, "Authorization"));
	assert_string_equal(ask(w, "b"), "node");
	assert_int_equal(w->site[0].logins, 1);
	check_requests(w, 3, 0, 0);
	assert_int_equal(count(w).logins, 1);
	assert_int_equal(count(w).failed, 0);
}

static void token_is_renewed(void **state)
{
	struct world *w = *state;
	char text[16];
	int i;

	w->options.error_ttl_ms = 1;
	start_one(w, KEYSTONE);
	assert_string_equal(ask(w, "a"), "node");
	pthread_mutex_lock(&w->lock);
	snprintf(w->site[0].token, sizeof(w->site[0].token), "gone");
	pthread_mutex_unlock(&w->lock);
	/* Not while the login is younger than error_ttl. */
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "b%d", i);
		if (strcmp(ask(w, text), "node") == 0)
			break;
	}
	assert_true(i < 1000);
	assert_int_equal(w->site[0].logins, 2);
	assert_non_null(strstr(w->site[0].head, "authtoken=token2\r\n"));
}

/* Four questions are refused at the same time. */
static void one_login_for_all(void **state)
{
	static const char *const texts[] = { "a", "b", "c", "d" };
	struct world *w = *state;
	int i, refused = 0;

	start_one(w, KEYSTONE);
	w->site[0].is_slow_at_logins = true;
	for (i = 0; i < 4; i++)
		assert_string_equal(find(w, i & 1, texts[i]), "pending");
	while (refused < 4) {
		sem_wait(&w->arrived);
		pthread_mutex_lock(&w->lock);
		refused = w->site[0].refused;
		pthread_mutex_unlock(&w->lock);
	}
	open_gates(w);
	sem_wait(&w->woken[0]);
	sem_wait(&w->woken[1]);
	for (i = 0; i < 4; i++)
		assert_string_equal(find(w, i & 1, texts[i]), "node");
	assert_int_equal(w->site[0].logins, 1);
	assert_int_equal(w->site[0].requests, 8);
}

/* 405: the login is what was missing; without a token nothing else changes. */
static void role_for_a_login(void **state)
{
	struct world *w = *state;

	start_one(w, ROLES);
	assert_string_equal(ask(w, "a"), "node");
	check_requests(w, 2, 0, 0);
	assert_int_equal(w->site[0].logins, 1);
	assert_non_null(strstr(w->site[0].head, BASIC));
	assert_string_equal(ask(w, "b"), "node");
	assert_int_equal(w->site[0].logins, 1);
}

/* Who may not ask is asked to log in once, and not over and over. */
static void login_in_vain(void **state)
{
	struct world *w = *state;

	w->options.error_ttl_ms = 1;
	start_one(w, DENIES);
	assert_string_equal(find(w, 0, "a"), "pending");
	sem_wait(&w->woken[0]);
	check_requests(w, 2, 0, 0);
	assert_int_equal(w->site[0].logins, 1);
	assert_int_equal(count(w).failed, 1);
	assert_false(count(w).down);
}

/* Wrong credentials are not tried again and again: users get locked. */
static void refused_login(void **state)
{
	struct world *w = *state;

	start_one(w, KEYSTONE);
	w->site[0].refuses_logins = true;
	assert_string_equal(ask(w, "a"), "nothing");
	assert_string_equal(ask(w, "b"), "nothing");
	assert_int_equal(w->site[0].logins, 1);
	assert_int_equal(w->site[0].requests, 2);
	assert_int_equal(count(w).failed, 2);
	assert_string_equal(count(w).error, "POST /login is answered with 401");
	assert_false(count(w).down);
}

/* Who hangs up on logins is silent. */
static void silent_at_login(void **state)
{
	struct world *w = *state;

	w->options.username = STR(USER);
	w->options.password = STR("s&cret");
	w->site[0].hangs_up_on_logins = true;
	start(w, KEYSTONE, KEYSTONE, ANSWERS);
	assert_string_equal(ask(w, "a"), "node");
	check_requests(w, 1, 2, 0);
	assert_int_equal(w->site[1].logins, 1);
	assert_int_equal(count(w).switches, 1);
}

static int logins(struct world *w)
{
	int logins;

	pthread_mutex_lock(&w->lock);
	logins = w->site[0].logins;
	pthread_mutex_unlock(&w->lock);
	return logins;
}

static void await_login(struct world *w)
{
	while (logins(w) == 0)
		sem_wait(&w->arrived);
}

/* The topology goes, or http does, while a login is under way. */
static void leaving_during_a_login(void **state)
{
	struct world *w = *state;

	start_one(w, KEYSTONE);
	w->site[0].is_slow_at_logins = true;
	assert_string_equal(find(w, 0, "a"), "pending");
	await_login(w);
	asker_fini(&w->asker[0]);
	asker_fini(&w->asker[1]);
	topology_free(w->topology);
	w->topology = NULL;
	assert_int_equal(sem_trywait(&w->woken[0]), -1);
}

static void http_ends_during_a_login(void **state)
{
	struct world *w = *state;

	start_one(w, KEYSTONE);
	w->site[0].is_slow_at_logins = true;
	assert_string_equal(find(w, 0, "a"), "pending");
	await_login(w);
	http_free(w->http);
	w->http = NULL;
	sem_wait(&w->woken[0]);
	assert_string_equal(find(w, 0, "a"), "nothing");
	assert_false(count(w).down);
}

static void bad_lists(void **state)
{
	struct str many[65];
	struct world *w = *state;
	struct err err = ERR_INIT;
	size_t i;

	w->analyzer[1] = STR("nowhere");
	assert_null(topology_new(&w->options, w->http, &err));
	assert_string_equal(err.key, "analyzers[1]");
	for (i = 0; i < 65; i++)
		many[i] = STR(":8082");
	w->options.analyzers = (struct strs){ many, 65 };
	assert_null(topology_new(&w->options, w->http, &err));
	assert_string_equal(err.text, "more than 64");
	w->options.analyzers.count = 0;
	start(w, ANSWERS, ANSWERS, ANSWERS);
}

static void services(void **state)
{
	static const char *const pairs[][2] = {
		{ "10.0.0.1:http-alt", "http://10.0.0.1:8080" },
		{ ":http-alt", "http://localhost:8080" },
		{ "http-alt", "http://localhost:8080" },
		{ "[::1]:http-alt", "http://[::1]:8080" },
		{ "https://a:https", "https://a" },
		{ "a:no-such-service", NULL },
		{ "http-alt:", NULL },
		{ "http-alt:x", NULL },
	};
	struct buf url = BUF_INIT(256);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct err err = ERR_INIT;

		buf_reset(&url);
		assert_int_equal(analyzer_url_put(&url, str_of(pairs[i][0]), false, &err),
				 pairs[i][1] ? 0 : -EINVAL);
		if (pairs[i][1])
			assert_string_equal(url.ptr, pairs[i][1]);
	}
	buf_fini(&url);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(next_after_hanging_up),
		TEST(next_after_500),
		TEST(next_after_a_time_out),
		TEST(nobody_listens_there),
		TEST(what_is_answered_is_not_asked_again),
		TEST(down_when_all_are_silent),
		TEST(impatient),
		TEST(impatient_with_the_only_one),
		TEST(late_is_not_lost),
		TEST(token_for_credentials),
		TEST(token_is_renewed),
		TEST(one_login_for_all),
		TEST(role_for_a_login),
		TEST(login_in_vain),
		TEST(refused_login),
		TEST(silent_at_login),
		TEST(leaving_during_a_login),
		TEST(http_ends_during_a_login),
		TEST(bad_lists),
		cmocka_unit_test(services),
	};

	return cmocka_run_group_tests_name("analyzers", tests, NULL, NULL);
}
