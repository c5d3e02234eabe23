/* SPDX-License-Identifier: Apache-2.0 */
/* subscription.c - see subscription.h. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include "flow/decode.h"
#include "source/datagram.h"
#include "source/player.h"
#include "source/subscription.h"

#define OPTIONS_MAX ((size_t)1 << 20)

struct subscription {
	struct arena arena; /* of the options' strings */
	struct subscriber_options options;
	struct tls_files tls;
	struct batch_account *account;
	struct log *log;
	pthread_mutex_t lock; /* of the router */
	struct router *router;
	struct subscription_stats stats;
	struct subscriber_stats connection; /* of the websocket */
	struct subscriber *subscriber;
	struct player *player;
	struct datagram *datagram;
};

static const char *copy_path(struct arena *arena, const char *path)
{
	return path ? arena_str(arena, str_of(path)).ptr : NULL;
}

static int copy_options(struct subscription *s, const struct subscriber_options *from)
{
	struct subscriber_options *to = &s->options;
	struct err ignored = ERR_INIT;

	*to = *from;
	to->log = s->log;
	to->host_id = arena_str(&s->arena, from->host_id);
	to->username = arena_str(&s->arena, from->username);
	to->password = arena_str(&s->arena, from->password);
	to->cookie = arena_str(&s->arena, from->cookie);
	if (from->tls) {
		s->tls = (struct tls_files){
			.ca_cert = copy_path(&s->arena, from->tls->ca_cert),
			.client_cert = copy_path(&s->arena, from->tls->client_cert),
			.client_key = copy_path(&s->arena, from->tls->client_key),
		};
		to->tls = &s->tls;
	}
	source_url_parse(arena_str(&s->arena, from->url.text), &to->url, &ignored);
	return arena_error(&s->arena);
}

struct subscription *subscription_new(const struct subscriber_options *options,
				      struct batch_account *account, struct log *log)
{
	struct subscription *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->arena = (struct arena)ARENA_INIT(OPTIONS_MAX);
	s->account = account;
	s->log = log;
	pthread_mutex_init(&s->lock, NULL);
	s->router = router_new();
	if (s->router && copy_options(s, options) == 0)
		return s;
	subscription_free(s);
	return NULL;
}

void subscription_free(struct subscription *s)
{
	if (!s)
		return;
	subscription_stop(s);
	router_free(s->router);
	pthread_mutex_destroy(&s->lock);
	arena_fini(&s->arena);
	free(s);
}

bool subscription_is(const struct subscription *s,
		     const struct subscriber_options *options)
{
	return str_equal(s->options.url.text, options->url.text) &&
	       s->options.framing == options->framing &&
	       s->options.starvation_ms == options->starvation_ms;
}

struct str subscription_url(const struct subscription *s)
{
	return s->options.url.text;
}

void subscription_route(struct subscription *s, struct router *router)
{
	struct router *old;

	pthread_mutex_lock(&s->lock);
	old = s->router;
	s->router = router;
	pthread_mutex_unlock(&s->lock);
	router_free(old);
}

static void subscription_count(struct subscription *s, const struct batch *batch)
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

/* Flows that could not be decoded: who would have got them is not known. */
static void tell_bad(struct subscription *s, const struct batch *batch)
{
	size_t bad = 0;
	int reason;

	for (reason = 0; reason < BAD_FLOW_REASONS; reason++)
		bad += batch->bad[reason];
	if (!bad)
		return;
	pthread_mutex_lock(&s->lock);
	router_lose(s->router, (int64_t)bad);
	pthread_mutex_unlock(&s->lock);
	log_write(s->log, LOG_WARNING,
		  "source=" STR_FMT " bad_flows=%zu type=%zu number=%zu "
		  "protocol=%zu null=%zu; the other flows of the message are kept",
		  STR_ARG(s->options.url.text), bad, batch->bad[BAD_FLOW_TYPE],
		  batch->bad[BAD_FLOW_NUMBER], batch->bad[BAD_FLOW_PROTOCOL],
		  batch->bad[BAD_FLOW_NULL]);
}

static void bad_message(struct subscription *s, const struct err *err)
{
	atomic_fetch_add(&s->stats.bad_messages, 1);
	log_write(s->log, LOG_WARNING, "source=" STR_FMT " bad_message=\"%s\"",
		  STR_ARG(s->options.url.text), err->text);
}

