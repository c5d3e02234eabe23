/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - what a reply to a lookup changes. */
#include <errno.h>
#include "sys/clock.h"
#include "topology/topology_private.h"

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
	if (!a) {
		lookup_failed(lookup, err, woken);
		return;
	}
	t->counters.empty += a->answer.count == 0 && !a->answer.value.ptr;
	topology_keep(t, text, a, now_ms);
	lookup_end(t, lookup, woken);
}

void topology_replied(struct http_request *r)
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
	pthread_mutex_lock(&t->lock);
	t->replies++;
	reply_settle(lookup, a, &err, &woken);
	pthread_mutex_unlock(&t->lock);
	topology_wake(t, woken);
	pthread_mutex_lock(&t->lock);
	t->replies--;
	pthread_cond_broadcast(&t->calm);
	pthread_mutex_unlock(&t->lock);
}
