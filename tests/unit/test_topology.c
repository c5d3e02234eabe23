/* SPDX-License-Identifier: Apache-2.0 */
/* test_topology.c - askers, the cache between them, and an analyzer of the
 * test's own, which answers when the test wants it to. */
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
#include "sys/clock.h"
#include "topology/lookup.h"
#include "topology/topology.h"

#define SEEN_MAX 64
#define VETH                                                                             \
	"[{\"ID\":\"1\",\"Metadata\":{\"Type\":\"veth\","                                \
	"\"IPV4\":[\"10.0.0.1/24\"]}}]"

struct tenant {
	struct asker asker;
	sem_t woken;
	sem_t *held; /* or NULL: what its wake waits for */
};

struct world {
	struct topology_options options;
	struct str analyzer;
	char address[64];
	struct http *http;
	struct tiny_server *server;
	struct topology *topology;
	struct tenant one, two;

	pthread_mutex_t lock;
	char seen[SEEN_MAX][64]; /* texts, in the order of their arrival */
	size_t seen_count;
	bool mute; /* hang up instead of answering */
	sem_t arrived;
	sem_t gate; /* texts that begin with "slow" wait for it */
	char head[8192];
};

/* A list of 20000 empty nodes. */
static const char *long_reply(void)
{
	static char text[70000];

	if (!*text) {
		int at = snprintf(text, sizeof(text),
				  "HTTP/1.1 200 OK\r\nContent-Length: 60001\r\n\r\n[{}"),
		    i;

		for (i = 1; i < 20000; i++, at += 3)
			memcpy(text + at, ",{}", 3);
		text[at] = ']';
	}
	return text;
}

/* The text decides: "none", "bad", "400", or a veth. */
static const char *reply_to(const char *text)
{
	if (strstr(text, "none"))
		return "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[]\n";
	if (strstr(text, "long"))
		return long_reply();
	if (strstr(text, "nothing"))
		return "HTTP/1.1 204 No Content\r\n\r\n";
	if (strstr(text, "bad"))
		return "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>";
	if (strstr(text, "400"))
		return "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nwhat";
	return "HTTP/1.1 200 OK\r\nContent-Length: 62\r\n\r\n" VETH;
}

static void answer(void *context, const struct tiny_request *r, struct tiny_reply *reply)
{
	struct world *w = context;
	const char *at = strstr(r->body, ":\"");
	char text[64];
	bool mute;

	snprintf(text, sizeof(text), "%.*s", at ? (int)strcspn(at + 2, "\"") : 0,
		 at ? at + 2 : "");
	pthread_mutex_lock(&w->lock);
	if (w->seen_count < SEEN_MAX)
		memcpy(w->seen[w->seen_count++], text, sizeof(text));
	memcpy(w->head, r->head, sizeof(w->head));
	mute = w->mute;
	pthread_mutex_unlock(&w->lock);
	sem_post(&w->arrived);
	if (strncmp(text, "slow", 4) == 0)
		sem_wait(&w->gate);
	if (!mute)
		reply->text = reply_to(text);
}

static void on_wake(void *context)
{
	struct tenant *t = context;

	sem_post(&t->woken);
	if (t->held)
		sem_wait(t->held);
}

static void tenant_init(struct tenant *t, struct topology *topology)
{
	sem_init(&t->woken, 0, 0);
	t->held = NULL;
	asker_init(&t->asker, topology, on_wake, t);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err = ERR_INIT;

	assert_non_null(w);
	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->arrived, 0, 0);
	sem_init(&w->gate, 0, 0);
	w->server = tiny_server_new(answer, w);
	w->http = http_new(&err);
	assert_true(w->server && w->http);
	snprintf(w->address, sizeof(w->address), "127.0.0.1:%u",
		 tiny_server_port(w->server));
	w->analyzer = str_of(w->address);
	memcpy(&w->options, topology_shape.defaults, sizeof(w->options));
	w->options.analyzers = (struct strs){ &w->analyzer, 1 };
	*state = w;
	return 0;
}

static void start(struct world *w)
{
	struct err err = ERR_INIT;

	w->topology = topology_new(&w->options, w->http, &err);
	assert_non_null(w->topology);
	tenant_init(&w->one, w->topology);
	tenant_init(&w->two, w->topology);
}

