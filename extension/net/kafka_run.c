/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_run.c - the thread of a cluster: messages of its jobs go out, reports come back.
 * See kafka.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "net/kafka_private.h"
#include "sys/clock.h"
#include "sys/log.h"

#define TURN_MS	    100 /* while there are jobs */
#define RETRY_MS    2000
#define LINGER_MS   1000 /* while there are none, but messages */
#define SETTLE_MS   10
#define SETTLES	    100
#define REPORTS_MAX 64 /* events of librdkafka in a turn; each has many reports */

/* From any thread of librdkafka's, which does not say whose it is; lines are few. What
 * matters is said by the one who waits. */
static void say_line(const rd_kafka_t *producer, int level, const char *facility,
		     const char *line)
{
	struct kafka_library library;
	const struct kafka_cluster *c;

	(void)level;
	if (kafka_library_open(&library, NULL) < 0)
		return;
	c = library.opaque(producer);
	if (c)
		log_write(c->kafka->log, LOG_DEBUG, "kafka=%s message=\"%s\"", facility,
			  LOG_QUOTED(line));
	kafka_library_close(&library);
}

/* That all brokers are down says less than why. */
static void note_error(rd_kafka_t *producer, int code, const char *why, void *opaque)
{
	struct kafka_cluster *c = opaque;
	char text[512];

	(void)producer;
	atomic_fetch_add(&c->kafka->errors, 1);
	log_write(c->kafka->log, LOG_DEBUG, "kafka=error error=\"%s\"", LOG_QUOTED(why));
	if (code == RD_KAFKA_RESP_ERR__FATAL)
		c->is_fatal = true;
	if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && *c->problem)
		return;
	kafka_words_put(&c->words, why, text, sizeof(text));
	kafka_set_problem(c, text);
}

static void count_report(struct kafka_cluster *c, const struct kafka_ticket *ticket,
			 enum kafka_fate fate)
{
	struct kafka *k = c->kafka;

	atomic_fetch_sub(&k->queued, 1);
	if (fate == KAFKA_WRITTEN) {
		atomic_fetch_add(&k->messages, 1);
		atomic_fetch_add(&k->delivery_ms, c->turn_ms - ticket->sent_ms);
	} else {
		atomic_fetch_add(&k->failures, 1);
	}
}

static void note_written(struct kafka_cluster *c)
{
	kafka_note_place(c);
	if (*c->problem)
		kafka_set_problem(c, "");
}

static void note_report(rd_kafka_t *producer, const rd_kafka_message_t *message,
			void *opaque)
{
	struct kafka_cluster *c = opaque;
	struct kafka_ticket *ticket = message->_private;
	struct kafka_progress *progress = ticket->progress;
	struct kafka_job *job = progress->job;
	struct kafka_report report = {
		.at = ticket->at,
		.fate = kafka_fate_of(message->err),
		.mono_ms = c->turn_ms,
	};
	struct buf why = BUF_INIT(1024);

	(void)producer;
	count_report(c, ticket, report.fate);
	free(ticket);
	c->unreported--;
	c->has_room = true;
	if (report.fate == KAFKA_WRITTEN)
		note_written(c);
	kafka_progress_reported(progress, report.at, report.fate == KAFKA_WRITTEN);
	if (!job)
		return;
	job->unreported--;
	if (message->err)
		kafka_explain(&c->library, message->err, job->topic, &why);
	report.why = buf_str(&why).ptr;
	job->reported(job, &report);
	buf_fini(&why);
}

static rd_kafka_conf_t *conf_of(struct kafka_cluster *c, struct err *err)
{
	const struct kafka_library *library = &c->library;
	rd_kafka_conf_t *conf = kafka_conf_new(library, &c->settings, err);

	if (!conf)
		return NULL;
	library->conf_set_opaque(conf, c);
	library->conf_set_dr_msg_cb(conf, note_report);
	library->conf_set_error_cb(conf, note_error);
	library->conf_set_log_cb(conf, say_line);
	return conf;
}

static void listen_to(struct kafka_cluster *c)
{
	static const uint64_t one = 1;
	rd_kafka_queue_t *queue = c->library.queue_get_main(c->producer);

	c->library.queue_io_event_enable(queue, c->events, &one, sizeof(one));
	c->library.queue_destroy(queue);
}

/* One that cannot be made is tried again: a file may be mended. */
static void make_producer(struct kafka_cluster *c, struct now now)
{
	struct err err = ERR_INIT;
	rd_kafka_conf_t *conf;

	if (c->producer || now.mono_ms < c->retry_ms)
		return;
	conf = conf_of(c, &err);
	c->producer = conf ? kafka_handle_new(&c->library, RD_KAFKA_PRODUCER, conf, &err)
			   : NULL;
	if (c->producer) {
		listen_to(c);
		return;
	}
	c->retry_ms = now.mono_ms + RETRY_MS;
	kafka_set_problem(c, err.text);
}

static void end_topics(struct kafka_cluster *c)
{
	struct kafka_job *job;

	for (job = c->jobs; job; job = job->next) {
		if (job->topic_handle)
			c->library.topic_destroy(job->topic_handle);
		job->topic_handle = NULL;
	}
}

