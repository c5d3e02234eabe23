/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_private.h - shared by the files that know librdkafka. */
#ifndef NET_KAFKA_PRIVATE_H
#define NET_KAFKA_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/arena.h"
#include "base/buf.h"
#include "net/kafka.h"
#include "net/kafka_progress.h"
#include "net/kafka_library.h"
#include "sys/secret.h"

/* What a producer says of its troubles. */
struct kafka_words {
	pthread_mutex_t lock;
	char certificate[256]; /* what is wrong with a broker's, or "" */
};

void kafka_words_init(struct kafka_words *);
void kafka_words_fini(struct kafka_words *);
/* For librdkafka, which says only that a certificate was not verified. */
int kafka_words_judge(rd_kafka_t *, const char *broker, int32_t number, int *x509_error,
		      int depth, const char *certificate, size_t certificate_size,
		      char *why, size_t size, void *opaque);
/* The text of an error of librdkafka's in our words, where we have better ones, without
 * how long it took, which would make each a new reason. */
void kafka_words_put(struct kafka_words *, const char *why, char *to, size_t size);

struct kafka {
	struct log *log;
	pthread_mutex_t lock; /* of what follows, and of what clusters say is its */
	pthread_cond_t has_ended;
	struct kafka_cluster *clusters;
	struct kafka_cluster *ended; /* whose threads are to be joined */
	struct kafka_progress *left; /* the newest first */
	size_t left_bytes;
	bool is_ending;
	_Atomic int64_t queued, messages, delivery_ms, failures, errors, aborts;
};

struct kafka_cluster {
	struct kafka_words words; /* the first: librdkafka brings it back */
	struct kafka_cluster *next;
	struct kafka *kafka;
	struct buf identity; /* its settings as text, with secrets */
	struct arena arena;
	struct map_of_str settings;
	struct kafka_library library;
	pthread_t thread;
	int events; /* an eventfd: somebody has something for the thread */

	/* Under the lock of kafka. */
	size_t refs;		     /* 0: it ends when it has nothing more */
	char place[KAFKA_PLACE_MAX]; /* the name that its brokers have; "": not reached */
	int64_t wanted_ms; /* when a job last waited for its reports, monotonic */
	bool is_wanted;	   /* by one that could send them, */
	bool must_give_up; /* and has waited for long */

	pthread_mutex_t lock;  /* of what follows */
	struct kafka_job *new; /* the newest first */
	char problem[512];     /* since the last message that was written, or "" */

	/* The thread's. */
	rd_kafka_t *producer; /* NULL: there is none yet */
	struct secret token;  /* that it was given last, if it logs in with one */
	int64_t retry_ms;     /* not before, monotonic */
	bool is_fatal;	      /* it must be made anew */
	bool is_transactional;
	bool is_ready;		    /* for transactions */
	unsigned repeats;	    /* until it is */
	bool has_begun;		    /* one */
	struct kafka_group *groups; /* of jobs, as long as the producer lives */
	struct kafka_job *jobs;
	size_t unreported;
	bool has_room;
	int64_t turn_ms; /* when its turn began, monotonic */
};

/* A configuration with ours and then theirs. Its opaque begins with a struct
 * kafka_words. NULL: err names the setting as its key. */
rd_kafka_conf_t *kafka_conf_new(const struct kafka_library *, const struct map_of_str *,
				struct err *);
/* That of a consumer at the same brokers, of a group, which reads nothing. */
rd_kafka_conf_t *kafka_conf_consumer(const struct kafka_library *,
				     const struct map_of_str *, const char *group,
				     struct err *);
/* The setting that is the file of a token. */
#define KAFKA_TOKEN_FILE "sasl.oauthbearer.config"
/* Whether there is one. */
bool kafka_login_file(const struct kafka_library *, const rd_kafka_conf_t *, char *file,
		      size_t size);
/* Lets librdkafka ask for a token, if it is to log in with one. */
void kafka_login_prepare(const struct kafka_library *, rd_kafka_conf_t *);
/* What is called before it asks needs it, too. file: "" is fine. -errno: there is none
 * that is of use. */
int kafka_login_first(const struct kafka_library *, rd_kafka_t *, const char *file,
		      struct err *);
/* Gives it another one as soon as that is there. On the cluster's thread. */
void kafka_login_watch(struct kafka_cluster *, int64_t mono_ms);

/* Takes the configuration. Signals are blocked in all threads that it starts. NULL: see
 * err. */
rd_kafka_t *kafka_handle_new(const struct kafka_library *, rd_kafka_type_t,
			     rd_kafka_conf_t *, struct err *);

/* All on the cluster's thread; they wait for brokers, within limits. 0 or -errno with the
 * reason; afterwards the cluster may be is_fatal. */

/* -EAGAIN: it goes on when it is called again, as after a run that was killed. */
int kafka_transaction_prepare(struct kafka_cluster *, struct err *);
/* -EALREADY: the job is in. */
int kafka_transaction_begin(struct kafka_cluster *, struct kafka_job *, struct err *);
/* Its messages have all been reported. -EIO: it is to be aborted. */
int kafka_transaction_commit(struct kafka_cluster *, struct kafka_job *, struct err *);
void kafka_transaction_abort(struct kafka_cluster *);
/* The producer goes. */
void kafka_transaction_forget(struct kafka_cluster *);
/* What an error means, for a person. */
void kafka_explain(const struct kafka_library *, rd_kafka_resp_err_t, const char *topic,
		   struct buf *);

/* What a message brings back. */
struct kafka_ticket {
	struct kafka_progress *progress;
	int64_t at;
	int64_t sent_ms; /* monotonic */
};
enum kafka_fate kafka_fate_of(rd_kafka_resp_err_t);

/* Notes the name that its brokers have, once it has reached them. */
void kafka_note_place(struct kafka_cluster *);
/* Another producer will. */
void kafka_forget_place(struct kafka_cluster *);
/* What others wait for, and it cannot send, comes back as failed. It has a producer. */
void kafka_give_back(struct kafka_cluster *);
/* Whether it ends; then nobody finds it any more. */
bool kafka_has_ended(struct kafka_cluster *);

/* The thread's function; the argument is the cluster. */
void *kafka_run(void *);
void kafka_set_problem(struct kafka_cluster *, const char *why);

#endif