static int teardown(void **state)
{
	struct world *w = *state;
	int i;

	for (i = 0; i < SEEN_MAX; i++)
		sem_post(&w->gate);
	asker_fini(&w->one.asker);
	asker_fini(&w->two.asker);
	topology_free(w->topology);
	http_free(w->http);
	tiny_server_free(w->server);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return 0;
}

/* "pending", "nothing", or the type of the first node. */
static const char *find(struct tenant *t, const char *text)
{
	static char type[32];
	const struct answer *a = t->asker.answers.find(&t->asker.answers, str_of(text));

	if (!a)
		return "pending";
	if (!a->count)
		return "nothing";
	snprintf(type, sizeof(type), STR_FMT, STR_ARG(a->node[0].type));
	return type;
}

static void release(struct tenant *t)
{
	t->asker.answers.release(&t->asker.answers);
}

static struct topology_counters count(struct world *w)
{
	struct topology_counters c;

	topology_count(w->topology, &c);
	return c;
}

static void asked_once_then_cached(void **state)
{
	struct world *w = *state;
	const struct answer *a;
	struct topology_counters c;

	w->options.username = STR("user");
	w->options.password = STR("password");
	start(w);
	assert_string_equal(find(&w->one, "G.V()"), "pending");
	sem_wait(&w->one.woken);
	a = w->one.asker.answers.find(&w->one.asker.answers, STR("G.V()"));
	assert_non_null(a);
	assert_int_equal(a->count, 1);
	assert_true(str_is(a->node[0].type, "veth"));
	assert_true(str_is(a->node[0].ipv4.item[0], "10.0.0.1/24"));
	assert_string_equal(find(&w->two, "G.V()"), "veth");
	assert_memory_equal(w->head, "POST /api/topology HTTP/1.1\r\n", 29);
	assert_non_null(
		strstr(w->head, "\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n"));
	assert_non_null(strstr(w->head, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(w->head, "\r\nAccept-Encoding: gzip, deflate\r\n"));
	c = count(w);
	assert_int_equal(c.requests, 1);
	assert_int_equal(c.hit, 2);
	assert_int_equal(c.miss, 1);
	assert_int_equal(c.waited, 1);
	assert_int_equal(c.failed + c.degraded + c.empty, 0);
	release(&w->one);
	release(&w->two);
}

static void woken_once_when_all_is_known(void **state)
{
	static const char *const texts[] = { "a",      "b none", "c nothing",
					     "slow d", "e",	 "f" };
	struct world *w = *state;
	size_t i;

	start(w);
	for (i = 0; i < 6; i++)
		assert_string_equal(find(&w->one, texts[i]), "pending");
	for (i = 0; i < 6; i++)
		sem_wait(&w->arrived);
	assert_int_equal(sem_trywait(&w->one.woken), -1);
	sem_post(&w->gate);
	sem_wait(&w->one.woken);
	assert_string_equal(find(&w->one, "a"), "veth");
	assert_string_equal(find(&w->one, "b none"), "nothing");
	assert_string_equal(find(&w->one, "c nothing"), "nothing");
	assert_string_equal(find(&w->one, "slow d"), "veth");
	assert_int_equal(sem_trywait(&w->one.woken), -1);
	assert_int_equal(count(w).empty, 2);
	assert_int_equal(count(w).requests, 6);
}

/* Whoever reads a long one holds nobody else's. */
static void a_long_reply_is_read_beside_the_others(void **state)
{
	struct world *w = *state;

	start(w);
	w->one.held = &w->gate;
	assert_string_equal(find(&w->one, "long"), "pending");
	sem_wait(&w->one.woken);
	assert_string_equal(find(&w->two, "a"), "pending");
	sem_wait(&w->two.woken);
	assert_string_equal(find(&w->two, "a"), "veth");
	sem_post(&w->gate);
}

static void one_flight_for_all(void **state)
{
	struct world *w = *state;

	start(w);
	assert_string_equal(find(&w->one, "slow"), "pending");
	assert_string_equal(find(&w->two, "slow"), "pending");
	assert_string_equal(find(&w->two, "slow"), "pending");
	sem_wait(&w->arrived);
	sem_post(&w->gate);
	sem_wait(&w->one.woken);
	sem_wait(&w->two.woken);
	assert_string_equal(find(&w->one, "slow"), "veth");
	assert_string_equal(find(&w->two, "slow"), "veth");
	assert_int_equal(count(w).requests, 1);
}

/* One at a time; the first tenant has many questions, the second one. */
static void tenants_take_turns(void **state)
{
	struct world *w = *state;
	char text[16];
	int i;

	w->options.max_in_flight = 1;
	start(w);
	assert_string_equal(find(&w->one, "slow 0"), "pending");
	for (i = 1; i < 9; i++) {
		snprintf(text, sizeof(text), "one %d", i);
		assert_string_equal(find(&w->one, text), "pending");
	}
	assert_string_equal(find(&w->two, "two"), "pending");
	sem_post(&w->gate);
	sem_wait(&w->one.woken);
	sem_wait(&w->two.woken);
	assert_int_equal(w->seen_count, 10);
	assert_string_equal(w->seen[0], "slow 0");
	assert_string_equal(w->seen[1], "one 1");
	assert_string_equal(w->seen[2], "two");
	assert_string_equal(w->seen[3], "one 2");
	assert_string_equal(w->seen[9], "one 8");
}

/* Neither tenant asks again while error_ttl lasts. */
static void failures_are_nothing_for_a_while(void **state)
{
	static const char *const texts[] = { "bad", "400" };
	struct world *w = *state;
	size_t i;

	start(w);
	for (i = 0; i < 2; i++) {
		assert_string_equal(find(&w->one, texts[i]), "pending");
		sem_wait(&w->one.woken);
		assert_string_equal(find(&w->one, texts[i]), "nothing");
		assert_string_equal(find(&w->two, texts[i]), "nothing");
		assert_int_equal(count(w).failed, i + 1);
		assert_int_equal(count(w).requests, i + 1);
	}
	assert_string_equal(count(w).error, "status 400: what");
	assert_false(count(w).down);
}

static void answers_expire(void **state)
{
	struct world *w = *state;
	int i;

	w->options.ttl_ms = 1;
	w->options.error_ttl_ms = 1;
	start(w);
	for (i = 1; i < 4; i++) {
		while (strcmp(find(&w->one, "a"), "pending") != 0)
			sched_yield();
		sem_wait(&w->one.woken);
		assert_int_equal(count(w).requests, i);
	}
}

/* Who wants to know better asks for it again; for others it is as good as before. */
static void renewed_when_it_is_too_old(void **state)
{
	struct world *w = *state;
	int64_t now_ms = clock_now().mono_ms;
	struct answers *answers = &w->one.asker.answers;

	start(w);
	assert_string_equal(find(&w->one, "a"), "pending");
	sem_wait(&w->one.woken);
	answers->renew(answers, STR("a"), now_ms - 1000, false);
	answers->renew(answers, STR("a"), now_ms + 1000, true); /* it has nodes */
	assert_string_equal(find(&w->one, "a"), "veth");
	assert_int_equal(count(w).requests, 1);
	answers->renew(answers, STR("a"), clock_now().mono_ms + 1000, false);
	assert_string_equal(find(&w->one, "a"), "pending");
	sem_wait(&w->one.woken);
	assert_int_equal(count(w).requests, 2);
	release(&w->one);
}

static void giving_up(void **state)
{
	struct world *w = *state;

	start(w);
	assert_string_equal(find(&w->one, "slow"), "pending");
	assert_string_equal(find(&w->two, "slow"), "pending");
	sem_wait(&w->arrived);
	asker_give_up(&w->one.asker, true);
	assert_string_equal(find(&w->one, "slow"), "nothing");
	assert_string_equal(find(&w->one, "other"), "nothing");
	assert_int_equal(count(w).degraded, 2);
	assert_int_equal(count(w).requests, 1);
	sem_post(&w->gate);
	sem_wait(&w->two.woken);
	assert_int_equal(sem_trywait(&w->one.woken), -1);
	assert_string_equal(find(&w->one, "slow"), "veth");
	asker_give_up(&w->one.asker, false);
	assert_string_equal(find(&w->one, "other"), "pending");
	sem_wait(&w->one.woken);
}

/* Ask for slow things that nobody asked for, until one is refused; how many were not. */
static int ask_beyond_the_limit(struct tenant *t, char *last, size_t room)
{
	int asked;

	for (asked = 0;; asked++) {
		snprintf(last, room, "slow %d", asked);
		if (strcmp(find(t, last), "pending") != 0)
			return asked;
		assert_true(asked < SEEN_MAX / 2);
	}
}

/* What the cache or another's request answers is free, and what was not asked may be
 * asked later. A second that passes meanwhile lets one more through. */
static void questions_have_a_limit(void **state)
{
	struct world *w = *state;
	char refused[32];
	uint64_t limited;
	int asked, i;

	start(w);
	asker_limit(&w->one.asker, 1, 2);
	assert_string_equal(find(&w->two, "slow"), "pending");
	assert_string_equal(find(&w->one, "slow"), "pending");
	asked = ask_beyond_the_limit(&w->one, refused, sizeof(refused));
	assert_true(asked >= 2);
	assert_string_equal(find(&w->one, "slow 1"), "pending");
	assert_string_equal(find(&w->two, refused), "pending");
	for (i = 0; i < 2 + asked; i++)
		sem_post(&w->gate);
	sem_wait(&w->one.woken);
	sem_wait(&w->two.woken);
	assert_string_equal(find(&w->one, "slow 0"), "veth");
	assert_string_equal(find(&w->one, refused), "veth");
	assert_int_equal(asker_take_degraded(&w->one.asker, &limited), 1);
	assert_int_equal(limited, 1);
	assert_int_equal(asker_take_degraded(&w->two.asker, &limited), 0);
	assert_int_equal(limited, 0);
	assert_int_equal(count(w).degraded, 1);
	assert_int_equal(count(w).requests, 2 + asked);
}

static void set_mute(struct world *w, bool mute)
{
	pthread_mutex_lock(&w->lock);
	w->mute = mute;
	pthread_mutex_unlock(&w->lock);
}

/* The queue is let go with the first request that has no reply. */
static void nobody_waits_while_down(void **state)
{
	struct world *w = *state;

	w->options.max_in_flight = 1;
	start(w);
	set_mute(w, true);
	assert_string_equal(find(&w->one, "a"), "pending");
	assert_string_equal(find(&w->one, "b"), "pending");
	assert_string_equal(find(&w->two, "c"), "pending");
	sem_wait(&w->one.woken);
	sem_wait(&w->two.woken);
	assert_true(count(w).down);
	assert_string_equal(find(&w->one, "a"), "nothing");
	assert_string_equal(find(&w->one, "b"), "nothing");
	assert_string_equal(find(&w->one, "x"), "nothing");
	assert_int_equal(count(w).requests, 1);
	assert_int_equal(count(w).degraded, 3);
	assert_int_equal(count(w).failed, 1);
	assert_int_not_equal(count(w).error[0], '\0');
}

static void a_probe_ends_it(void **state)
{
	struct world *w = *state;

	w->options.error_ttl_ms = 1;
	start(w);
	set_mute(w, true);
	assert_string_equal(find(&w->one, "a"), "pending");
	sem_wait(&w->one.woken);
	assert_true(count(w).down);
	set_mute(w, false);
	while (count(w).down)
		assert_string_not_equal(find(&w->one, "b"), "pending");
	assert_string_equal(find(&w->one, "b"), "veth");
	assert_string_equal(find(&w->one, "c"), "pending");
	sem_wait(&w->one.woken);
}

static void time_out_is_down(void **state)
{
	struct world *w = *state;

	w->options.timeout_ms = 30;
	start(w);
	assert_string_equal(find(&w->one, "slow"), "pending");
	sem_wait(&w->one.woken);
	assert_string_equal(find(&w->one, "slow"), "nothing");
	assert_true(count(w).down);
}

/* Its places are another's after a moment, and it gets no more of them. */
static void what_hangs_holds_up_nobody_else(void **state)
{
	struct world *w = *state;
	char text[16];
	int i;

	w->options.timeout_ms = 600000;
	w->options.max_in_flight = 2;
	start(w);
	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "slow %d", i);
		assert_string_equal(find(&w->one, text), "pending");
	}
	sem_wait(&w->arrived);
	sem_wait(&w->arrived);
	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "a %d", i);
		assert_string_equal(find(&w->two, text), "pending");
	}
	sem_wait(&w->two.woken);
	assert_string_equal(find(&w->two, "a 39"), "veth");
	assert_int_equal(count(w).requests, 42);
	assert_false(count(w).down);
}