static void end_producer(struct kafka_cluster *c)
{
	int i;

	if (!c->producer)
		return;
	/* What it has of a transaction is lost. */
	if (c->has_begun && c->jobs)
		c->jobs->failed(c->jobs, "the producer was lost");
	end_topics(c);
	c->library.purge(c->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	for (i = 0; i < SETTLES && c->unreported; i++)
		c->library.poll(c->producer, SETTLE_MS);
	kafka_transaction_forget(c);
	c->library.destroy(c->producer);
	c->producer = NULL;
	c->is_fatal = false;
	kafka_forget_place(c);
}

/* Those that came, in their order, behind the others. */
static void take_new_jobs(struct kafka_cluster *c)
{
	struct kafka_job *new, *job, *ordered = NULL, **at = &c->jobs;

	pthread_mutex_lock(&c->lock);
	new = c->new;
	c->new = NULL;
	pthread_mutex_unlock(&c->lock);
	while ((job = new)) {
		new = job->next;
		job->next = ordered;
		ordered = job;
	}
	while (*at)
		at = &(*at)->next;
	*at = ordered;
}

static void end_job(struct kafka_cluster *c, struct kafka_job *job, bool is_complete)
{
	if (job->topic_handle)
		c->library.topic_destroy(job->topic_handle);
	job->topic_handle = NULL;
	kafka_progress_end(job, is_complete);
	job->ended(job);
}

static enum kafka_step feed_job(struct kafka_cluster *c, struct kafka_job *job)
{
	if (kafka_progress_begin(c, job))
		return job->feed(job);
	return job->is_given_up(job) ? KAFKA_OVER : KAFKA_WAIT;
}

/* Whether one has more. A turn gives each of them its share. */
static bool feed_jobs(struct kafka_cluster *c)
{
	struct kafka_job **at = &c->jobs, *job;
	bool has_more = false;

	while ((job = *at)) {
		enum kafka_step step = feed_job(c, job);

		has_more |= step == KAFKA_MORE;
		if (step != KAFKA_OVER && step != KAFKA_COMPLETE) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		end_job(c, job, step == KAFKA_COMPLETE);
	}
	return has_more && c->has_room;
}

/* The first job, from the list. */
static void end_first(struct kafka_cluster *c)
{
	struct kafka_job *job = c->jobs;

	c->jobs = job->next;
	end_job(c, job, true);
}

/* Whether the first job is in a transaction. It ends here when it is in already. */
static bool begin_transaction(struct kafka_cluster *c, struct now now)
{
	struct err err = ERR_INIT;
	int error;

	if (c->has_begun)
		return true;
	if (!c->producer || c->is_fatal || now.mono_ms < c->retry_ms)
		return false;
	error = kafka_transaction_prepare(c, &err);
	if (!error)
		error = kafka_transaction_begin(c, c->jobs, &err);
	if (error == -EALREADY) {
		end_first(c);
	} else if (error && error != -EAGAIN) {
		if (!*c->problem)
			kafka_set_problem(c, err.text);
		c->retry_ms = clock_now().mono_ms + RETRY_MS;
	}
	return !error;
}

static void commit_first(struct kafka_cluster *c)
{
	struct err err = ERR_INIT;

	if (kafka_transaction_commit(c, c->jobs, &err) < 0) {
		kafka_transaction_abort(c);
		c->jobs->failed(c->jobs, err.text);
	} else {
		kafka_set_problem(c, "");
	}
	end_first(c);
}

/* One job at a time; whether there is more to do at once. */
static bool feed_transaction(struct kafka_cluster *c)
{
	struct kafka_job *job = c->jobs;

	if (!job)
		return false;
	if (!begin_transaction(c, clock_now())) {
		if (c->jobs == job && job->is_given_up(job))
			end_first(c);
		return c->jobs && c->jobs != job;
	}
	switch (feed_job(c, job)) {
	case KAFKA_MORE:
		return c->has_room;
	case KAFKA_WAIT:
		return false;
	case KAFKA_COMPLETE:
		commit_first(c);
		break;
	case KAFKA_OVER:
		kafka_transaction_abort(c);
		end_first(c);
		break;
	case KAFKA_AGAIN:
		kafka_transaction_abort(c);
		break;
	}
	return c->jobs != NULL;
}

static void take_reports(struct kafka_cluster *c)
{
	int i;

	for (i = 0; c->producer && i < REPORTS_MAX; i++)
		if (!c->library.poll(c->producer, 0))
			break;
	if (c->is_fatal && !c->unreported)
		end_producer(c);
}

/* Until librdkafka or somebody else has something for us. */
static void wait_for_events(const struct kafka_cluster *c, int wait_ms)
{
	struct pollfd events = { .fd = c->events, .events = POLLIN };
	uint64_t count;
	ssize_t n;

	if (poll(&events, 1, wait_ms) <= 0)
		return;
	n = read(c->events, &count, sizeof(count));
	(void)n; /* 0 events is fine, too */
}

static void watch_producer(struct kafka_cluster *c)
{
	kafka_login_watch(c, c->turn_ms);
	kafka_give_back(c);
}

static int wait_of(const struct kafka_cluster *c)
{
	return c->jobs ? TURN_MS : c->unreported ? LINGER_MS : -1;
}

void *kafka_run(void *argument)
{
	struct kafka_cluster *c = argument;
	bool has_more;

	while (!kafka_has_ended(c)) {
		c->turn_ms = clock_now().mono_ms;
		take_new_jobs(c);
		if (c->jobs)
			make_producer(c, clock_now());
		if (c->producer)
			watch_producer(c);
		take_reports(c);
		has_more = c->is_transactional ? feed_transaction(c) : feed_jobs(c);
		if (!has_more)
			wait_for_events(c, wait_of(c));
	}
	end_producer(c);
	kafka_progress_forget(c);
	return NULL;
}
