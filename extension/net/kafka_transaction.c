/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_transaction.c - jobs that are sent exactly once. See kafka.h.
 *
 * The names of the last jobs are committed with a job's messages, as the metadata of an
 * offset of a group. So whoever asks after a crash knows whether the last one is in, also
 * when others go before it now: see kafka_past.h. A name that was begun and is not there was
 * aborted.
 *
 * Calls wait for WAIT_MS at most, so that a job can be given up between them, and go on
 * where they were when they are repeated. What has not come to an end then is found out by
 * another producer, which begins by ending what its predecessor left.
 */
#include <errno.h>
#include <stdlib.h>
#include "net/kafka_past.h"
#include "net/kafka_private.h"

#define WAIT_MS	     500
#define ASK_MS	     2000
#define ABORT_MS     2000
#define SEND_MS	     3000
#define REPEATS_SAID 20	 /* ten seconds */
#define REPEATS	     120 /* a minute */

struct kafka_group {
	struct kafka_group *next;
	char *name, *topic;
	struct kafka_past past;
	int64_t commits;
};

static void group_free(struct kafka_group *g)
{
	free(g->name);
	free(g->topic);
	kafka_past_fini(&g->past);
	free(g);
}

void kafka_transaction_forget(struct kafka_cluster *c)
{
	struct kafka_group *g;

	while ((g = c->groups)) {
		c->groups = g->next;
		group_free(g);
	}
	c->has_begun = false;
	c->is_ready = false;
}

/* 0, or -EIO with the reason; what cannot go on is told to the cluster. */
static int judge(struct kafka_cluster *c, rd_kafka_error_t *error, struct err *err)
{
	if (!error)
		return 0;
	err_set(err, "%s", c->library.error_string(error));
	if (c->library.error_is_fatal(error))
		c->is_fatal = true;
	c->library.error_destroy(error);
	return -EIO;
}

int kafka_transaction_prepare(struct kafka_cluster *c, struct err *err)
{
	rd_kafka_error_t *error;
	bool may_repeat;

	if (c->is_ready)
		return 0;
	error = c->library.init_transactions(c->producer, WAIT_MS);
	may_repeat = error && c->library.error_is_retriable(error);
	c->is_ready = !error;
	c->repeats = may_repeat ? c->repeats + 1 : 0;
	if (!judge(c, error, err))
		return 0;
	return may_repeat && c->repeats < REPEATS_SAID ? -EAGAIN : -EIO;
}

static int read_names(struct kafka_group *g, const rd_kafka_topic_partition_t *place,
		      struct err *err)
{
	struct str text = { place->metadata, place->metadata ? place->metadata_size : 0 };

	if (place->offset > 0)
		g->commits = place->offset;
	return kafka_past_read(&g->past, text) ? err_set(err, "out of memory") : 0;
}

static int ask_names(struct kafka_cluster *c, rd_kafka_t *consumer, struct kafka_group *g,
		     struct err *err)
{
	rd_kafka_topic_partition_list_t *list = c->library.topic_partition_list_new(1);
	rd_kafka_resp_err_t error;
	int result;

	c->library.topic_partition_list_add(list, g->topic, 0);
	error = c->library.committed(consumer, list, ASK_MS);
	if (!error)
		error = list->elems[0].err;
	result = error ? err_set(err, "%s", c->library.err2str(error))
		       : read_names(g, &list->elems[0], err);
	c->library.topic_partition_list_destroy(list);
	return result;
}

/* A consumer of the group for the one question. */
static int ask_group(struct kafka_cluster *c, struct kafka_group *g, struct err *err)
{
	rd_kafka_conf_t *conf = kafka_conf_consumer(&c->library, &c->settings, g->name,
						    err);
	rd_kafka_t *consumer;
	int error;

	if (!conf)
		return -EINVAL;
	consumer = kafka_handle_new(&c->library, RD_KAFKA_CONSUMER, conf, err);
	if (!consumer)
		return -EINVAL;
	error = ask_names(c, consumer, g, err);
	c->library.destroy(consumer);
	return error;
}

