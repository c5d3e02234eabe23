/* SPDX-License-Identifier: Apache-2.0 */
/* kafka.c - flows from a topic of Kafka, whose partitions are shared by the exporters of
 * a group. See shard.h for how each flow is stored once.
 *
 * Its thread polls, whatever else it waits for: who does not poll loses its partitions. Of
 * what it reads nothing is dropped: partitions are paused while the workers are behind.
 * When the receivers change all partitions are begun anew at what was committed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include "source/kafka_private.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#define ARENA_MAX ((size_t)256 << 10)
#define POLL_MS	  50
#define RETRY_MS  2000
#define DRAIN_MS  2000
#define COUNT_MS  5000

#define NO_PARTITION                                                                      \
	"no partition of the topic is assigned to this member, though there are enough: " \
	"see whether all members of the group run"

/* Whether it is its turn to have partitions, asked now and then. */
static bool is_idle(struct kafka_source *k)
{
	if (atomic_load(&k->assigned))
		return false;
	if (k->now_ms - k->counted_ms >= COUNT_MS) {
		k->is_spare = kafka_consumer_is_spare(k->consumer);
		k->counted_ms = k->now_ms = clock_now().mono_ms;
	}
	return !k->is_spare;
}

static void works(struct kafka_source *k)
{
	if (k->is_refused)
		return;
	if (is_idle(k)) {
		if (atomic_load(&k->is_up) ||
		    (!k->has_refused && k->now_ms - k->begun_ms >= COUNT_MS))
			kafka_source_fail(k, NO_PARTITION);
		return;
	}
	if (atomic_load(&k->is_up))
		return;
	log_once_clear(&k->said);
	atomic_fetch_add(&k->connects, 1);
	atomic_store(&k->is_up, true);
	log_write(k->parts.log, LOG_INFO, "source=" STR_FMT " state=subscribed group=%s",
		  STR_ARG(k->parts.url.shown), k->group);
}

static void consumer_begin(struct kafka_source *k)
{
	const struct kafka_consumer_parts parts = {
		.settings = &k->settings,
		.topic = k->topic,
		.group = k->group,
		.member = k->member,
		.log = k->parts.log,
		.assigned = kafka_source_assigned,
		.revoked = kafka_source_revoked,
		.message = kafka_source_message,
		.at_end = kafka_source_at_end,
		.skipped = kafka_source_skipped,
		.next = kafka_source_next,
		.broken = kafka_source_broken,
		.context = k,
	};
	struct err err = ERR_INIT;

	k->generation = atomic_load(k->parts.generation);
	k->begun_ms = k->now_ms;
	k->is_refused = k->has_refused = k->has_failed = k->is_spare = false;
	if (kafka_source_login(k, &err) == 0)
		k->consumer = kafka_consumer_open(&parts, &err);
	if (k->consumer)
		return;
	kafka_source_fail(k, err.text);
	k->retry_ms = k->now_ms + RETRY_MS;
}

/* What is open is discarded. */
static void consumer_end(struct kafka_source *k)
{
	size_t i;

	kafka_consumer_close(k->consumer);
	k->consumer = NULL;
	for (i = 0; i < k->partitions; i++)
		kafka_source_revoked(k, (int32_t)i, false);
	k->retry_ms = k->now_ms + RETRY_MS;
}

/* Who is not let in tries with what the files hold by now. */
static bool ask_again(struct kafka_source *k)
{
	if (!*kafka_consumer_problem(k->consumer) || k->now_ms - k->counted_ms < COUNT_MS)
		return false;
	if (kafka_source_is_stale(k)) {
		consumer_end(k);
		k->retry_ms = k->now_ms;
		return true;
	}
	kafka_consumer_look(k->consumer);
	k->counted_ms = k->now_ms = clock_now().mono_ms;
	return false;
}

/* As long as it works. */
static void consumer_turn(struct kafka_source *k)
{
	const char *problem;
	int error = kafka_consumer_poll(k->consumer, POLL_MS);

	k->now_ms = clock_now().mono_ms;
	if (ask_again(k))
		return;
	problem = kafka_consumer_problem(k->consumer);
	if (*problem)
		kafka_source_fail(k, problem);
	else
		works(k);
	if (!error)
		error = kafka_source_tick(k);
	if (error) {
		consumer_end(k);
	} else if (kafka_source_is_over(k, k->generation !=
						   atomic_load(k->parts.generation))) {
		consumer_end(k);
		k->retry_ms = 0;
	}
}

