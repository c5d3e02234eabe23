/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_private.h - the source kafka: what its files share. */
#ifndef SOURCE_KAFKA_PRIVATE_H
#define SOURCE_KAFKA_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/log_once.h"
#include "net/kafka_consume.h"
#include "net/kafka_security.h"
#include "source/outage.h"
#include "source/registry.h"
#include "source/shard.h"

#define KAFKA_SETTINGS_MAX ((size_t)256 << 10)

/* Of a topic whose times are not its brokers'. */
#define KAFKA_SOURCE_TIMES                                                               \
	"topic %s has times of its producers: set its "                                  \
	"message.timestamp.type=LogAppendTime, and begin with messages that were "       \
	"written after that"

struct kafka_source_options {
	struct kafka_security security;
	struct map_of_str settings; /* of librdkafka, by its own names */
};

extern const struct shape kafka_source_shape;

/* What a URL names; they point into it. */
struct kafka_source_name {
	struct str brokers, topic, group;
};
int kafka_source_name(const struct url *, struct kafka_source_name *, struct err *);
/* See struct source. */
int kafka_source_copy(void *options, struct arena *);
int kafka_source_check(const struct url *, const void *options, struct err *);
bool kafka_source_advise(const void *options, struct err *);
/* kafka_login.c: what a consumer is made with, in the arena. 0 or -ENOMEM. */
int kafka_source_settings(struct map_of_str *, const struct kafka_source_options *,
			  struct str brokers, struct str password, struct arena *,
			  struct err *);

struct kafka_source {
	struct source_parts parts;
	struct arena arena;
	const char *topic, *group, *member;
	pthread_t thread;
	atomic_bool is_stopping;

	/* Of its thread. */
	struct kafka_consumer *consumer; /* NULL: none yet */
	struct map_of_str settings;	 /* that it was made with, in login */
	struct arena login;
	struct secret secret; /* the password, or the token */
	uint64_t stamp;	      /* of the files with certificates */
	int64_t begun_ms;     /* when the consumer was made, monotonic */
	int64_t retry_ms;     /* not to be opened before, monotonic */
	unsigned generation;  /* of the receivers that its shards have */
	struct shard **shard; /* by partition; NULL: it is not ours */
	int64_t *paused;      /* see shard_pace.h */
	size_t partitions, shard_room, paused_room;
	int64_t now_ms, committed_ms; /* monotonic: now, and the last try to commit */
	bool is_refused;	      /* a topic that cannot be read at all */
	bool has_refused;	      /* a partition, and said why */
	bool has_failed;	      /* a partition could not be begun */
	bool is_spare;		      /* there are more members than partitions */
	int64_t counted_ms;	      /* when that was found out, monotonic */
	struct log_once said;

	/* For its status. */
	struct outage outage;
	atomic_bool is_up;
	_Atomic int64_t connects, gaps, assigned, rebalances, lag, lost, broken, age_ms;
};

/* kafka_probe.c: as a source's probe(), of one that was not started. */
int kafka_source_ask(struct kafka_source *, struct err *remark);
/* kafka_login.c, on its thread. Reads secrets for another consumer; there is none. 0 or
 * -errno with the reason. */
int kafka_source_login(struct kafka_source *, struct err *);
/* Whether a file has changed since, so that another consumer may be let in. */
bool kafka_source_is_stale(struct kafka_source *);

/* kafka_shards.c, on its thread: what the consumer tells. */
int64_t kafka_source_assigned(void *, const struct kafka_commit *);
void kafka_source_revoked(void *, int32_t partition, bool is_lost);
void kafka_source_message(void *, const struct kafka_consumed *);
void kafka_source_at_end(void *, int32_t partition, int64_t offset);
int64_t kafka_source_skipped(void *, int32_t partition, int64_t low, int64_t high);
int64_t kafka_source_next(void *, int32_t partition);
void kafka_source_broken(void *, int32_t partition, int64_t count, const char *why);
/* Cuts, commits, pauses: what is due. -EIO: all is to be begun anew. */
int kafka_source_tick(struct kafka_source *);
void kafka_source_commit(struct kafka_source *);
/* kafka_change.c: whether all is to be begun anew because settings have changed, or were
 * others' at first: what was begun with those is ended. */
bool kafka_source_is_over(struct kafka_source *, bool has_changed);
/* kafka_pace.c: some are paused, or go on. */
void kafka_source_pace(struct kafka_source *);
/* What is made is stored and committed, if that takes no longer. */
void kafka_source_drain(struct kafka_source *, int64_t until_ms);
/* Says a lasting failure, once for each reason, and shows it. */
void kafka_source_fail(struct kafka_source *, const char *why);

#endif
