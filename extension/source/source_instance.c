/* SPDX-License-Identifier: Apache-2.0 */
/* source_instance.c - see source_instance.h. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/log_pace.h"
#include "flow/decode.h"
#include "flow/message.h"
#include "source/registry.h"
#include "source/shard.h"
#include "source/source_instance.h"
#include "sys/clock.h"

#define OPTIONS_MAX ((size_t)1 << 20)

struct source_instance {
	struct arena arena; /* of what is copied of the options */
	struct source_options options;
	struct session_identity identity;
	struct source_parts parts;
	struct batch_account *account;
	struct log *log;
	pthread_mutex_t lock; /* of the router */
	struct router *router;
	atomic_uint generation; /* of who is routed to */
	uint64_t sum;		/* of them */
	struct shard_host shards;
	struct source_stats stats;
	struct log_pace said_flows, said_message; /* of its thread, */
	size_t unsaid_flows[BAD_FLOW_REASONS];	  /* and this */
	void *state;				  /* of options.source */
	atomic_bool is_started; /* by a reload, while a stop may have begun */
	atomic_uint steps;	/* odd: a message is being worked on */
	unsigned steps_seen;	/* see source_instance_moves() */
};

static int copy_options(struct source_instance *s, const struct source_options *from)
{
	struct str text = arena_str(&s->arena, from->url.text);
	const struct shape *shape = from->source->options;
	void *own = shape ? arena_alloc(&s->arena, shape->size) : NULL;
	struct err ignored = ERR_INIT;

	if (arena_error(&s->arena))
		return arena_error(&s->arena);
	if (own)
		memcpy(own, from->own, shape->size);
	if (own && from->source->copy && from->source->copy(own, &s->arena) < 0)
		return -ENOMEM;
	s->options = (struct source_options){
		.own = own,
		.auth = {
			.username = arena_str(&s->arena, from->auth.username),
			.password = arena_str(&s->arena, from->auth.password),
			.cookie = arena_str(&s->arena, from->auth.cookie),
		},
	};
	if (arena_error(&s->arena))
		return arena_error(&s->arena);
	return source_find(text, &s->options.source, &s->options.url, &ignored);
}

static void instance_count(struct source_instance *s, const struct batch *batch)
{
	int reason;

	atomic_fetch_add(&s->stats.batches, 1);
	atomic_fetch_add(&s->stats.flows, (int64_t)batch->count);
	atomic_fetch_add(&s->stats.bytes, (int64_t)batch->size);
	atomic_fetch_add(&s->stats.layers_dropped, (int64_t)batch->long_layers);
	for (reason = 0; reason < BAD_FLOW_REASONS; reason++)
		atomic_fetch_add(&s->stats.bad_flows[reason],
				 (int64_t)batch->bad[reason]);
}

static void say_bad_flows(struct source_instance *s)
{
	const size_t *bad = s->unsaid_flows;

	log_write(
		s->log, LOG_WARNING,
		"source=" STR_FMT " bad_flows=%zu type=%zu number=%zu "
		"protocol=%zu null=%zu memory=%zu; the other flows of the message are kept",
		STR_ARG(s->parts.url.shown),
		bad[BAD_FLOW_TYPE] + bad[BAD_FLOW_NUMBER] + bad[BAD_FLOW_PROTOCOL] +
			bad[BAD_FLOW_NULL] + bad[BAD_FLOW_MEMORY],
		bad[BAD_FLOW_TYPE], bad[BAD_FLOW_NUMBER], bad[BAD_FLOW_PROTOCOL],
		bad[BAD_FLOW_NULL], bad[BAD_FLOW_MEMORY]);
	memset(s->unsaid_flows, 0, sizeof(s->unsaid_flows));
}

/* Flows that could not be decoded: who would have got them is not known. */
static void tell_bad(struct source_instance *s, const struct batch *batch,
		     struct router *router)
{
	int64_t bad = 0, held;
	int reason;

	for (reason = 0; reason < BAD_FLOW_REASONS; reason++) {
		bad += (int64_t)batch->bad[reason];
		s->unsaid_flows[reason] += batch->bad[reason];
	}
	if (!bad)
		return;
	router_lose(router, bad);
	if (log_pace_is_due(&s->said_flows, clock_now().mono_ms, &held))
		say_bad_flows(s);
}