/* Nor does what one of them waits for in vain, when another wants to know it, too. */
static void thousands_that_wait_hold_up_nobody_else(void **state)
{
	struct world *w = *state;
	int64_t late_ms;
	char text[16];
	int i;

	w->options.timeout_ms = 600000;
	w->options.max_in_flight = 2;
	start(w);
	for (i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "slow %d", i);
		assert_string_equal(find(&w->one, text), "pending");
	}
	assert_string_equal(find(&w->one, "shared"), "pending");
	/* Before anything is late, and after. */
	assert_string_equal(find(&w->one, "early"), "pending");
	assert_string_equal(find(&w->two, "early"), "pending");
	late_ms = clock_now().mono_ms + LOOKUP_LATE_MS + 100;
	while (clock_now().mono_ms < late_ms)
		sched_yield();
	sem_wait(&w->two.woken);
	assert_string_equal(find(&w->two, "early"), "veth");
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "a %d", i);
		assert_string_equal(find(&w->two, text), "pending");
		sem_wait(&w->two.woken);
		assert_string_equal(find(&w->two, text), "veth");
	}
	assert_string_equal(find(&w->two, "shared"), "pending");
	sem_wait(&w->two.woken);
	assert_string_equal(find(&w->two, "shared"), "veth");
	asker_give_up(&w->one.asker, true);
	asker_give_up(&w->one.asker, false);
	assert_int_equal(count(w).requests, 7);
}

