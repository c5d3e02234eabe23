/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - how a lookup is put to analyzers, and how it ends. */
#include <errno.h>
#include <stdio.h>
#include "net/credentials.h"
#include "sys/clock.h"
#include "topology/topology_private.h"

#define CONNECT_TIMEOUT_MS 5000
#define PLACES_TIMES	   4 /* of max_in_flight, with those that are late */

/* A token goes instead of the credentials. */
static void request_set_headers(const struct analyzers *l, struct lookup *lookup)
{
	const struct buf *token = &lookup->analyzer->login.token;
	size_t n = 0;

	lookup->header[n++] = "Content-Type: application/json";
	lookup->header[n++] = "Accept: application/json";
	buf_reset(&lookup->cookie);
	if (token->len)
		credentials_put_cookie(&lookup->cookie, buf_str(token),
				       buf_str(&l->cookies));
	else if (l->cookies.len)
		buf_printf(&lookup->cookie, "Cookie: " STR_FMT,
			   STR_ARG(buf_str(&l->cookies)));
	if (!token->len && l->basic.len)
		lookup->header[n++] = l->basic.ptr;
	if (lookup->cookie.len)
		lookup->header[n++] = lookup->cookie.ptr;
	lookup->header[n] = NULL;
}

void lookup_start(struct lookup *lookup, int64_t now_ms)
{
	struct topology *t = lookup->topology;
	struct analyzer *a = lookup->analyzer;

	if (!lookup->tried)
		lookup->asked_ms = now_ms;
	lookup->sent_ms = now_ms;
	lookup->tried |= a->bit;
	lookup->is_stale = false;
	lookup->login_number = a->login.number;
	request_set_headers(&t->analyzers, lookup);
	buf_fini(&lookup->request.reply);
	lookup->request = (struct http_request){
		.method = "POST",
		.url = a->url.ptr,
		.headers = lookup->header,
		.body = buf_str(&lookup->body),
		.body_fd = -1,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.timeout_ms = lookup->probe ? t->probe_timeout_ms : t->timeout_ms,
		.accept_compressed = true,
		.tls = &t->tls,
		.done = t->replied,
		.context = lookup,
		.reply = BUF_INIT(t->reply_max),
	};
	t->counters.requests++;
	http_start(t->http, &lookup->request);
}

/* Whether there is a place: for anybody, 0, or beside those that are late for who has none
 * that are, and then for so many of each. While it is down a probe finds its way beside
 * what hangs. */
static bool has_place(const struct topology *t, int64_t now_ms, size_t *of_each)
{
	const struct lookups *l = &t->lookups;
	size_t max = t->max_in_flight + t->counters.down;

	*of_each = l->running_count < max ? 0 : (t->max_in_flight + 1) / 2;
	return !t->closed &&
	       (*of_each == 0 || (l->running_count < PLACES_TIMES * max &&
				  l->running_count - lookups_late(l, now_ms) < max));
}

void topology_send(struct topology *t)
{
	int64_t now_ms = clock_now().mono_ms;
	struct lookup *lookup;
	size_t of_each;

	while (has_place(t, now_ms, &of_each) &&
	       (lookup = lookups_run_next(&t->lookups, of_each, now_ms))) {
		lookup->analyzer = analyzers_next(&t->analyzers, 0);
		lookup_start(lookup, now_ms);
	}
	if (lookups_wait(&t->lookups) && !t->closed)
		workers_wake_at(t->readers, &t->sender,
				lookups_late_ms(&t->lookups, now_ms));
}

void topology_send_late(struct task *task, struct now now)
{
	struct topology *t = (struct topology *)((char *)task -
						 offsetof(struct topology, sender));

	(void)now;
	pthread_mutex_lock(&t->lock);
	topology_send(t);
	pthread_mutex_unlock(&t->lock);
}

/* Lookups that hang are asked anew: their replies come with -ECANCELED. */
static void request_recall(struct topology *t, struct lookup *lookup)
{
	if (lookup->is_parked || lookup->is_stale)
		return;
	lookup->is_stale = true;
	http_cancel(t->http, &lookup->request);
}

static void go_down(struct topology *t, const struct lookup *lookup, const char *why,
		    struct asker **woken)
{
	if (t->counters.down && !lookup->probe)
		return;
	if (!t->counters.down && t->log)
		log_write(t->log, LOG_WARNING,
			  "topology=down analyzer=" STR_FMT " error=\"%s\" records "
			  "lack its data until an analyzer answers",
			  STR_ARG(buf_str(&lookup->analyzer->name)), LOG_QUOTED(why));
	if (!t->counters.down)
		t->counters.down_since_ms = clock_now().wall_ms;
	t->counters.down = true;
	t->probe_at_ms = lookup->asked_ms + t->error_ttl_ms;
	t->probing = false;
	lookups_end_waits(&t->lookups, woken);
}

/* The next one that may answer is asked from now on. While all are silent that
 * is no news. */
static void note_silence(struct topology *t, struct analyzer *a, const char *why,
			 int64_t now_ms)
{
	struct analyzers *l = &t->analyzers;

	if (!analyzers_silent(l, a, now_ms, now_ms + t->error_ttl_ms) || t->counters.down)
		return;
	t->counters.switches++;
	if (t->log)
		log_write(t->log, LOG_WARNING,
			  "topology=switched analyzer=" STR_FMT " error=\"%s\" "
			  "next=" STR_FMT,
			  STR_ARG(buf_str(&a->name)), LOG_QUOTED(why),
			  STR_ARG(buf_str(&l->item[l->current].name)));
}