/* Fills the batch from the message it owns. */
static enum heard subscription_decode(struct subscription *s, struct batch *batch,
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
		else if (!error && !message.is_protobuf)
			error = decode_json(message.obj, batch, &err);
	}
	if (error)
		bad_message(s, &err);
	return heard;
}

enum heard subscription_deliver(struct subscription *s, char *message, size_t size,
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
	heard = subscription_decode(s, batch, bytes, kind);
	subscription_count(s, batch);
	tell_bad(s, batch);
	pthread_mutex_lock(&s->lock);
	is_lost = !router_deliver(s->router, batch);
	pthread_mutex_unlock(&s->lock);
	if (is_lost)
		bad_message(s, &no_memory);
	return heard;
}

static enum heard from_websocket(void *context, char *message, size_t size,
				 enum framing framing)
{
	return subscription_deliver(context, message, size,
				    framing == FRAMING_JSON ? RECORDING_JSON
							    : RECORDING_PROTOBUF);
}

static void from_recording(void *context, char *message, size_t size,
			   enum recording_kind kind)
{
	subscription_deliver(context, message, size, kind);
}

static void from_datagram(void *context, char *message, size_t size)
{
	subscription_deliver(context, message, size, RECORDING_FLOWS);
}

static int start_datagram(struct subscription *s, struct err *err)
{
	const struct datagram_options options = {
		.url = s->options.url,
		.deliver = from_datagram,
		.context = s,
		.log = s->log,
		.kernel_drops = &s->stats.kernel_drops,
	};

	s->datagram = datagram_start(&options, err);
	return s->datagram ? 0 : -EINVAL;
}

int subscription_start(struct subscription *s, struct err *err)
{
	if (s->subscriber || s->player || s->datagram)
		return 0;
	switch (s->options.url.scheme) {
	case SOURCE_FILE:
		s->player = player_start(s->options.url.path, from_recording, s, s->log,
					 err);
		return s->player ? 0 : -EINVAL;
	case SOURCE_UDP:
	case SOURCE_UNIXGRAM:
		return start_datagram(s, err);
	default:
		s->options.deliver = from_websocket;
		s->options.context = s;
		s->options.stats = &s->connection;
		s->subscriber = subscriber_start(&s->options, err);
		return s->subscriber ? 0 : -EINVAL;
	}
}

void subscription_stop(struct subscription *s)
{
	subscriber_stop(s->subscriber);
	player_stop(s->player);
	datagram_stop(s->datagram);
	s->subscriber = NULL;
	s->player = NULL;
	s->datagram = NULL;
}

bool subscription_is_ready(const struct subscription *s)
{
	return !source_url_is_websocket(&s->options.url) ||
	       atomic_load(&s->connection.connects) > 0;
}

const struct subscription_stats *subscription_stats(const struct subscription *s)
{
	return &s->stats;
}

const struct subscriber_stats *subscription_connection(const struct subscription *s)
{
	return source_url_is_websocket(&s->options.url) ? &s->connection : NULL;
}

static const char *subscription_state_of(const struct subscription *s)
{
	if (!source_url_is_websocket(&s->options.url))
		return "open";
	if (atomic_load(&s->connection.is_starved))
		return "starved";
	return atomic_load(&s->connection.is_subscribed) ? "subscribed" : "connecting";
}

void subscription_status(const struct subscription *s, struct subscription_status *status)
{
	int reason;

	*status = (struct subscription_status){
		.state = subscription_state_of(s),
		.connects = atomic_load(&s->connection.connects),
		.gaps = atomic_load(&s->connection.gaps),
		.renewals = atomic_load(&s->connection.renewals),
		.messages = atomic_load(&s->stats.batches),
		.flows = atomic_load(&s->stats.flows),
		.bytes = atomic_load(&s->stats.bytes),
		.bad_messages = atomic_load(&s->stats.bad_messages),
		.layers_dropped = atomic_load(&s->stats.layers_dropped),
		.kernel_drops = atomic_load(&s->stats.kernel_drops),
	};
	for (reason = 0; reason < BAD_FLOW_REASONS; reason++)
		status->bad_flows[reason] = atomic_load(&s->stats.bad_flows[reason]);
	status->is_ready = strcmp(status->state, "open") == 0 ||
			   strcmp(status->state, "subscribed") == 0;
}
