/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - see http.h. The lists of requests are shared and locked; transfers
 * belong to the net thread. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "net/curl_multi.h"
#include "net/http_name.h"
#include "net/resolver.h"
#include "net/transfer.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define IDLE_MAX 8     /* transfers kept for the next requests */
#define POLL_MS	 60000 /* libcurl's own timers end it earlier */

struct http {
	pthread_t thread;
	CURLM *multi;
	struct transfer *idle;
	size_t idle_count;
	atomic_uint turns;
	atomic_uint answers; /* of the resolver, so far */
	struct resolver_watch watch;

	pthread_mutex_t lock;			     /* for what follows */
	struct http_request *started, **started_end; /* not yet taken up */
	struct http_request *running;
	struct http_request *delayed; /* in no order: they are few */
	bool stopping;
};

static struct transfer *transfer_get(struct http *h)
{
	struct transfer *t = h->idle;

	if (!t)
		return transfer_new();
	h->idle = t->next;
	h->idle_count--;
	return t;
}

static void transfer_put(struct http *h, struct transfer *t)
{
	transfer_reset(t);
	if (h->idle_count == IDLE_MAX) {
		transfer_free(t);
		return;
	}
	t->next = h->idle;
	h->idle = t;
	h->idle_count++;
}

/* false: it has ended already. */
static bool http_dial(struct http *h, struct http_request *r)
{
	struct curl_slist *list;
	struct transfer *t;
	int error = http_name_find(r, atomic_load(&h->answers), &list);

	if (error)
		return r->is_nameless;
	t = transfer_get(h);
	if (t)
		t->addresses = list;
	else
		curl_slist_free_all(list);
	if (t && transfer_set(t, r) == 0 &&
	    curl_multi_add_handle(h->multi, t->easy) == CURLM_OK)
		return true;
	transfer_fail(r, -ENOMEM, "no memory for a request", "");
	return false;
}

static bool http_begin(struct http *h, struct http_request *r)
{
	if (r->begin)
		r->begin(r);
	http_name_begin(r);
	return http_dial(h, r);
}

/* The outcome stands; nothing of the request is touched after done(). */
static void http_finish(struct http *h, struct http_request *r)
{
	struct http_request **at;

	if (r->transfer) {
		curl_multi_remove_handle(h->multi, r->transfer->easy);
		transfer_put(h, r->transfer);
		r->transfer = NULL;
	}
	pthread_mutex_lock(&h->lock);
	for (at = &h->running; *at != r; at = &(*at)->next)
		;
	*at = r->next;
	pthread_mutex_unlock(&h->lock);
	r->done(r);
}

static void append_started(struct http *h, struct http_request *r)
{
	r->next = NULL;
	*h->started_end = r;
	h->started_end = &r->next;
}

/* Starts those whose wait is over. Returns for how long nothing is due. */
static int64_t start_due(struct http *h)
{
	struct http_request **at, *r;
	int64_t now_ms = clock_now().mono_ms, wait_ms = POLL_MS;

	pthread_mutex_lock(&h->lock);
	for (at = &h->delayed; (r = *at);) {
		if (r->due_ms <= now_ms || r->cancelled || h->stopping) {
			*at = r->next;
			append_started(h, r);
			continue;
		}
		if (r->due_ms - now_ms < wait_ms)
			wait_ms = r->due_ms - now_ms;
		at = &r->next;
	}
	pthread_mutex_unlock(&h->lock);
	return wait_ms;
}

/* Moves one request to the running ones; NULL: none was started. */
static struct http_request *take_started(struct http *h)
{
	struct http_request *r;

	pthread_mutex_lock(&h->lock);
	r = h->started;
	if (r) {
		h->started = r->next;
		if (!h->started)
			h->started_end = &h->started;
		r->next = h->running;
		h->running = r;
	}
	pthread_mutex_unlock(&h->lock);
	return r;
}

static struct http_request *find_cancelled(struct http *h)
{
	struct http_request *r;

	pthread_mutex_lock(&h->lock);
	for (r = h->running; r && !r->cancelled && !h->stopping; r = r->next)
		;
	pthread_mutex_unlock(&h->lock);
	return r;
}

static struct http_request *find_named(struct http *h, int64_t *wait_ms)
{
	struct http_request *r;

	pthread_mutex_lock(&h->lock);
	r = http_name_due(h->running, atomic_load(&h->answers), wait_ms);
	pthread_mutex_unlock(&h->lock);
	return r;
}

static void http_finish_ended(struct http *h)
{
	struct http_request *r;
	CURLMsg *message;
	CURLcode code;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
		transfer_read_outcome(r, code);
		http_finish(h, r);
	}
}

