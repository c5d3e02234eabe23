/* SPDX-License-Identifier: Apache-2.0 */
/* topology.c - see topology.h; asking is in asker.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/base64.h"
#include "sys/clock.h"
#include "topology/analyzer.h"
#include "topology/inside.h"

#define CONNECT_TIMEOUT_MS 5000
#define ENTRY_OVERHEAD	   128 /* of a cached answer beside its bytes */
#define HEADER_MAX	   4096

static const struct answer unknown = { .is_unknown = true };

static void on_reply(struct http_request *);

void topology_send(struct topology *t)
{
	struct lookup *lookup;

	while (!t->closed && t->lookups.running_count < t->max_in_flight &&
	       (lookup = lookups_run_next(&t->lookups))) {
		lookup->request = (struct http_request){
			.method = "POST",
			.url = t->url.ptr,
			.headers = t->header,
			.body = buf_str(&lookup->body),
			.body_fd = -1,
			.connect_timeout_ms = CONNECT_TIMEOUT_MS,
			.timeout_ms = t->timeout_ms,
			.accept_compressed = true,
			.tls = &t->tls,
			.done = on_reply,
			.context = lookup,
			.reply = BUF_INIT(GREMLIN_REPLY_MAX),
		};
		t->counters.requests++;
		http_start(t->http, &lookup->request);
	}
}

static int64_t ttl_of(const struct topology *t, const struct shared_answer *a,
		      bool failed)
{
	if (failed)
		return t->error_ttl_ms;
	return a->answer.count || a->answer.value.ptr ? t->ttl_ms : t->empty_ttl_ms;
}

void topology_keep(struct topology *t, struct str text, struct shared_answer *a,
		   int64_t now_ms)
{
	bool failed = !a;
	int error = -ENOMEM;
	int64_t expires_ms;

	if (!a)
		a = shared_answer_new(&unknown);
	if (a) {
		expires_ms = t->http ? now_ms + ttl_of(t, a, failed) : NEVER_MS;
		error = map_put(t->cache, text, a, a->bytes + ENTRY_OVERHEAD, expires_ms);
	}
	/* Too large for the cache: it would be asked for again and again. */
	if (error == -EFBIG && !failed) {
		t->counters.failed++;
		topology_keep(t, text, NULL, now_ms);
	}
}

static bool is_silent(int status)
{
	return status < 0 && status != -EFBIG && status != -ENOMEM;
}

static void go_down(struct topology *t, int64_t now_ms, struct asker **woken)
{
	t->counters.down = true;
	t->probe_at_ms = now_ms + t->error_ttl_ms;
	t->probing = false;
	lookups_end_waits(&t->lookups, woken);
}

static void count_reply(struct topology *t, const struct shared_answer *a,
			const struct err *err)
{
	if (a) {
		t->counters.empty += a->answer.count == 0 && !a->answer.value.ptr;
		return;
	}
	t->counters.failed++;
	snprintf(t->counters.error, sizeof(t->counters.error), "%.255s", err->text);
}

/* Everything a reply changes; takes the answer, frees the lookup. */
static void take_reply(struct topology *t, struct lookup *lookup, struct shared_answer *a,
		       const struct err *err, struct asker **woken)
{
	struct str text = { lookup->text, lookup->text_len };
	int64_t now_ms = clock_now().mono_ms;
	int status = lookup->request.status;

	if (lookup->probe)
		t->probing = false;
	lookup_end_waits(lookup, woken);
	if (status == -ECANCELED) {
		t->closed = true;
		lookups_end_waits(&t->lookups, woken);
	} else {
		count_reply(t, a, err);
		topology_keep(t, text, a, now_ms);
		if (is_silent(status))
			go_down(t, now_ms, woken);
		else if (status > 0)
			t->counters.down = false;
	}
	lookup_remove(&t->lookups, lookup);
	topology_send(t);
}

/* Without the lock; asker_fini() waits for the end of it. */
static void wake_all(struct topology *t, struct asker *woken)
{
	struct asker *asker;

	while ((asker = woken)) {
		woken = asker->next_woken;
		asker->wake(asker->context);
		pthread_mutex_lock(&t->lock);
		asker->waking = false;
		pthread_cond_broadcast(&t->calm);
		pthread_mutex_unlock(&t->lock);
	}
}