static void bad_message(struct source_instance *s, const struct err *err)
{
	int64_t held;

	atomic_fetch_add(&s->stats.bad_messages, 1);
	if (log_pace_is_due(&s->said_message, clock_now().mono_ms, &held))
		log_write(s->log, LOG_WARNING,
			  "source=" STR_FMT " unsaid=%lld bad_message=\"%s\"",
			  STR_ARG(s->parts.url.shown), (long long)held,
			  LOG_QUOTED(err->text));
}

static enum heard instance_deliver(void *context, char *message, size_t size,
				   enum recording_kind kind)
{
	return source_instance_deliver(context, message, size, kind);
}

static void shards_count(void *context, const struct batch *batch, struct router *router)
{
	instance_count(context, batch);
	tell_bad(context, batch, router);
}

static void shards_bad_message(void *context, const struct err *err)
{
	bad_message(context, err);
}

static void shards_each(void *context,
			void (*visit)(void *to, struct receiver *, struct str capture_id),
			void *to)
{
	struct source_instance *s = context;

	pthread_mutex_lock(&s->lock);
	router_each(s->router, visit, to);
	pthread_mutex_unlock(&s->lock);
}

static int make_source(struct source_instance *s, const struct session_identity *identity)
{
	s->identity = source_auth_identity(&s->options.auth, identity);
	s->shards = (struct shard_host){
		.account = s->account,
		.count = shards_count,
		.bad_message = shards_bad_message,
		.each = shards_each,
		.context = s,
	};
	s->parts = (struct source_parts){
		.url = s->options.url,
		.options = s->options.own,
		.identity = &s->identity,
		.deliver = instance_deliver,
		.context = s,
		.shards = &s->shards,
		.generation = &s->generation,
		.log = s->log,
	};
	s->state = s->options.source->new (&s->parts);
	return s->state ? 0 : -ENOMEM;
}

struct source_instance *source_instance_new(const struct source_options *options,
					    const struct session_identity *identity,
					    struct batch_account *account,
					    struct log *log)
{
	struct source_instance *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->arena = (struct arena)ARENA_INIT(OPTIONS_MAX);
	s->account = account;
	s->log = log;
	pthread_mutex_init(&s->lock, NULL);
	s->router = router_new();
	if (s->router && copy_options(s, options) == 0 && make_source(s, identity) == 0)
		return s;
	source_instance_free(s);
	return NULL;
}

void source_instance_free(struct source_instance *s)
{
	if (!s)
		return;
	source_instance_stop(s);
	if (s->state)
		s->options.source->free(s->state);
	router_free(s->router);
	pthread_mutex_destroy(&s->lock);
	arena_fini(&s->arena);
	free(s);
}

bool source_instance_is(const struct source_instance *s,
			const struct source_options *options)
{
	return str_equal(s->options.url.text, options->url.text) &&
	       !source_options_conflict(&s->options, options);
}

struct str source_instance_url(const struct source_instance *s)
{
	return s->options.url.shown;
}

void source_instance_route(struct source_instance *s, struct router *router)
{
	struct router *old;

	pthread_mutex_lock(&s->lock);
	old = s->router;
	s->router = router;
	if (s->sum != router_sum(router))
		atomic_fetch_add(&s->generation, 1);
	s->sum = router_sum(router);
	pthread_mutex_unlock(&s->lock);
	router_free(old);
}

/* Its thread has ended. */
static void say_the_rest(struct source_instance *s)
{
	if (s->said_flows.held)
		say_bad_flows(s);
	if (s->said_message.held)
		log_write(s->log, LOG_WARNING,
			  "source=" STR_FMT " unsaid=%lld bad messages",
			  STR_ARG(s->parts.url.shown), (long long)s->said_message.held);
	s->said_flows.held = s->said_message.held = 0;
}

/* Fills the batch from the message it owns. */
static enum heard instance_decode(struct source_instance *s, struct batch *batch,
				  struct str bytes, enum recording_kind kind)
{
	enum framing framing = kind == RECORDING_JSON ? FRAMING_JSON : FRAMING_PROTOBUF;
	enum heard heard = HEARD_FLOWS;
	struct message message;
	struct err err = ERR_INIT;
	int error;

