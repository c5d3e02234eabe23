/* SPDX-License-Identifier: Apache-2.0 */
/* subscription.c - see subscription.h. */
#include <errno.h>
#include <stdlib.h>
#include "flow/decode.h"
#include "source/player.h"
#include "subscription.h"

struct subscription {
	struct subscriber_options options;
	struct batch_account *account;
	struct log *log;
	struct router *router;
	struct subscription_stats stats;
	struct subscriber *subscriber;
	struct player *player;
};

struct subscription *subscription_new(const struct subscriber_options *options,
				      struct batch_account *account, struct log *log)
{
	struct subscription *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->options = *options;
	s->account = account;
	s->log = log;
	s->router = router_new();
	if (s->router)
		return s;
	free(s);
	return NULL;
}

void subscription_free(struct subscription *s)
{
	if (!s)
		return;
	subscription_stop(s);
	router_free(s->router);
	free(s);
}

int subscription_add(struct subscription *s, struct receiver *receiver,
		     struct str capture_id)
{
	return router_add(s->router, receiver, capture_id);
}

static void count(struct subscription *s, const struct batch *batch)
{
	int reason;

	atomic_fetch_add(&s->stats.batches, 1);
	atomic_fetch_add(&s->stats.flows, (int64_t)batch->count);
	for (reason = 0; reason < BAD_FLOW_REASONS; reason++)
		atomic_fetch_add(&s->stats.bad_flows[reason], (int64_t)batch->bad[reason]);
}

static void log_bad(struct subscription *s, const struct batch *batch)
{
	size_t bad = 0;
	int reason;

	for (reason = 0; reason < BAD_FLOW_REASONS; reason++)
		bad += batch->bad[reason];
	if (bad)
		log_write(s->log, LOG_WARNING, "source=" STR_FMT " bad_flows=%zu type=%zu "
			  "number=%zu protocol=%zu null=%zu; the other flows of the "
			  "message are kept", STR_ARG(s->options.url.host), bad,
			  batch->bad[BAD_FLOW_TYPE], batch->bad[BAD_FLOW_NUMBER],
			  batch->bad[BAD_FLOW_PROTOCOL], batch->bad[BAD_FLOW_NULL]);
}

static void bad_message(struct subscription *s, const struct err *err)
{
	atomic_fetch_add(&s->stats.bad_messages, 1);
	log_write(s->log, LOG_WARNING, "source=" STR_FMT " bad_message=\"%s\"",
		  STR_ARG(s->options.url.host), err->text);
}

/* Fills the batch from the message it owns. */
static enum heard decode(struct subscription *s, struct batch *batch, struct str bytes,
			 enum recording_kind kind)
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

	if (!batch) {
		bad_message(s, &no_memory);
		return HEARD_OTHER;
	}
	heard = decode(s, batch, bytes, kind);
	count(s, batch);
	log_bad(s, batch);
	if (batch->count) {
		if (!router_deliver(s->router, batch))
			bad_message(s, &no_memory);
	} else {
		batch_done(batch);
		batch_unref(batch);
	}
	return heard;
}

static enum heard from_websocket(void *context, char *message, size_t size,
				 enum framing framing)
{
	return subscription_deliver(context, message, size, framing == FRAMING_JSON ?
				    RECORDING_JSON : RECORDING_PROTOBUF);
}

static void from_recording(void *context, char *message, size_t size,
			   enum recording_kind kind)
{
	subscription_deliver(context, message, size, kind);
}

int subscription_start(struct subscription *s, struct err *err)
{
	if (s->options.url.scheme == SOURCE_FILE) {
		s->player = player_start(s->options.url.target, from_recording, s, s->log,
					 err);
		return s->player ? 0 : -EINVAL;
	}
	s->options.deliver = from_websocket;
	s->options.context = s;
	s->options.log = s->log;
	s->subscriber = subscriber_start(&s->options, err);
	return s->subscriber ? 0 : -EINVAL;
}

void subscription_stop(struct subscription *s)
{
	subscriber_stop(s->subscriber);
	player_stop(s->player);
	s->subscriber = NULL;
	s->player = NULL;
}

bool subscription_is_ready(const struct subscription *s)
{
	return !s->subscriber || subscriber_stats(s->subscriber)->connects > 0;
}

const struct subscription_stats *subscription_stats(const struct subscription *s)
{
	return &s->stats;
}
