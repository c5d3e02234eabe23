/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_private.h - the writer kafka: what its files share. */
#ifndef WRITER_KAFKA_PRIVATE_H
#define WRITER_KAFKA_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/arena.h"
#include "net/kafka.h"
#include "net/kafka_security.h"
#include "writer/writer.h"

#define KAFKA_TOPIC_MAX 249 /* bytes; of [a-zA-Z0-9._-], as brokers have it */

enum kafka_key {
	KAFKA_KEY_NONE,
	KAFKA_KEY_CONNECTION,
	KAFKA_KEY_TENANT,
	KAFKA_KEY_INTERFACE,
};

enum kafka_delivery { KAFKA_AT_LEAST_ONCE, KAFKA_EXACTLY_ONCE };

enum kafka_format { KAFKA_JSON, KAFKA_PROTOBUF };

struct kafka_writer {
	/* Options. */
	struct strs brokers;
	struct str topic;
	struct strs headers; /* that messages have; none: all */
	int key, format, compression, delivery;
	struct kafka_security security;
	struct map_of_str settings; /* an operator's own, of librdkafka */

	/* Made by init. */
	bool is_ready;
	struct kafka *kafka; /* NULL: nothing is begun */
	struct str tenant, spool;
	struct secret secret;  /* the password */
	struct arena arena;    /* of what follows */
	struct map_of_str all; /* settings of librdkafka */
	uint64_t stamp;	       /* of the files with certificates */
	bool is_stale;	       /* a file has changed */
	struct kafka_cluster *cluster;

	pthread_mutex_t lock;	     /* of put->private */
	_Atomic int64_t progress_ms; /* of the put under way, monotonic */
	atomic_bool gives_up;	     /* the put under way: its producer is stale */
};

/* Fills all from the options and the secret. 0 or -errno with the reason. */
int kafka_writer_settings(struct kafka_writer *, struct err *);

/* Takes the cluster of the options and files as they are now, in place of the one that
 * it has; no put is under way. 0 or -errno with the reason. */
int kafka_writer_open(struct kafka_writer *, struct err *);
/* Whether a file has changed since. */
bool kafka_writer_is_stale(struct kafka_writer *);

/* Whether a template makes names of topics. 0, or -EINVAL with the reason. */
int kafka_topic_check(struct str template, struct err *);
/* Appends the name of a topic; what it cannot have of the tenant's name becomes "_". */
void kafka_topic_put(struct str template, struct str tenant, struct str tag,
		     struct buf *);

/* As in struct writer. */
void kafka_writer_put(void *self, struct put *);
void kafka_writer_cancel(void *self, struct put *);
bool kafka_writer_trouble(void *self, char *why, size_t size);

#endif