static void *source_run(void *argument)
{
	struct kafka_source *k = argument;

	thread_raise();
	while (!atomic_load(&k->is_stopping)) {
		k->now_ms = clock_now().mono_ms;
		if (k->consumer)
			consumer_turn(k);
		else if (k->now_ms >= k->retry_ms)
			consumer_begin(k);
		else
			poll(NULL, 0, POLL_MS);
	}
	if (k->consumer)
		kafka_source_drain(k, clock_now().mono_ms + DRAIN_MS);
	consumer_end(k);
	return NULL;
}

static const char *text_of(struct kafka_source *k, struct str text)
{
	return arena_str(&k->arena, text).ptr;
}

static void kafka_source_free(void *state)
{
	struct kafka_source *k = state;

	outage_fini(&k->outage);
	arena_fini(&k->login);
	arena_fini(&k->arena);
	secret_close(&k->secret);
	free(k->shard);
	free(k->paused);
	free(k);
}

static void *kafka_source_new(const struct source_parts *parts)
{
	struct kafka_source *k = calloc(1, sizeof(*k));
	struct kafka_source_name name;

	if (!k)
		return NULL;
	k->parts = *parts;
	k->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	k->login = (struct arena)ARENA_INIT(KAFKA_SETTINGS_MAX);
	outage_init(&k->outage);
	if (kafka_source_name(&parts->url, &name, NULL) == 0) {
		k->topic = text_of(k, name.topic);
		k->group = text_of(k, name.group);
		k->member = text_of(k, parts->identity->host_id);
	}
	if (k->member && !arena_error(&k->arena))
		return k;
	kafka_source_free(k);
	return NULL;
}

static int kafka_source_start(void *state, struct err *err)
{
	struct kafka_source *k = state;
	int error;

	outage_begin(&k->outage, clock_now().mono_ms, "");
	error = thread_start(&k->thread, "source", source_run, k);
	return error ? err_set(err, "cannot start the source: %s", strerror(-error)) : 0;
}

static void kafka_source_halt(void *state)
{
	atomic_store(&((struct kafka_source *)state)->is_stopping, true);
}

static void kafka_source_stop(void *state)
{
	struct kafka_source *k = state;

	kafka_source_halt(k);
	pthread_join(k->thread, NULL);
}

static void kafka_source_progress(void *state, struct source_progress *progress)
{
	struct kafka_source *k = state;

	progress->state = atomic_load(&k->is_up) ? SOURCE_SUBSCRIBED : SOURCE_CONNECTING;
	progress->connects = atomic_load(&k->connects);
	progress->gaps = atomic_load(&k->gaps);
	progress->partitions = (struct source_partitions){
		.are_there = true,
		.assigned = atomic_load(&k->assigned),
		.rebalances = atomic_load(&k->rebalances),
		.lag = atomic_load(&k->lag),
		.lost = atomic_load(&k->lost),
		.broken = atomic_load(&k->broken),
		.age_s = atomic_load(&k->age_ms) / 1000,
	};
	progress->down_since_ms = outage_read(&k->outage, progress->why);
}

static int kafka_source_probe(const struct source_parts *parts, struct err *remark)
{
	struct kafka_source *k = kafka_source_new(parts);
	int error;

	if (!k)
		return err_set(remark, "out of memory");
	error = kafka_source_ask(k, remark);
	kafka_source_free(k);
	return error;
}

static const struct url_scheme kafka_schemes[] = {
	{ .name = "kafka", .form = URL_BROKERS },
	{ 0 },
};

const struct source source_kafka = {
	.name = "kafka",
	.example = "kafka://host:port/topic?group=name",
	.schemes = kafka_schemes,
	.options = &kafka_source_shape,
	.copy = kafka_source_copy,
	.check = kafka_source_check,
	.new = kafka_source_new,
	.free = kafka_source_free,
	.start = kafka_source_start,
	.halt = kafka_source_halt,
	.stop = kafka_source_stop,
	.progress = kafka_source_progress,
	.probe = kafka_source_probe,
	.advise = kafka_source_advise,
};
