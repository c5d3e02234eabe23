/* SPDX-License-Identifier: Apache-2.0 */
/* kafka.h - messages to Kafka clusters, each acknowledged.
 *
 * A cluster is one producer of librdkafka and one thread of ours, for all who name the
 * same settings. Who has messages gives it a job. The thread asks the jobs for messages
 * in turn, as long as there is room, and tells each what became of every single one;
 * that a message was taken means nothing. It never waits for a job, and nobody waits
 * for it. What a job that has ended leaves under way is still sent, and known to the
 * next job of its name; a cluster that was closed ends when it has nothing more.
 *
 * Settings with a transactional.id make a producer for jobs that are sent exactly once,
 * one after the other: a job's messages and its name are committed together, and a job
 * whose name was committed before is over without being sent.
 *
 * A producer lost beyond repair (a fatal error; a certificate that cannot be read) is
 * made anew. Messages wait as long as it takes: a job hears of nothing while all brokers
 * are away, and kafka_trouble() says why.
 *
 * Source of outside facts: librdkafka's CONFIGURATION.md and rdkafka.h, of 2.0.2.
 */
#ifndef NET_KAFKA_H
#define NET_KAFKA_H

#include <stdint.h>
#include "base/counter.h"
#include "base/err.h"
#include "format/shape.h"

struct kafka;
struct kafka_cluster;
struct kafka_progress;
struct kafka_job;
struct log;

struct kafka_message {
	struct str key, value; /* copied; a key of NULL: none */
	const struct map_of_str *headers;
	int64_t time_ms; /* Unix ms */
	int64_t at;	 /* comes back in the report */
};

enum kafka_fate {
	KAFKA_WRITTEN,	 /* by as many brokers as must have it */
	KAFKA_TOO_LARGE, /* it, or the batch that it was in */
	KAFKA_FAILED,	 /* for a reason that may pass */
};

struct kafka_report {
	int64_t at;
	enum kafka_fate fate;
	const char *why; /* for a person, unless it was written */
	int64_t mono_ms; /* now, within a turn */
};

enum kafka_step {
	KAFKA_MORE,	/* it has more messages */
	KAFKA_WAIT,	/* for reports, or for room */
	KAFKA_OVER,	/* it ends, whatever may still be reported: for a later one */
	KAFKA_COMPLETE, /* all is written: to be committed, where that is to be done */
	KAFKA_AGAIN,	/* in a transaction: from the beginning, without what was sent */
};

/* All functions are called on the cluster's thread and must not block for long. */
struct kafka_job {
	/* The maker's. */
	const char *topic; /* borrowed; until ended() */
	enum kafka_step (*feed)(struct kafka_job *);
	void (*reported)(struct kafka_job *, const struct kafka_report *);
	void (*failed)(struct kafka_job *, const char *why); /* it was not committed */
	bool (*is_given_up)(struct kafka_job *);	     /* before it can be fed */
	void (*ended)(struct kafka_job *); /* the cluster no longer knows it */
	/* A name that no other job ever has, unless it has the same messages. Of jobs that
	 * are sent exactly once: their group, in which the name is. Borrowed; until
	 * ended(). */
	const char *group, *name;

	/* The cluster's. */
	struct kafka_cluster *cluster;
	struct kafka_job *next;
	void *topic_handle;
	struct kafka_progress *progress;
	int64_t waits_ms;  /* since when another producer has its messages; 0: none has */
	size_t unreported; /* messages; may be read on its thread */
};

/* Nothing is loaded before a cluster is opened. log is borrowed. NULL: no memory. */
struct kafka *kafka_new(struct log *);
/* All clusters are closed; what is still under way is given up. NULL is fine. */
void kafka_free(struct kafka *);

/* Of all clusters, since the start. */
struct kafka_counters {
	int64_t queued; /* now */
	int64_t messages, delivery_seconds, failures, errors, aborts;
};
extern const struct counter counters_of_kafka[];
void kafka_count(const struct kafka *, struct kafka_counters *); /* any thread */

/* Settings of an operator that are not his to set: -EINVAL, and err's key is one. */
int kafka_refuse_settings(const struct map_of_str *, struct err *);
/* Settings by the names of librdkafka, over ours. -EINVAL: the library is missing, or
 * does not take one of them, which is err's key. Nothing is begun. */
int kafka_check(const struct map_of_str *settings, struct err *);

/* The cluster of those settings, which are copied, and of files that have this stamp:
 * another one when they have changed. NULL: see err. */
struct kafka_cluster *kafka_open(struct kafka *, const struct map_of_str *settings,
				 uint64_t stamp, struct err *);
void kafka_close(struct kafka_cluster *); /* its jobs have ended; NULL is fine */

/* Any thread. */
void kafka_start(struct kafka_cluster *, struct kafka_job *);
/* Has all jobs asked again. */
void kafka_wake(struct kafka_cluster *);

/* From feed(). 0; -EAGAIN: there is no room now, KAFKA_WAIT is to be returned; -EMSGSIZE:
 * it is larger than the settings allow; another -errno, see err. */
int kafka_produce(struct kafka_job *, const struct kafka_message *, struct err *);

/* On its thread, of a job without a group: whether the message is written, or under way,
 * maybe since an earlier job of that name and topic: see kafka_progress.h. */
bool kafka_is_sent(const struct kafka_job *, int64_t at);
/* It need not be sent, also by later jobs. 0 or -ENOMEM. */
int kafka_note_sent(struct kafka_job *, int64_t at);

/* Whether it waits for brokers, and why, since the last message that was written. */
bool kafka_trouble(struct kafka_cluster *, char *why, size_t size);

/* Asks for a topic, with a producer of its own. Blocks. How many partitions it has, or
 * -EINVAL with the reason. */
int kafka_probe(const struct map_of_str *settings, const char *topic, struct err *);

#endif
