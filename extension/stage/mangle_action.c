/* SPDX-License-Identifier: Apache-2.0 */
/* mangle_action.c - "accept" or "reject" for VPC flow logs, from two capture
 * points around what filters; see action_pair.h.
 *
 * Connections of different tags have nothing to do with each other. Each message
 * of a tag is a round: connections that are in it are looked at, and those whose
 * reject_timeout is over. Without messages that happens every 20 s, as does the
 * forgetting of what is over; what nobody has heard of for 10 minutes goes, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include "base/map.h"
#include "stage/action_pair.h"
#include "stage/registry.h"

#define PAIRS_MAX     100000
#define PAIR_BYTES    1024 /* about, without its text */
#define PAIRS_BYTES   ((size_t)PAIRS_MAX * (PAIR_BYTES + 512)) /* of a tag, with it */
#define SWEEP_MS      20000
#define FORGET_MS     600000
#define TIMEOUT_USUAL 5000

/* The connections of a tag, in the order of their first sight. */
TAILQ_HEAD(connections, connection);

struct connection {
	TAILQ_ENTRY(connection) link;
	struct connections *list;
	struct pair pair;
	bool is_touched; /* in this round */
	size_t bytes;	 /* as the map counts them */
	size_t key_len;
	char key[];
};

struct tag_state {
	struct map *by_key; /* L3TrackingID */
	struct connections list;
	int64_t swept_ms;
};

struct action {
	struct str tid1, tid2;
	int64_t reject_timeout_ms;

	struct tag_state tag[TAG_COUNT];
};

static const struct action action_defaults = { .reject_timeout_ms = TIMEOUT_USUAL };

static const struct shape action_shape = {
	.name = "action",
	.size = sizeof(struct action),
	.defaults = &action_defaults,
	.fields =
		(const struct field[]){
			OPTION(struct action, tid1, "tid1", 0,
			       "TID of the interface of one capture point"),
			OPTION(struct action, tid2, "tid2", 0,
			       "TID of the interface of the other"),
			OPTION_RANGE(struct action, reject_timeout_ms, "reject_timeout",
				     FIELD_SECONDS, 0, INT64_C(86400000),
				     "how long one point alone may have seen it"),
			{ 0 },
		},
};

static void free_connection(void *value)
{
	struct connection *c = value;

	TAILQ_REMOVE(c->list, c, link);
	pair_fini(&c->pair);
	free(c);
}

static int need_tid(struct str tid, const char *key, struct err *err)
{
	if (tid.len)
		return 0;
	err_also(err);
	return err_set_key(err, key,
			   "must be set: the TID of the interface of a capture "
			   "point, as in NodeTID of its flows");
}

static int action_init(void *state, struct err *err)
{
	struct action *self = state;
	int first = need_tid(self->tid1, "tid1", err);
	int second = need_tid(self->tid2, "tid2", err);
	int tag;

	if (first || second)
		return -EINVAL;
	if (!self->reject_timeout_ms)
		self->reject_timeout_ms = TIMEOUT_USUAL;
	for (tag = 0; tag < TAG_COUNT; tag++) {
		TAILQ_INIT(&self->tag[tag].list);
		self->tag[tag].by_key = map_new(PAIRS_MAX, PAIRS_BYTES, free_connection);
		if (!self->tag[tag].by_key)
			return err_set(err, "out of memory");
	}
	return 0;
}

static void action_fini(void *state)
{
	struct action *self = state;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++)
		map_free(self->tag[tag].by_key);
}

static struct str action_key_of(const struct flow *flow)
{
	return flow->l3_tracking_id.len ? flow->l3_tracking_id : flow->uuid;
}

