/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - see lookup.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/now.h"
#include "net/credentials.h"
#include "topology/gremlin.h"
#include "topology/lookup.h"

#define LOOKUPS_MAX 65536
#define BODY_MAX    (1024 * 1024)
#define COOKIE_MAX  (64 * 1024)
/* For those that wait for no more than a few texts; one part of all. */
#define FEW	    1024
#define FEW_PART    4
#define SLOW_MS	    60000 /* after what was late */

static struct lookup *queue_take(struct lookups *l)
{
	struct heap_node *first = heap_first(&l->queue);

	if (first)
		heap_remove(&l->queue, first);
	return (struct lookup *)first;
}

/* The next of all. */
static struct lookup *take_any(struct lookups *l)
{
	struct lookup *first = (struct lookup *)heap_first(&l->queue), *held = l->held;

	if (!held || (first && first->place.key <= held->place.key))
		return queue_take(l);
	l->held = held->next;
	if (!l->held)
		l->held_end = &l->held;
	return held;
}

static void hold(struct lookups *l, struct lookup *lookup)
{
	lookup->next = NULL;
	*l->held_end = lookup;
	l->held_end = &lookup->next;
}

/* Those of this owner are as good as others again. */
static void let_go(struct lookups *l, const struct asker *owner)
{
	struct lookup **at = &l->held, *lookup;

	while ((lookup = *at))
		if (lookup->owner == owner && heap_put(&l->queue, &lookup->place))
			*at = lookup->next;
		else
			at = &lookup->next;
	l->held_end = at;
}

bool lookups_wait(const struct lookups *l)
{
	return heap_first(&l->queue) || l->held;
}

int lookups_init(struct lookups *l)
{
	*l = (struct lookups){ .by_text = map_new(SIZE_MAX, SIZE_MAX, NULL) };
	l->held_end = &l->held;
	return l->by_text ? 0 : -ENOMEM;
}

static void lookup_free(struct lookup *lookup)
{
	lookup_drop_waits(&lookup->waits);
	buf_fini(&lookup->body);
	credentials_forget(&lookup->cookie);
	buf_fini(&lookup->request.reply);
	free(lookup);
}

void lookups_fini(struct lookups *l)
{
	struct lookup *lookup;

	while ((lookup = take_any(l)))
		lookup_free(lookup);
	heap_fini(&l->queue);
	map_free(l->by_text);
}

static struct str text_of(const struct lookup *lookup)
{
	return (struct str){ lookup->text, lookup->text_len };
}

struct lookup *lookup_find(struct lookups *l, struct str text)
{
	return map_get(l->by_text, text, 0);
}

/* The map adds the key. */
static size_t lookup_bytes(const struct lookup *lookup)
{
	return sizeof(*lookup) + lookup->text_len + lookup->body.cap;
}

static bool has_room(const struct lookups *l, const struct asker *asker, size_t len)
{
	size_t part = asker->pending < FEW ? FEW_PART : FEW_PART - 1;

	return map_count(l->by_text) < LOOKUPS_MAX / FEW_PART * part &&
	       len <= LOOKUPS_BYTES / FEW_PART &&
	       map_bytes(l->by_text) <= LOOKUPS_BYTES / FEW_PART * part - len;
}

struct lookup *lookup_add(struct lookups *l, struct asker *asker, struct str text)
{
	struct lookup *lookup;

	if (!has_room(l, asker, text.len))
		return NULL;
	lookup = calloc(1, sizeof(*lookup) + text.len);
	if (!lookup)
		return NULL;
	lookup->body = (struct buf)BUF_INIT(BODY_MAX);
	lookup->cookie = (struct buf)BUF_INIT(COOKIE_MAX);
	gremlin_put_body(&lookup->body, text);
	lookup->topology = asker->topology;
	lookup->owner = asker;
	lookup->text_len = text.len;
	if (text.len)
		memcpy(lookup->text, text.ptr, text.len);
	lookup->place.order = l->serial++;
	lookup->place.key = 1 + (asker->turn > l->turn ? asker->turn : l->turn);
	if (buf_error(&lookup->body) ||
	    map_put(l->by_text, text, lookup, lookup_bytes(lookup), NEVER_MS)) {
		lookup_free(lookup);
		return NULL;
	}
	if (!heap_put(&l->queue, &lookup->place)) {
		map_remove(l->by_text, text);
		lookup_free(lookup);
		return NULL;
	}
	asker->turn = lookup->place.key;
	return lookup;
}

static bool is_late(const struct lookup *lookup, int64_t now_ms)
{
	return now_ms - lookup->asked_ms >= LOOKUP_LATE_MS;
}

size_t lookups_late(const struct lookups *l, int64_t now_ms)
{
	const struct lookup *lookup;
	size_t late = 0;

	for (lookup = l->running; lookup; lookup = lookup->next)
		late += is_late(lookup, now_ms);
	return late;
}

int64_t lookups_late_ms(const struct lookups *l, int64_t now_ms)
{
	const struct lookup *lookup;
	int64_t next_ms = NEVER_MS;

	for (lookup = l->running; lookup; lookup = lookup->next)
		if (!is_late(lookup, now_ms) &&
		    lookup->asked_ms + LOOKUP_LATE_MS < next_ms)
			next_ms = lookup->asked_ms + LOOKUP_LATE_MS;
	return next_ms;
}

/* Nobody knows yet what its next questions are like: so it gets a few places only, and
 * one if others were late before. */