/* It has answered another question since; this one only takes long. */
static bool is_alone(const struct lookup *lookup)
{
	return lookup->analyzer->answered_ms >= lookup->sent_ms;
}

static bool is_late(const struct topology *t, const struct lookup *lookup,
		    const struct analyzer *a, int64_t now_ms)
{
	return lookup->analyzer == a && !lookup->is_stale && !is_alone(lookup) &&
	       now_ms - lookup->sent_ms >= t->patience_ms;
}

void topology_notice_silence(struct topology *t, int64_t now_ms, struct asker **woken)
{
	struct analyzer *a = &t->analyzers.item[t->analyzers.current];
	struct lookup *lookup = t->lookups.running;
	char why[64];

	if (t->counters.down || !t->patience_ms)
		return;
	while (lookup && !is_late(t, lookup, a, now_ms))
		lookup = lookup->next;
	if (!lookup)
		return;
	snprintf(why, sizeof(why), "no answer within %lld ms", (long long)t->patience_ms);
	note_silence(t, a, why, now_ms);
	if (analyzers_all_silent(&t->analyzers, now_ms)) {
		go_down(t, lookup, why, woken);
		return;
	}
	for (; lookup; lookup = lookup->next)
		if (is_late(t, lookup, a, now_ms))
			request_recall(t, lookup);
}

/* The analyzer says something. After a probe what was asked before it is asked
 * again: it would hang on to its place among those in flight. */
void lookup_answered(struct topology *t, const struct lookup *lookup)
{
	struct lookup *other;

	lookup->analyzer->silent_until_ms = 0;
	if (!t->counters.down)
		return;
	t->counters.down = false;
	t->analyzers.current = (size_t)(lookup->analyzer - t->analyzers.item);
	if (t->log)
		log_write(t->log, LOG_INFO, "topology=up analyzer=" STR_FMT,
			  STR_ARG(buf_str(&lookup->analyzer->name)));
	for (other = t->lookups.running; other && lookup->probe; other = other->next) {
		if (other == lookup || other->probe)
			continue;
		other->tried = 0;
		request_recall(t, other);
	}
}

void lookup_end(struct topology *t, struct lookup *lookup, struct asker **woken)
{
	if (lookup->probe)
		t->probing = false;
	lookup_end_waits(&lookup->waits, woken);
	lookup_remove(&t->lookups, lookup, clock_now().mono_ms);
	topology_send(t);
}

/* Once for each reason, and not too often: each text has its failure. */
static void tell_failure(struct topology *t, const struct lookup *lookup, const char *why)
{
	int64_t now_ms = clock_now().mono_ms;
	bool is_new = strncmp(t->counters.error, why, sizeof(t->counters.error) - 1) != 0;

	snprintf(t->counters.error, sizeof(t->counters.error), "%.255s", why);
	if (!t->log || !is_new || now_ms < t->tell_at_ms)
		return;
	t->tell_at_ms = now_ms + t->error_ttl_ms;
	log_write(t->log, LOG_WARNING,
		  "topology=failed analyzer=" STR_FMT " error=\"%s\" records lack this "
		  "answer",
		  STR_ARG(buf_str(&lookup->analyzer->name)), LOG_QUOTED(why));
}

static void keep_failure(struct topology *t, const struct lookup *lookup)
{
	struct str text = { lookup->text, lookup->text_len };

	t->counters.failed++;
	topology_keep(t, text, NULL, lookup->asked_ms);
}

void lookup_failed(struct lookup *lookup, const struct err *err, struct asker **woken)
{
	struct topology *t = lookup->topology;

	tell_failure(t, lookup, err->text);
	keep_failure(t, lookup);
	lookup_end(t, lookup, woken);
}

static void close_all(struct topology *t, struct lookup *lookup, struct asker **woken)
{
	t->closed = true;
	lookups_end_waits(&t->lookups, woken);
	lookup_end(t, lookup, woken);
}

void lookup_unanswered(struct lookup *lookup, int status, const struct err *err,
		       struct asker **woken)
{
	struct topology *t = lookup->topology;
	int64_t now_ms = clock_now().mono_ms;
	struct analyzer *next = analyzers_next(&t->analyzers, lookup->tried);

	if (status == -ECANCELED || t->closed) {
		close_all(t, lookup, woken);
		return;
	}
	if (status == -ETIMEDOUT && is_alone(lookup) && !next) {
		lookup_failed(lookup, err, woken);
		return;
	}
	if (status != -ETIMEDOUT || !is_alone(lookup))
		note_silence(t, lookup->analyzer, err->text, now_ms);
	if (next) {
		lookup->analyzer = next;
		lookup->is_second = false;
		lookup_start(lookup, now_ms);
		return;
	}
	snprintf(t->counters.error, sizeof(t->counters.error), "%.255s", err->text);
	keep_failure(t, lookup);
	lookup_end_waits(&lookup->waits, woken);
	go_down(t, lookup, err->text, woken);
	lookup_end(t, lookup, woken);
}

void topology_wake(struct topology *t, struct asker *woken)
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

void topology_settled(struct topology *t, struct asker *woken)
{
	topology_wake(t, woken);
	pthread_mutex_lock(&t->lock);
	t->replies--;
	pthread_cond_broadcast(&t->calm);
	pthread_mutex_unlock(&t->lock);
}
