/* SPDX-License-Identifier: Apache-2.0 */
/* asker.c - the side of topology.h that asks. */
#include <stdlib.h>
#include "base/grow.h"
#include "sys/clock.h"
#include "topology/topology_private.h"

static const struct answer nothing;
static const struct answer unknown = { .is_unknown = true };

/* Holds the answer for the asker until it releases. false: no memory. */
static bool asker_hold(struct asker *asker, struct shared_answer *a)
{
	if (!grow(asker->held, asker->held_room, asker->held_count + 1))
		return false;
	asker->held[asker->held_count++] = shared_answer_ref(a);
	return true;
}

/* While down: whether this text is the one that finds out. */
static bool is_probe_due(const struct topology *t, int64_t now_ms)
{
	return t->counters.down && !t->probing && now_ms >= t->probe_at_ms;
}

static void begin_probe(struct topology *t, struct asker *asker, struct str text)
{
	struct lookup *lookup = lookup_add(&t->lookups, asker, text);

	if (!lookup)
		return;
	lookup->probe = true;
	t->probing = true;
	topology_send(t);
}

/* NULL when the asker has to wait. */
static const struct answer *asker_ask(struct topology *t, struct asker *asker,
				      struct str text, int64_t now_ms,
				      struct asker **woken)
{
	struct lookup *lookup;

	if (!t->http || !t->analyzers.count)
		return &nothing;
	if (t->closed)
		return &unknown;
	if (t->mode == MODE_MIRROR && t->mirror && mirror_is_awaited(t->mirror) &&
	    !asker->gave_up)
		return lookup_wait(&t->mirror_waits, asker) ? &unknown : NULL;
	topology_notice_silence(t, now_ms, woken);
	lookup = lookup_find(&t->lookups, text);
	if (!lookup && is_probe_due(t, now_ms))
		begin_probe(t, asker, text);
	if (t->counters.down || asker->gave_up)
		return &unknown;
	if (!lookup && !allowance_take(&asker->allowance, 1, now_ms)) {
		asker->limited++;
		return &unknown;
	}
	if (lookup)
		lookup_join(&t->lookups, lookup, asker, now_ms);
	else
		lookup = lookup_add(&t->lookups, asker, text);
	if (!lookup || lookup_wait(&lookup->waits, asker))
		return &unknown;
	t->counters.waited++;
	topology_send(t);
	return NULL;
}

static const struct answer *asker_find(struct answers *answers, struct str text)
{
	struct asker *asker = (struct asker *)answers;
	struct topology *t = asker->topology;
	const struct answer *found = &unknown;
	int64_t now_ms = clock_now().mono_ms;
	struct asker *woken = NULL;
	bool is_degraded;
	struct shared_answer *a;

	pthread_mutex_lock(&t->lock);
	a = map_get(t->cache, text, now_ms);
	is_degraded = a == t->failure;
	if (a) {
		t->counters.hit++;
		if (asker_hold(asker, a))
			found = &a->answer;
	} else {
		t->counters.miss++;
		found = asker_ask(t, asker, text, now_ms, &woken);
		is_degraded = found != NULL;
	}
	t->counters.degraded += is_degraded;
	asker->degraded += is_degraded;
	pthread_mutex_unlock(&t->lock);
	topology_wake(t, woken);
	return found;
}

static void release_held(struct asker *asker)
{
	while (asker->held_count)
		shared_answer_unref(asker->held[--asker->held_count]);
}

static void asker_release(struct answers *answers)
{
	struct asker *asker = (struct asker *)answers;

	pthread_mutex_lock(&asker->topology->lock);
	release_held(asker);
	asker->topology->counters.mirrored += asker->mirrored;
	asker->mirrored = 0;
	pthread_mutex_unlock(&asker->topology->lock);
}

/* What failed is still not asked for again before its time. */
static void asker_renew(struct answers *answers, struct str text, int64_t before_ms,
			bool only_empty)
{
	struct topology *t = ((struct asker *)answers)->topology;
	const struct shared_answer *a;

	if (!t->http)
		return;
	pthread_mutex_lock(&t->lock);
	a = map_get(t->cache, text, clock_now().mono_ms);
	if (a && a != t->failure && a->since_ms < before_ms &&
	    !(only_empty && a->answer.count))
		map_remove(t->cache, text);
	pthread_mutex_unlock(&t->lock);
}

void asker_init(struct asker *asker, struct topology *t, void (*wake)(void *),
		void *context)
{
	*asker = (struct asker){
		.answers = { .find = asker_find,
			     .release = asker_release,
			     .renew = asker_renew,
			     .known = t->mirror && t->mode == MODE_MIRROR ? asker_known
									  : NULL,
			     .version = t->mirror && t->mode == MODE_MIRROR
						? asker_version
						: NULL,
			     .heard = t->mirror && t->mode == MODE_SHADOW ? asker_heard
									  : NULL },
		.topology = t,
		.wake = wake,
		.context = context,
	};
}

static void asker_withdraw(struct asker *asker)
{
	lookup_withdraw(&asker->topology->mirror_waits, asker);
	lookups_withdraw(&asker->topology->lookups, asker);
}

void asker_fini(struct asker *asker)
{
	struct topology *t = asker ? asker->topology : NULL;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	asker_withdraw(asker);
	lookups_disown(&t->lookups, asker);
	while (asker->waking)
		pthread_cond_wait(&t->calm, &t->lock);
	release_held(asker);
	pthread_mutex_unlock(&t->lock);
	free(asker->held);
	*asker = (struct asker){ .topology = NULL };
}

void asker_give_up(struct asker *asker, bool gave_up)
{
	pthread_mutex_lock(&asker->topology->lock);
	asker->gave_up = gave_up;
	if (gave_up)
		asker_withdraw(asker);
	pthread_mutex_unlock(&asker->topology->lock);
}

void asker_limit(struct asker *asker, int64_t per_second, int64_t burst)
{
	pthread_mutex_lock(&asker->topology->lock);
	allowance_init(&asker->allowance, per_second, burst);
	pthread_mutex_unlock(&asker->topology->lock);
}

uint64_t asker_take_degraded(struct asker *asker, uint64_t *limited)
{
	uint64_t degraded;

	pthread_mutex_lock(&asker->topology->lock);
	degraded = asker->degraded;
	*limited = asker->limited;
	asker->degraded = asker->limited = 0;
	pthread_mutex_unlock(&asker->topology->lock);
	return degraded;
}