/* NULL: no memory. */
static struct connection *action_find(struct tag_state *tag, struct str key,
				      int64_t now_ms)
{
	struct connection *c = map_get(tag->by_key, key, now_ms);

	if (c)
		return c;
	c = calloc(1, sizeof(*c) + key.len);
	if (!c)
		return NULL;
	c->pair.since_ms = now_ms;
	c->list = &tag->list;
	c->key_len = key.len;
	if (key.len)
		memcpy(c->key, key.ptr, key.len);
	TAILQ_INSERT_TAIL(&tag->list, c, link);
	c->bytes = PAIR_BYTES + key.len;
	return map_put(tag->by_key, key, c, c->bytes, NEVER_MS) == 0 ? c : NULL;
}

/* Others go when its text has grown, or itself. */
static void action_weigh(struct tag_state *tag, struct connection *c)
{
	size_t bytes = PAIR_BYTES + c->key_len + pair_text_bytes(&c->pair);

	if (bytes == c->bytes)
		return;
	c->bytes = bytes;
	map_weigh(tag->by_key, (struct str){ c->key, c->key_len }, bytes);
}

/* Flows of other capture points are no part of this. */
static void action_take(struct action *self, struct tag_state *tag,
			const struct vpclogs *record, int64_t now_ms)
{
	const struct flow *flow = record->flow;
	bool is_one = str_equal(flow->node_tid, self->tid1);
	struct connection *c;

	if (!is_one && !str_equal(flow->node_tid, self->tid2))
		return;
	c = action_find(tag, action_key_of(flow), now_ms);
	if (!c || pair_take(&c->pair, is_one ? 0 : 1, record, now_ms) < 0)
		return;
	c->is_touched = true;
	action_weigh(tag, c);
}

/* A round: what there is to say goes behind the records. */
static void action_report(const struct action *self, struct tag_state *tag,
			  struct records *records, int64_t now_ms)
{
	struct connection *c;
	struct vpclogs *record;

	TAILQ_FOREACH (c, &tag->list, link) {
		/* Most have nothing to say, and a record is long. */
		if (!pair_is_due(&c->pair, c->is_touched, self->reject_timeout_ms,
				 now_ms)) {
			c->is_touched = false;
			continue;
		}
		record = records_add(records, pair_time(&c->pair));
		if (!record)
			return;
		if (!pair_report(&c->pair, c->is_touched, self->reject_timeout_ms, now_ms,
				 records->arena, record))
			records->count--;
		c->is_touched = false;
	}
}

static void action_sweep(struct tag_state *tag, int64_t now_ms)
{
	struct connection *c, *next;

	for (c = TAILQ_FIRST(&tag->list); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (pair_is_over(&c->pair) || now_ms - c->pair.touched_ms >= FORGET_MS)
			map_remove(tag->by_key, (struct str){ c->key, c->key_len });
	}
	tag->swept_ms = now_ms;
}

static void action_apply(void *state, enum tag tag, struct records *records,
			 struct now now)
{
	struct action *self = state;
	struct tag_state *connections = &self->tag[tag];
	size_t count = records->count, i;

	if (TAILQ_EMPTY(&connections->list))
		connections->swept_ms = now.mono_ms;
	for (i = 0; i < count; i++)
		action_take(self, connections, records->item[i], now.mono_ms);
	records->count = 0;
	action_report(self, connections, records, now.mono_ms);
	if (now.mono_ms - connections->swept_ms >= SWEEP_MS)
		action_sweep(connections, now.mono_ms);
}

static int64_t action_tick(void *state, enum tag tag, struct records *records,
			   struct now now)
{
	struct action *self = state;
	struct tag_state *connections = &self->tag[tag];

	if (TAILQ_EMPTY(&connections->list))
		return NEVER_MS;
	if (now.mono_ms - connections->swept_ms >= SWEEP_MS) {
		action_report(self, connections, records, now.mono_ms);
		action_sweep(connections, now.mono_ms);
	}
	return connections->swept_ms + SWEEP_MS;
}

const struct mangle mangle_action = {
	.stage = { .name = "action",
		   .section = "pipeline.action",
		   .state = &action_shape,
		   .init = action_init,
		   .fini = action_fini },
	.record = &vpclogs_shape,
	.apply = action_apply,
	.tick = action_tick,
};