static bool http_is_over(struct http *h)
{
	bool over;

	pthread_mutex_lock(&h->lock);
	over = h->stopping && !h->started && !h->running && !h->delayed;
	pthread_mutex_unlock(&h->lock);
	return over;
}

static void *net_thread(void *context)
{
	struct http *h = context;
	struct http_request *r;
	int64_t wait_ms;
	int running;

	while (!http_is_over(h)) {
		atomic_fetch_add(&h->turns, 1);
		wait_ms = start_due(h);
		while ((r = take_started(h)))
			if (!http_begin(h, r))
				http_finish(h, r);
		while ((r = find_cancelled(h))) {
			transfer_fail(r, -ECANCELED, "cancelled", "");
			http_finish(h, r);
		}
		while ((r = find_named(h, &wait_ms)))
			if (!http_dial(h, r))
				http_finish(h, r);
		curl_multi_perform(h->multi, &running);
		http_finish_ended(h);
		if (!http_is_over(h))
			curl_multi_poll(h->multi, NULL, 0, (int)wait_ms, NULL);
	}
	return NULL;
}

static void on_answer(void *context)
{
	struct http *h = context;

	atomic_fetch_add(&h->answers, 1);
	curl_multi_wakeup(h->multi);
}

struct http *http_new(struct err *err)
{
	struct http *h = NULL;

	/* Counted by libcurl; never undone, because the host may use it too. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == 0)
		h = calloc(1, sizeof(*h));
	if (!h) {
		err_set(err, "no memory for HTTP");
		return NULL;
	}
	h->started_end = &h->started;
	pthread_mutex_init(&h->lock, NULL);
	h->multi = curl_multi_make();
	h->watch = (struct resolver_watch){ .answered = on_answer, .context = h };
	if (h->multi && thread_start(&h->thread, "net", net_thread, h) == 0) {
		resolver_watch(&h->watch);
		return h;
	}
	err_set(err, "cannot start the net thread");
	curl_multi_cleanup(h->multi);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

void http_free(struct http *h)
{
	struct transfer *t;

	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_mutex_unlock(&h->lock);
	curl_multi_wakeup(h->multi);
	pthread_join(h->thread, NULL);
	resolver_unwatch(&h->watch);
	while ((t = h->idle)) {
		h->idle = t->next;
		transfer_free(t);
	}
	curl_multi_cleanup(h->multi);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void http_start(struct http *h, struct http_request *r)
{
	r->transfer = NULL;
	r->cancelled = false;
	r->is_nameless = false;
	r->status = 0;
	r->error[0] = '\0';
	r->retry_after_ms = 0;
	r->date_ms = 0;
	buf_reset(&r->reply);
	buf_reset(&r->kept);
	r->due_ms = r->delay_ms > 0 ? clock_now().mono_ms + r->delay_ms : 0;
	pthread_mutex_lock(&h->lock);
	if (r->due_ms) {
		r->next = h->delayed;
		h->delayed = r;
	} else {
		append_started(h, r);
	}
	pthread_mutex_unlock(&h->lock);
	curl_multi_wakeup(h->multi);
}

/* The same pointer if it is in the list, else NULL. */
static struct http_request *find_in(struct http_request *list,
				    const struct http_request *r)
{
	for (; list && list != r; list = list->next)
		;
	return list;
}

void http_cancel(struct http *h, struct http_request *r)
{
	struct http_request *found;

	pthread_mutex_lock(&h->lock);
	found = find_in(h->started, r);
	if (!found)
		found = find_in(h->running, r);
	if (!found)
		found = find_in(h->delayed, r);
	if (found)
		found->cancelled = true;
	pthread_mutex_unlock(&h->lock);
	curl_multi_wakeup(h->multi);
}

unsigned http_turn(struct http *h)
{
	curl_multi_wakeup(h->multi);
	return atomic_load(&h->turns);
}

void http_start_now(struct http *h, struct http_request *r)
{
	struct http_request *found;

	pthread_mutex_lock(&h->lock);
	found = find_in(h->delayed, r);
	if (found)
		found->due_ms = 0;
	pthread_mutex_unlock(&h->lock);
	curl_multi_wakeup(h->multi);
}

struct str http_kept(const struct http_request *r, const char *name)
{
	struct str rest = buf_str(&r->kept), want = str_of(name);

	while (rest.len) {
		struct str line = str_until(rest, '\n');

		if (line.len >= want.len + 2 &&
		    str_equal_nocase((struct str){ line.ptr, want.len }, want) &&
		    line.ptr[want.len] == ':')
			return str_skip(line, want.len + 2);
		rest = str_skip(rest, line.len + (line.len < rest.len));
	}
	return (struct str){ NULL, 0 };
}