static bool is_quick(const struct lookups *l, const struct asker *asker, size_t most,
		     int64_t now_ms)
{
	const struct lookup *lookup;
	size_t running = 0;

	if (asker->late_ms && now_ms - asker->late_ms < SLOW_MS)
		most = 1;
	for (lookup = l->running; lookup; lookup = lookup->next) {
		if (lookup->owner != asker)
			continue;
		if (is_late(lookup, now_ms))
			return false;
		running++;
	}
	return running < most;
}

static bool is_wanted(const struct lookup *lookup)
{
	return lookup->waits || lookup->probe || lookup->is_fetch;
}

static void drop(struct lookups *l, struct lookup *lookup)
{
	map_remove(l->by_text, text_of(lookup));
	lookup_free(lookup);
}

/* Whether its owner may run it; if that has become slow since, it is another's who waits
 * for it, too. */
static bool may_run(const struct lookups *l, struct lookup *lookup, size_t of_each,
		    int64_t now_ms)
{
	const struct lookup_wait *w;

	if (!lookup->owner || is_quick(l, lookup->owner, of_each, now_ms))
		return true;
	for (w = lookup->waits; w; w = w->next)
		if (w->asker != lookup->owner &&
		    is_quick(l, w->asker, SIZE_MAX, now_ms)) {
			lookup->owner = w->asker;
			return is_quick(l, w->asker, of_each, now_ms);
		}
	return false;
}

/* The first that somebody waits for; with of_each, of who is quick. */
static struct lookup *take_wanted(struct lookups *l, size_t of_each, int64_t now_ms)
{
	struct lookup *lookup;

	while ((lookup = of_each ? queue_take(l) : take_any(l))) {
		if (!is_wanted(lookup))
			drop(l, lookup);
		else if (of_each && !may_run(l, lookup, of_each, now_ms))
			hold(l, lookup);
		else
			break;
	}
	return lookup;
}

void lookup_join(struct lookups *l, struct lookup *lookup, struct asker *asker,
		 int64_t now_ms)
{
	struct lookup **at;

	if (lookup->running || lookup->owner == asker ||
	    (heap_has(&lookup->place) && lookup->owner &&
	     is_quick(l, lookup->owner, SIZE_MAX, now_ms)))
		return;
	lookup->owner = asker;
	if (heap_has(&lookup->place))
		return;
	for (at = &l->held; *at != lookup; at = &(*at)->next)
		;
	*at = lookup->next;
	if (l->held_end == &lookup->next)
		l->held_end = at;
	if (!heap_put(&l->queue, &lookup->place))
		hold(l, lookup);
}

struct lookup *lookups_run_next(struct lookups *l, size_t of_each, int64_t now_ms)
{
	struct lookup *lookup = take_wanted(l, of_each, now_ms);

	if (!lookup)
		return NULL;
	l->turn = lookup->place.key;
	lookup->running = true;
	lookup->next = l->running;
	l->running = lookup;
	l->running_count++;
	return lookup;
}

void lookup_remove(struct lookups *l, struct lookup *lookup, int64_t now_ms)
{
	struct asker *owner = lookup->owner;
	struct lookup **at;

	if (owner && is_late(lookup, now_ms))
		owner->late_ms = now_ms;
	for (at = &l->running; *at != lookup; at = &(*at)->next)
		;
	*at = lookup->next;
	l->running_count--;
	drop(l, lookup);
	let_go(l, owner);
}

void lookups_end_waits(struct lookups *l, struct asker **woken)
{
	struct lookup *lookup;

	for (lookup = l->running; lookup; lookup = lookup->next)
		lookup_end_waits(&lookup->waits, woken);
	while ((lookup = take_any(l))) {
		lookup_end_waits(&lookup->waits, woken);
		map_remove(l->by_text, text_of(lookup));
		lookup_free(lookup);
	}
}

/* Of what is held nobody else would find that it is not wanted any more. */
static void withdraw_held(struct lookups *l, const struct asker *asker)
{
	struct lookup **at = &l->held, *lookup;

	while ((lookup = *at)) {
		lookup_withdraw(&lookup->waits, asker);
		if (is_wanted(lookup)) {
			at = &lookup->next;
			continue;
		}
		*at = lookup->next;
		drop(l, lookup);
	}
	l->held_end = at;
}

void lookups_withdraw(struct lookups *l, struct asker *asker)
{
	struct lookup *lookup;
	size_t i;

	if (!asker->pending)
		return;
	for (lookup = l->running; lookup; lookup = lookup->next)
		lookup_withdraw(&lookup->waits, asker);
	for (i = 0; i < l->queue.count; i++)
		lookup_withdraw(&((struct lookup *)l->queue.node[i])->waits, asker);
	withdraw_held(l, asker);
	asker->pending = 0;
}

static void disown(struct lookup *lookup, const struct asker *asker)
{
	if (lookup->owner == asker)
		lookup->owner = NULL;
}

void lookups_disown(struct lookups *l, const struct asker *asker)
{
	struct lookup *lookup;
	size_t i;

	for (lookup = l->running; lookup; lookup = lookup->next)
		disown(lookup, asker);
	for (lookup = l->held; lookup; lookup = lookup->next)
		disown(lookup, asker);
	for (i = 0; i < l->queue.count; i++)
		disown((struct lookup *)l->queue.node[i], asker);
	let_go(l, NULL);
}
