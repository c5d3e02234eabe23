/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_shards.c - the partitions that a source kafka has: opened and closed with their
 * assignment, cut, committed, and paused while the workers are behind.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/grow.h"
#include "flow/beginning.h"
#include "source/kafka_private.h"
#include "source/shard_place.h"
#include "sys/clock.h"
#include "sys/log.h"

#define PARTITIONS_MAX 100000
#define METADATA_MAX   4096 /* bytes; brokers take no more by default */
#define COMMIT_MS      200
#define DRAIN_STEP_MS  5

static struct shard *shard_of(const struct kafka_source *k, int32_t partition)
{
	return partition >= 0 && (size_t)partition < k->partitions ? k->shard[partition]
								   : NULL;
}

/* false: no memory. */
static bool make_place(struct kafka_source *k, int32_t partition)
{
	size_t count = (size_t)partition + 1;

	if (partition < 0 || partition >= PARTITIONS_MAX)
		return false;
	if (!grow(k->shard, k->shard_room, count) ||
	    !grow(k->paused, k->paused_room, count))
		return false;
	for (; k->partitions < count; k->partitions++) {
		k->shard[k->partitions] = NULL;
		k->paused[k->partitions] = 0;
	}
	return true;
}

static void say_lost(struct kafka_source *k, int32_t partition, int64_t from, int64_t low)
{
	atomic_fetch_add(&k->lost, low - from);
	log_write(k->parts.log, LOG_ERROR,
		  "source=" STR_FMT " partition=%d lost=%" PRId64 " offsets from %" PRId64
		  " on: retention removed them before they were "
		  "read; it must be longer than an outage of the store",
		  STR_ARG(k->parts.url.shown), (int)partition, low - from, from);
}

/* From where it is read: what was committed, or the beginning. */
static int find_place(struct kafka_source *k, const struct kafka_commit *c,
		      struct shard_place *place, struct err *err)
{
	*place = (struct shard_place){ .from = { c->low, SHARD_NO_CLOCK } };
	if (c->offset < 0)
		return 0;
	if (shard_place_read(c->offset, c->metadata, place, err) < 0 ||
	    shard_check(k->parts.shards, place, err) < 0)
		return -EINVAL;
	if (c->low > c->offset)
		say_lost(k, c->partition, c->offset, c->low);
	return 0;
}

/* What a disk or memory did not allow is tried again; what others have committed stays. */
static struct shard *open_shard(struct kafka_source *k, const struct kafka_commit *c,
				struct err *err)
{
	struct shard *s = NULL;
	struct shard_place place;

	if (find_place(k, c, &place, err) < 0)
		return NULL;
	if (make_place(k, c->partition))
		s = shard_open(k->parts.shards, str_of(k->topic), c->partition, &place,
			       err);
	else
		err_set(err, "out of memory");
	k->has_failed |= !s;
	return s;
}

/* Said whenever it is so: it is a change, or members that will never agree. */
static void say_differs(struct kafka_source *k, int32_t partition)
{
	log_write(k->parts.log, LOG_WARNING,
		  "source=" STR_FMT " partition=%d settings=differ it was begun with "
		  "others, and what is begun is ended with them; all members of a group "
		  "must have the same",
		  STR_ARG(k->parts.url.shown), (int)partition);
}

int64_t kafka_source_assigned(void *context, const struct kafka_commit *c)
{
	struct kafka_source *k = context;
	struct err err = ERR_INIT;
	struct shard *s;

	kafka_source_revoked(k, c->partition, false);
	s = open_shard(k, c, &err);
	atomic_fetch_add(&k->rebalances, 1);
	if (!s) {
		k->has_refused = true;
		err_prefix(&err, "partition %d", (int)c->partition);
		kafka_source_fail(k, err.text);
		return -1;
	}
	k->shard[c->partition] = s;
	k->paused[c->partition] = 0;
	atomic_fetch_add(&k->assigned, 1);
	log_write(k->parts.log, LOG_INFO,
		  "source=" STR_FMT " partition=%d state=assigned offset=%" PRId64,
		  STR_ARG(k->parts.url.shown), (int)c->partition, shard_next(s));
	if (shard_is_ending(s))
		say_differs(k, c->partition);
	return c->low > shard_next(s) ? c->low : shard_next(s);
}