/* However many of them there are, more than there are places. */
static void six_that_hang_hold_up_nobody_else(void **state)
{
	struct world *w = *state;
	struct tenant slow[6];
	char text[16];
	int i;

	w->options.timeout_ms = 600000;
	w->options.max_in_flight = 4;
	start(w);
	for (i = 0; i < 6; i++) {
		tenant_init(&slow[i], w->topology);
		snprintf(text, sizeof(text), "slow %d", i);
		assert_string_equal(find(&slow[i], text), "pending");
	}
	for (i = 0; i < 6; i++)
		sem_wait(&w->arrived);
	/* Now all of them are known. */
	for (i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "slow 1%d", i);
		assert_string_equal(find(&slow[i], text), "pending");
	}
	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "a %d", i);
		assert_string_equal(find(&w->two, text), "pending");
	}
	sem_wait(&w->two.woken);
	assert_string_equal(find(&w->two, "a 39"), "veth");
	for (i = 0; i < 6; i++)
		asker_fini(&slow[i].asker);
}

/* The analyzer answers another one meanwhile, so it is not silent. */
static void what_hangs_fails_alone(void **state)
{
	struct world *w = *state;

	w->options.timeout_ms = 2000;
	start(w);
	assert_string_equal(find(&w->one, "slow"), "pending");
	sem_wait(&w->arrived);
	assert_string_equal(find(&w->two, "a"), "pending");
	sem_wait(&w->two.woken);
	sem_wait(&w->one.woken);
	assert_false(count(w).down);
	assert_int_equal(count(w).failed, 1);
	assert_string_equal(find(&w->one, "slow"), "nothing");
	assert_string_equal(find(&w->one, "b"), "pending");
	sem_wait(&w->one.woken);
	assert_string_equal(find(&w->one, "b"), "veth");
}