	if (kind == RECORDING_FLOWS) {
		error = decode_pb(bytes, batch, &err);
	} else {
		error = message_parse(bytes, framing, &batch->arena, &message, &err);
		if (!message_has_flows(&message))
			heard = str_is(message.type, "stats") ? HEARD_STATS : HEARD_OTHER;
		else if (!error && message.is_protobuf)
			error = err_set(&err, "flows that are not JSON");
		else if (!error)
			error = decode_json(message.obj, batch, &err);
	}
	if (error)
		bad_message(s, &err);
	batch_close(batch);
	return heard;
}

static enum heard instance_take(struct source_instance *s, char *message, size_t size,
				enum recording_kind kind)
{
	struct str bytes = { message, size };
	struct batch *batch = batch_new(message, size, s->account);
	struct err no_memory = { .text = "out of memory" };
	enum heard heard;
	bool is_lost;

	if (!batch) {
		bad_message(s, &no_memory);
		return HEARD_OTHER;
	}
	heard = instance_decode(s, batch, bytes, kind);
	instance_count(s, batch);
	pthread_mutex_lock(&s->lock);
	tell_bad(s, batch, s->router);
	is_lost = !router_deliver(s->router, batch);
	pthread_mutex_unlock(&s->lock);
	if (is_lost)
		bad_message(s, &no_memory);
	return heard;
}

enum heard source_instance_deliver(struct source_instance *s, char *message, size_t size,
				   enum recording_kind kind)
{
	enum heard heard;

	atomic_fetch_add(&s->steps, 1);
	heard = instance_take(s, message, size, kind);
	atomic_fetch_add(&s->steps, 1);
	return heard;
}

bool source_instance_moves(struct source_instance *s)
{
	unsigned steps = atomic_load(&s->steps);
	bool moves = steps % 2 == 0 || steps != s->steps_seen;

	s->steps_seen = steps;
	return moves;
}

int source_instance_start(struct source_instance *s, struct err *err)
{
	if (atomic_load(&s->is_started))
		return 0;
	if (s->options.source->start(s->state, err) < 0)
		return -EINVAL;
	atomic_store(&s->is_started, true);
	return 0;
}

void source_instance_halt(struct source_instance *s)
{
	if (atomic_load(&s->is_started) && s->options.source->halt)
		s->options.source->halt(s->state);
}

void source_instance_stop(struct source_instance *s)
{
	if (!atomic_exchange(&s->is_started, false))
		return;
	s->options.source->stop(s->state);
	say_the_rest(s);
}

static struct source_progress instance_progress(const struct source_instance *s)
{
	struct source_progress progress = { .state = SOURCE_OPEN };

	if (s->options.source->progress)
		s->options.source->progress(s->state, &progress);
	return progress;
}

bool source_instance_is_ready(const struct source_instance *s)
{
	struct source_progress progress = instance_progress(s);

	return progress.state == SOURCE_OPEN || progress.connects > 0;
}

const struct source_stats *source_instance_stats(const struct source_instance *s)
{
	return &s->stats;
}

void source_instance_status(const struct source_instance *s, struct source_status *status)
{
	struct source_progress progress = instance_progress(s);
	int64_t now_ms = clock_now().mono_ms;
	int reason;

	*status = (struct source_status){
		.state = progress.state,
		.is_ready = progress.state == SOURCE_OPEN ||
			    progress.state == SOURCE_SUBSCRIBED,
		.connects = progress.connects,
		.gaps = progress.gaps,
		.renewals = progress.renewals,
		.messages = atomic_load(&s->stats.batches),
		.flows = atomic_load(&s->stats.flows),
		.bytes = atomic_load(&s->stats.bytes),
		.bad_messages = atomic_load(&s->stats.bad_messages),
		.layers_dropped = atomic_load(&s->stats.layers_dropped),
		.kernel_drops = progress.kernel_drops,
		.partitions = progress.partitions,
	};
	for (reason = 0; reason < BAD_FLOW_REASONS; reason++)
		status->bad_flows[reason] = atomic_load(&s->stats.bad_flows[reason]);
	if (progress.half_silent_ms)
		status->half_silent_s = (now_ms - progress.half_silent_ms) / 1000;
	if (status->is_ready)
		return;
	status->down_s = (now_ms - progress.down_since_ms) / 1000;
	snprintf(status->error, sizeof(status->error), "%s", progress.why);
}