static void forget_shard(struct kafka_source *k, int32_t partition)
{
	shard_close(k->shard[partition]);
	k->shard[partition] = NULL;
	atomic_fetch_sub(&k->assigned, 1);
}

void kafka_source_revoked(void *context, int32_t partition, bool is_lost)
{
	struct kafka_source *k = context;

	if (!shard_of(k, partition))
		return;
	atomic_fetch_add(&k->rebalances, 1);
	atomic_fetch_add(&k->gaps, is_lost);
	log_write(k->parts.log, is_lost ? LOG_WARNING : LOG_INFO,
		  "source=" STR_FMT " partition=%d state=%s what was not stored is read "
		  "again by whoever gets it",
		  STR_ARG(k->parts.url.shown), (int)partition,
		  is_lost ? "lost" : "revoked");
	forget_shard(k, partition);
}

/* One time from the future would stop its clock for ever. */
static void refuse_topic(struct kafka_source *k, int32_t partition)
{
	char why[OUTAGE_WHY_MAX];

	snprintf(why, sizeof(why), KAFKA_SOURCE_TIMES, k->topic);
	k->is_refused = true;
	kafka_source_fail(k, why);
	kafka_consumer_pause(k->consumer, partition, true);
	forget_shard(k, partition);
}

/* Its header is asked for only where it may have any: that costs more than the rest. */
static struct str format_of(const struct kafka_source *k, const struct kafka_consumed *m)
{
	switch (beginning_of(m->value)) {
	case BEGINNING_JSON:
		return STR(SHARD_FLOW_JSON);
	case BEGINNING_PROTOBUF:
		return STR(SHARD_FLOW_PROTOBUF);
	case BEGINNING_ANY:
		break;
	}
	return kafka_consumer_format(k->consumer, m);
}

void kafka_source_message(void *context, const struct kafka_consumed *m)
{
	struct kafka_source *k = context;
	struct shard *s = shard_of(k, m->partition);

	if (!s)
		return;
	if (m->is_append_time)
		shard_take(s, m->offset, m->time_ms, m->value, format_of(k, m),
			   k->now_ms);
	else
		refuse_topic(k, m->partition);
}

void kafka_source_at_end(void *context, int32_t partition, int64_t offset)
{
	struct shard *s = shard_of(context, partition);

	if (s)
		shard_at_end(s, offset);
}

/* Its offsets are given a second time, and objects of the first have their names. */
static void refuse_partition(struct kafka_source *k, int32_t partition, int64_t high)
{
	char why[OUTAGE_WHY_MAX];

	snprintf(why, sizeof(why),
		 "partition %d of topic %s ends at offset %" PRId64
		 ", and was read until "
		 "%" PRId64 ": it was made anew or has lost its end; "
		 "name a topic that has another name",
		 (int)partition, k->topic, high, shard_next(k->shard[partition]));
	k->is_refused = true;
	kafka_source_fail(k, why);
	forget_shard(k, partition);
}

int64_t kafka_source_skipped(void *context, int32_t partition, int64_t low, int64_t high)
{
	struct kafka_source *k = context;
	struct shard *s = shard_of(k, partition);

	if (!s)
		return -1;
	if (shard_next(s) > high) {
		refuse_partition(k, partition, high);
		return -1;
	}
	if (low <= shard_next(s))
		return shard_next(s);
	say_lost(k, partition, shard_next(s), low);
	return low;
}

int64_t kafka_source_next(void *context, int32_t partition)
{
	struct shard *s = shard_of(context, partition);

	return s ? shard_next(s) : -1;
}