static void what_hangs_is_no_silence(void **state)
{
	struct world *w = *state;
	int64_t until_ms;
	char text[16];
	int i;

	w->options.patience_ms = 20;
	w->options.timeout_ms = 600000;
	start(w);
	assert_string_equal(find(&w->one, "slow"), "pending");
	sem_wait(&w->arrived);
	until_ms = clock_now().mono_ms + 10 * w->options.patience_ms;
	for (i = 0; i < 5 || clock_now().mono_ms < until_ms; i++) {
		snprintf(text, sizeof(text), "a %d", i);
		assert_string_equal(find(&w->two, text), "pending");
		sem_wait(&w->two.woken);
	}
	assert_false(count(w).down);
}

/* Who waits for many texts leaves room to who waits for few. */
static void many_questions_leave_room(void **state)
{
	struct world *w = *state;
	char text[16];
	int i;

	w->options.timeout_ms = 600000;
	start(w);
	for (i = 0; i < 70000; i++) {
		snprintf(text, sizeof(text), "slow %d", i);
		if (strcmp(find(&w->one, text), "pending") != 0)
			break;
	}
	assert_in_range(i, 40000, 69999);
	assert_string_equal(find(&w->two, "slow a"), "pending");
	assert_string_equal(find(&w->one, "slow b"), "nothing");
}

