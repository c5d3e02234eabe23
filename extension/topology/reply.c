/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - what a reply to a lookup changes. */
#include <errno.h>
#include "sys/clock.h"
#include "topology/topology_private.h"

#define SHORT_BYTES ((size_t)16 << 10) /* read in no time, whatever is in it */

/* Where it hung it is not asked again; nobody may want to know any more. */
static void reply_ask_anew(struct lookup *lookup, struct asker **woken)
{
	struct topology *t = lookup->topology;
	struct analyzer *next = analyzers_next(&t->analyzers, lookup->tried);

	lookup->is_stale = false;
	lookup->is_second = false;
	if (!next || !lookup->waits) {
		lookup_end(t, lookup, woken);
		return;
	}
	lookup->analyzer = next;
	lookup_start(lookup, clock_now().mono_ms);
}

static bool reply_is_silent(int status)
{
	return status >= 500 || (status < 0 && status != -EFBIG && status != -ENOMEM);
}

/* Everything a reply changes; takes the answer. */
static void reply_settle(struct lookup *lookup, struct shared_answer *a, struct err *err,
			 struct asker **woken)
{
	struct topology *t = lookup->topology;
	struct str text = { lookup->text, lookup->text_len };
	int status = lookup->request.status;
	int64_t now_ms = clock_now().mono_ms;

	if (status == -ECANCELED && lookup->is_stale && !t->closed) {
		reply_ask_anew(lookup, woken);
		return;
	}
	if (reply_is_silent(status)) {
		lookup_unanswered(lookup, status, err, woken);
		return;
	}
	if (status != -ENOMEM)
		lookup_answered(t, lookup);
	if ((status == 401 || status == 405) && login_helps(t, lookup, now_ms, err))
		return;
	if (status > 0)
		lookup->analyzer->answered_ms = now_ms;
	if (lookup->is_fetch) {
		lookup_end(t, lookup, woken);
		return;
	}
	if (!a) {
		lookup_failed(lookup, err, woken);
		return;
	}
	t->counters.empty += a->answer.count == 0 && !a->answer.value.ptr;
	topology_keep(t, text, a, now_ms);
	lookup_end(t, lookup, woken);
}

/* It is counted among the replies, and the lookup may be gone after it. */
static void reply_read(struct topology *t, struct lookup *lookup)
{
	const struct http_request *r = &lookup->request;
	struct shared_answer *a = NULL;
	struct asker *woken = NULL;
	struct err err = ERR_INIT;

	if (lookup->is_fetch && r->status != -ECANCELED)
		mirror_fetched(t->mirror, r->status, buf_str(&r->reply));
	if (r->status > 0 && !lookup->is_fetch)
		a = gremlin_read(r->status, buf_str(&r->reply), &err);
	else if (r->status <= 0)
		err_set(&err, "%s", r->error);
	pthread_mutex_lock(&t->lock);
	reply_settle(lookup, a, &err, &woken);
	pthread_mutex_unlock(&t->lock);
	topology_settled(t, woken);
}

static struct lookup *take_long(struct topology *t)
{
	struct lookup *lookup;

	pthread_mutex_lock(&t->lock);
	lookup = t->long_replies;
	if (lookup)
		t->long_replies = lookup->next_long;
	if (!t->long_replies)
		t->long_replies_end = &t->long_replies;
	pthread_mutex_unlock(&t->lock);
	return lookup;
}

void topology_read_replies(struct task *task, struct now now)
{
	struct topology *t = (struct topology *)((char *)task -
						 offsetof(struct topology, reader));
	struct lookup *lookup;

	(void)now;
	while ((lookup = take_long(t)))
		reply_read(t, lookup);
}

void topology_replied(struct http_request *r)
{
	struct lookup *lookup = r->context;
	struct topology *t = lookup->topology;
	bool is_long = r->status > 0 && (r->reply.len > SHORT_BYTES || lookup->is_fetch);

	pthread_mutex_lock(&t->lock);
	t->replies++;
	if (is_long) {
		lookup->next_long = NULL;
		*t->long_replies_end = lookup;
		t->long_replies_end = &lookup->next_long;
	}
	pthread_mutex_unlock(&t->lock);
	if (is_long)
		workers_wake(t->readers, &t->reader);
	else
		reply_read(t, lookup);
}