void kafka_source_broken(void *context, int32_t partition, int64_t count, const char *why)
{
	struct kafka_source *k = context;
	struct shard *s = shard_of(k, partition);

	if (!s)
		return;
	atomic_fetch_add(&k->broken, count);
	log_write(k->parts.log, LOG_ERROR,
		  "source=" STR_FMT " partition=%d broken=%" PRId64
		  " offsets from %" PRId64
		  " on: they cannot be read, and are passed over: %s; check the disks of "
		  "the brokers",
		  STR_ARG(k->parts.url.shown), (int)partition, count, shard_next(s), why);
	shard_pass(s, shard_next(s) + count);
}

/* What all shards want to have committed, at once. */
struct commits {
	struct kafka_commit *commit;
	struct shard **shard;
	struct buf *text;
	size_t count;
};

static void add_commit(struct commits *c, struct shard *s,
		       const struct shard_place *place)
{
	struct buf *text = &c->text[c->count];

	*text = (struct buf)BUF_INIT(METADATA_MAX);
	shard_place_write(place, text);
	c->shard[c->count] = s;
	c->commit[c->count++] = (struct kafka_commit){
		.partition = shard_partition(s),
		.offset = place->from.offset,
		.metadata = buf_str(text),
	};
}

static void commit_all(struct kafka_source *k, struct commits *c)
{
	struct err err = ERR_INIT;
	size_t i;
	int error;

	if (!c->count)
		return;
	error = kafka_consumer_commit(k->consumer, c->commit, c->count, &err);
	for (i = 0; i < c->count; i++)
		shard_committed(c->shard[i], error == 0);
	if (error)
		log_write(k->parts.log, LOG_INFO,
			  "source=" STR_FMT " commit=\"%s\" it is tried again",
			  STR_ARG(k->parts.url.shown), LOG_QUOTED(err.text));
}

void kafka_source_commit(struct kafka_source *k)
{
	struct commits c = {
		.commit = calloc(k->partitions, sizeof(*c.commit)),
		.shard = calloc(k->partitions, sizeof(struct shard *)),
		.text = calloc(k->partitions, sizeof(*c.text)),
	};
	struct shard_place place;
	size_t i;

	for (i = 0; c.commit && c.shard && c.text && i < k->partitions; i++)
		if (k->shard[i] && shard_wants(k->shard[i], &place))
			add_commit(&c, k->shard[i], &place);
	commit_all(k, &c);
	for (i = 0; i < c.count; i++)
		buf_fini(&c.text[i]);
	free(c.commit);
	free(c.shard);
	free(c.text);
}

static void measure(struct kafka_source *k)
{
	int64_t lag = 0, age_ms = 0;
	size_t i;

	for (i = 0; i < k->partitions; i++) {
		int64_t high, shard_ms;

		if (!k->shard[i])
			continue;
		high = kafka_consumer_high(k->consumer, (int32_t)i);
		if (high > shard_next(k->shard[i]))
			lag += high - shard_next(k->shard[i]);
		shard_ms = shard_age_ms(k->shard[i], k->now_ms);
		if (shard_ms > age_ms)
			age_ms = shard_ms;
	}
	atomic_store(&k->lag, lag);
	atomic_store(&k->age_ms, age_ms);
}

static bool any_has_failed(const struct kafka_source *k)
{
	size_t i;

	for (i = 0; i < k->partitions; i++)
		if (k->shard[i] && shard_has_failed(k->shard[i]))
			return true;
	return false;
}

int kafka_source_tick(struct kafka_source *k)
{
	size_t i;

	for (i = 0; i < k->partitions; i++)
		if (k->shard[i])
			shard_tick(k->shard[i], k->now_ms);
	kafka_source_pace(k);
	if (k->now_ms - k->committed_ms < COMMIT_MS)
		return 0;
	kafka_source_commit(k);
	measure(k);
	k->committed_ms = clock_now().mono_ms;
	if (any_has_failed(k))
		kafka_source_fail(
			k, "without memory, or without files of the spool that "
			   "others have removed: what was not stored is read again");
	return k->has_failed || any_has_failed(k) ? -EIO : 0;
}