static void nobody_to_ask(void **state)
{
	struct world *w = *state;

	w->options.analyzers.count = 0;
	start(w);
	assert_string_equal(find(&w->one, "a"), "nothing");
	assert_int_equal(count(w).degraded, 1);
	assert_int_equal(count(w).requests, 0);
}

static void bad_address(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;

	w->analyzer = STR("analyzer");
	assert_null(topology_new(&w->options, w->http, &err));
	assert_string_equal(err.key, "analyzers[0]");
	assert_string_equal(err.text,
			    "not an analyzer's address: \"analyzer\" has no port");
}

/* The asker goes, then the topology, while a request is on its way. */
static void leaving_early(void **state)
{
	struct world *w = *state;

	w->options.timeout_ms = 600000;
	start(w);
	assert_string_equal(find(&w->one, "slow"), "pending");
	assert_string_equal(find(&w->one, "b"), "pending");
	sem_wait(&w->arrived);
	asker_fini(&w->one.asker);
	asker_fini(&w->one.asker);
	asker_fini(NULL);
	asker_fini(&w->two.asker);
	topology_free(w->topology);
	w->topology = NULL;
	topology_free(NULL);
	assert_int_equal(sem_trywait(&w->one.woken), -1);
}

/* http ends first: whoever waits is woken and gets nothing. */
static void http_ends_first(void **state)
{
	struct world *w = *state;

	w->options.max_in_flight = 1;
	start(w);
	assert_string_equal(find(&w->one, "slow"), "pending");
	assert_string_equal(find(&w->one, "b"), "pending");
	sem_wait(&w->arrived);
	http_free(w->http);
	w->http = NULL;
	sem_wait(&w->one.woken);
	assert_string_equal(find(&w->one, "slow"), "nothing");
	assert_string_equal(find(&w->one, "c"), "nothing");
	assert_false(count(w).down);
}

/* What is held stays, though the cache has long dropped it. */
static void held_answers_stay(void **state)
{
	struct world *w = *state;
	const struct answer *a;

	w->options.cache_entries = 1;
	start(w);
	find(&w->one, "a");
	sem_wait(&w->one.woken);
	a = w->one.asker.answers.find(&w->one.asker.answers, STR("a"));
	find(&w->one, "b");
	sem_wait(&w->one.woken);
	assert_int_equal(count(w).evicted, 1);
	assert_true(str_is(a->node[0].type, "veth"));
	release(&w->one);
	assert_string_equal(find(&w->one, "a"), "pending");
	sem_wait(&w->one.woken);
}

static void recorded(void **state)
{
	static const char file[] =
		"[{\"query\":\"a\",\"status\":200,\"headers\":{\"X\":\"y\"},"
		"\"body\":\"[{\\\"ID\\\":\\\"1\\\",\\\"Metadata\\\":"
		"{\\\"Type\\\":\\\"veth\\\"}}]\\n\"},"
		"{\"query\":\"b\",\"status\":400,\"headers\":[[\"X\",\"y\"]],\"body\":\"what\"},"
		"{\"query\":\"c\",\"status\":204}]\n";
	struct err err = ERR_INIT;
	struct topology *t = topology_new_static(&err);
	struct topology_counters c;
	struct tenant one;

	(void)state;
	assert_non_null(t);
	tenant_init(&one, t);
	assert_int_equal(topology_add_static(t, str_of(file), "f.json", &err), 0);
	assert_string_equal(find(&one, "a"), "veth");
	assert_string_equal(find(&one, "b"), "nothing");
	assert_string_equal(find(&one, "c"), "nothing");
	assert_string_equal(find(&one, "unknown"), "nothing");
	topology_count(t, &c);
	assert_int_equal(c.hit, 3);
	assert_int_equal(c.miss, 1);
	assert_int_equal(topology_add_static(t, STR("[{\"query\":\"a\",\"status\":204}]"),
					     "g.json", &err),
			 0);
	release(&one);
	assert_string_equal(find(&one, "a"), "nothing");
	asker_fini(&one.asker);
	topology_free(t);
}