static struct kafka_group *find_group(struct kafka_cluster *c,
				      const struct kafka_job *job)
{
	struct kafka_group *g;

	for (g = c->groups; g; g = g->next)
		if (strcmp(g->name, job->group) == 0 && strcmp(g->topic, job->topic) == 0)
			return g;
	return NULL;
}

static struct kafka_group *open_group(struct kafka_cluster *c,
				      const struct kafka_job *job, struct err *err)
{
	struct kafka_group *g = find_group(c, job);

	if (g)
		return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	kafka_past_init(&g->past);
	g->name = strdup(job->group);
	g->topic = strdup(job->topic);
	if (!g->name || !g->topic || ask_group(c, g, err) < 0) {
		group_free(g);
		return NULL;
	}
	g->next = c->groups;
	c->groups = g;
	return g;
}

int kafka_transaction_begin(struct kafka_cluster *c, struct kafka_job *job,
			    struct err *err)
{
	struct kafka_group *g;
	int error;

	err_set(err, "out of memory");
	g = open_group(c, job, err);
	if (!g)
		return -EIO;
	if (kafka_past_has(&g->past, job->name))
		return -EALREADY;
	error = judge(c, c->library.begin_transaction(c->producer), err);
	c->has_begun = !error;
	return error;
}

static rd_kafka_error_t *send_names(struct kafka_cluster *c, const struct kafka_group *g,
				    struct buf *names)
{
	const struct kafka_library *library = &c->library;
	rd_kafka_topic_partition_list_t *list = library->topic_partition_list_new(1);
	rd_kafka_consumer_group_metadata_t *group = library->consumer_group_metadata_new(
		g->name);
	rd_kafka_topic_partition_t *place = library->topic_partition_list_add(list,
									      g->topic,
									      0);
	rd_kafka_error_t *error;

	place->offset = g->commits + 1;
	place->metadata = names->ptr;
	place->metadata_size = names->len;
	error = library->send_offsets_to_transaction(c->producer, list, group, SEND_MS);
	/* The names stay ours. */
	place->metadata = NULL;
	place->metadata_size = 0;
	library->consumer_group_metadata_destroy(group);
	library->topic_partition_list_destroy(list);
	return error;
}

/* Until it is done or given up; the last error, or NULL. */
static rd_kafka_error_t *repeat(struct kafka_cluster *c, struct kafka_job *job,
				rd_kafka_error_t *(*call)(rd_kafka_t *, int))
{
	rd_kafka_error_t *error = call(c->producer, WAIT_MS);
	int i;

	for (i = 0; i < REPEATS && error && c->library.error_is_retriable(error) &&
		    !job->is_given_up(job);
	     i++) {
		c->library.error_destroy(error);
		error = call(c->producer, WAIT_MS);
	}
	return error;
}

/* 0; -EAGAIN: nobody knows; -EIO: it is to be aborted. */
static int try_commit(struct kafka_cluster *c, struct kafka_job *job, struct err *err)
{
	rd_kafka_error_t *error = repeat(c, job, c->library.commit_transaction);
	int result = -EAGAIN;

	if (!error)
		return 0;
	if (c->library.error_txn_requires_abort(error))
		result = -EIO;
	judge(c, error, err);
	return result;
}

int kafka_transaction_commit(struct kafka_cluster *c, struct kafka_job *job,
			     struct err *err)
{
	struct kafka_group *g = find_group(c, job);
	struct buf names = BUF_INIT(2 * KAFKA_PAST_MAX);
	int error = kafka_past_put(&g->past, job->name, &names);

	if (!error)
		error = judge(c, send_names(c, g, &names), err);
	if (!error)
		error = try_commit(c, job, err);
	if (!error) {
		kafka_past_set(&g->past, buf_str(&names));
		g->commits++;
		c->has_begun = false;
	} else if (error == -EAGAIN) {
		c->is_fatal = true;
	}
	buf_fini(&names);
	return error;
}

void kafka_transaction_abort(struct kafka_cluster *c)
{
	struct err err = ERR_INIT;

	if (!c->has_begun || c->is_fatal)
		return;
	c->has_begun = false;
	/* Whatever is left of it is ended by another producer. */
	atomic_fetch_add(&c->kafka->aborts, 1);
	if (judge(c, c->library.abort_transaction(c->producer, ABORT_MS), &err))
		c->is_fatal = true;
}