/* On the net thread. */
static void on_reply(struct http_request *r)
{
	struct lookup *lookup = r->context;
	struct topology *t = lookup->topology;
	struct shared_answer *a = NULL;
	struct asker *woken = NULL;
	struct err err = ERR_INIT;

	if (r->status > 0)
		a = gremlin_read(r->status, buf_str(&r->reply), &err);
	else
		err_set(&err, "%s", r->error);
	if (!a && t->log && r->status != -ECANCELED)
		log_write(t->log, LOG_WARNING,
			  "topology=failed error=\"%s\" records go without its answers",
			  err.text);
	pthread_mutex_lock(&t->lock);
	t->replies++;
	take_reply(t, lookup, a, &err, &woken);
	pthread_mutex_unlock(&t->lock);
	wake_all(t, woken);
	pthread_mutex_lock(&t->lock);
	t->replies--;
	pthread_cond_broadcast(&t->calm);
	pthread_mutex_unlock(&t->lock);
}

static void free_answer(void *value)
{
	shared_answer_unref(value);
}

static struct topology *new_topology(size_t entries_max, size_t bytes_max)
{
	struct topology *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->url = (struct buf)BUF_INIT(HEADER_MAX);
	t->authorization = (struct buf)BUF_INIT(HEADER_MAX);
	t->cookie = (struct buf)BUF_INIT(HEADER_MAX);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->calm, NULL);
	t->cache = map_new(entries_max, bytes_max, free_answer);
	if (t->cache && lookups_init(&t->lookups) == 0)
		return t;
	topology_free(t);
	return NULL;
}

static void put_authorization(struct buf *out, const struct topology_options *o)
{
	struct buf pair = BUF_INIT(HEADER_MAX);

	buf_put(&pair, o->username);
	buf_putc(&pair, ':');
	buf_put(&pair, o->password);
	buf_puts(out, "Authorization: Basic ");
	base64_put(out, buf_str(&pair));
	if (buf_error(&pair))
		out->error = buf_error(&pair);
	if (pair.ptr)
		explicit_bzero(pair.ptr, pair.cap);
	buf_fini(&pair);
}

static int set_address(struct topology *t, const struct topology_options *o,
		       struct err *err)
{
	struct err why = ERR_INIT;
	size_t n = 0;

	if (o->analyzers.count == 0)
		return 0;
	if (analyzer_put_url(&t->url, o->analyzers.item[0], o->is_https, &why))
		return err_set_key(err, "analyzers[0]", "not an analyzer's address: %s",
				   why.text);
	buf_puts(&t->url, "/api/topology");
	t->header[n++] = "Content-Type: application/json";
	t->header[n++] = "Accept: application/json";
	if (o->username.len) {
		put_authorization(&t->authorization, o);
		t->header[n++] = t->authorization.ptr;
	}
	if (o->cookie.len) {
		buf_printf(&t->cookie, "Cookie: " STR_FMT, STR_ARG(o->cookie));
		t->header[n++] = t->cookie.ptr;
	}
	t->tls = o->tls;
	if (buf_error(&t->url) || buf_error(&t->authorization) || buf_error(&t->cookie))
		return err_set(err, "the analyzer's address or credentials are too long");
	return 0;
}

struct topology *topology_new(const struct topology_options *o, struct http *http,
			      struct err *err)
{
	struct topology *t = new_topology((size_t)o->cache_entries,
					  (size_t)o->cache_bytes);

	if (!t) {
		err_set(err, "no memory for the topology");
		return NULL;
	}
	t->http = http;
	t->timeout_ms = o->timeout_ms;
	t->ttl_ms = o->ttl_ms;
	t->empty_ttl_ms = o->empty_ttl_ms;
	t->error_ttl_ms = o->error_ttl_ms;
	t->max_in_flight = (size_t)o->max_in_flight;
	t->log = o->log;
	if (set_address(t, o, err) == 0)
		return t;
	topology_free(t);
	return NULL;
}

struct topology *topology_new_static(struct err *err)
{
	struct topology *t = new_topology(SIZE_MAX, SIZE_MAX);

	if (!t)
		err_set(err, "no memory for the topology");
	return t;
}

void topology_free(struct topology *t)
{
	struct lookup *lookup;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->closed = true;
	for (lookup = t->lookups.running; lookup; lookup = lookup->next)
		http_cancel(t->http, &lookup->request);
	while (t->lookups.running_count || t->replies)
		pthread_cond_wait(&t->calm, &t->lock);
	pthread_mutex_unlock(&t->lock);
	lookups_fini(&t->lookups);
	map_free(t->cache);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->calm);
	buf_fini(&t->url);
	if (t->authorization.ptr)
		explicit_bzero(t->authorization.ptr, t->authorization.cap);
	buf_fini(&t->authorization);
	buf_fini(&t->cookie);
	free(t);
}

void topology_count(struct topology *t, struct topology_counters *counters)
{
	pthread_mutex_lock(&t->lock);
	*counters = t->counters;
	counters->evicted = map_evicted(t->cache);
	pthread_mutex_unlock(&t->lock);
}