static void bad_recordings(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "f.json: not JSON" },
		{ "[", "f.json: not JSON" },
		{ "[] []", "f.json: not JSON" },
		{ "{}", "f.json: not a list of answers" },
		{ "null", "f.json: not a list of answers" },
		{ "[1]", "f.json: answer 1: not an object" },
		{ "[{\"query\":\"a\",\"status\":200,\"body\":\"[]\"},{\"status\":200}]",
		  "f.json: answer 2: no \"query\"" },
		{ "[{\"query\":\"a\"}]", "f.json: answer 1: no \"status\"" },
	};
	struct topology *t = topology_new_static(NULL);
	size_t i;

	(void)state;
	assert_non_null(t);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(topology_add_static(t, str_of(pairs[i][0]), "f.json",
						     &err),
				 -EINVAL);
		print_message("  %s\n", err.text);
		assert_non_null(strstr(err.text, pairs[i][1]));
	}
	topology_free(t);
}

struct crowd {
	struct topology *topology;
	unsigned seed;
};

/* Asks, waits or gives up, and leaves, over and over. */
static void *crowd_member(void *argument)
{
	struct crowd *c = argument;
	char text[16];
	int round, i;

	for (round = 0; round < 30; round++) {
		struct tenant t;
		bool pending = false;

		tenant_init(&t, c->topology);
		for (i = 0; i < 10; i++) {
			c->seed = c->seed * 1103515245u + 12345u;
			snprintf(text, sizeof(text), "%u", c->seed >> 16 & 31);
			pending |= !t.asker.answers.find(&t.asker.answers, str_of(text));
		}
		if (pending && round % 3 == 0)
			sem_wait(&t.woken);
		else if (round % 3 == 1)
			asker_give_up(&t.asker, true);
		release(&t);
		asker_fini(&t.asker);
	}
	return NULL;
}

static void a_crowd(void **state)
{
	struct world *w = *state;
	struct crowd crowd[4];
	pthread_t thread[4];
	unsigned i;

	w->options.ttl_ms = 1;
	start(w);
	for (i = 0; i < 4; i++) {
		crowd[i] = (struct crowd){ w->topology, i };
		assert_int_equal(pthread_create(&thread[i], NULL, crowd_member,
						&crowd[i]),
				 0);
	}
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(count(w).failed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asked_once_then_cached),
		TEST(woken_once_when_all_is_known),
		TEST(a_long_reply_is_read_beside_the_others),
		TEST(one_flight_for_all),
		TEST(tenants_take_turns),
		TEST(failures_are_nothing_for_a_while),
		TEST(answers_expire),
		TEST(renewed_when_it_is_too_old),
		TEST(giving_up),
		TEST(questions_have_a_limit),
		TEST(nobody_waits_while_down),
		TEST(a_probe_ends_it),
		TEST(time_out_is_down),
		TEST(what_hangs_holds_up_nobody_else),
		TEST(thousands_that_wait_hold_up_nobody_else),
		TEST(six_that_hang_hold_up_nobody_else),
		TEST(what_hangs_fails_alone),
		TEST(what_hangs_is_no_silence),
		TEST(many_questions_leave_room),
		TEST(nobody_to_ask),
		TEST(bad_address),
		TEST(leaving_early),
		TEST(http_ends_first),
		TEST(held_answers_stay),
		cmocka_unit_test(recorded),
		cmocka_unit_test(bad_recordings),
		TEST(a_crowd),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
