/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream.c - see flow_stream.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include "source/flow_stream.h"
#include "source/flow_stream_probe.h"
#include "source/registry.h"

#define FLOW_PATH      "/ws/subscriber/flow"
#define STARVED_MAX_MS 600000
#define MESSAGE_MAX    ((size_t)64 << 20)

struct flow_stream {
	struct source_parts parts;
	struct flow_stream_options options;
	struct session *session; /* NULL: it is stopped */
	struct session_counters counters;
	_Atomic int64_t renewals;
	atomic_bool is_starved;

	/* The session's thread's own. */
	int64_t usual_ms; /* grows with every fruitless renewal */
	bool knows_stats; /* they came once, so they will come again */
	bool has_renewed; /* because nothing came */

	/* Of the connection. */
	bool has_flows, has_stats;
	int64_t fed_ms;	       /* flows or stats, monotonic */
	int64_t starvation_ms; /* usual_ms ± 20 % */
};

const struct flow_stream_options flow_stream_defaults = { .starvation_ms = 35000 };

static const char *const protocol_names[] = { "protobuf", "json", NULL };

static const struct shape flow_stream_shape = {
	.name = "subscriber",
	.size = sizeof(struct flow_stream_options),
	.fields =
		(const struct field[]){
			OPTION_ENUM(struct flow_stream_options, protocol, "protocol", 0,
				    protocol_names, "framing of the websocket"),
			OPTION_RANGE(
				struct flow_stream_options, starvation_ms,
				"starvation_timeout", FIELD_DURATION, 0, 86400000,
				"without flows and stats the subscription is renewed; 0: off"),
			{ 0 },
		},
	.defaults = &flow_stream_defaults,
};

static const struct url_scheme flow_stream_schemes[] = {
	{ "ws", URL_HOST, false, FLOW_PATH },
	{ "wss", URL_HOST, true, FLOW_PATH },
	{ "ws+unix", URL_SOCKET, false, FLOW_PATH },
	{ 0 },
};

static void flow_stream_begin(struct flow_stream *f)
{
	uint16_t random = UINT16_MAX / 2;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT16_MAX / 2;
	f->has_flows = f->has_stats = false;
	f->fed_ms = 0;
	f->starvation_ms = f->usual_ms * 4 / 5 +
			   f->usual_ms * 2 / 5 * random / UINT16_MAX;
}

static void flow_stream_hear(void *context, struct session *session,
			     const struct session_piece *piece)
{
	struct flow_stream *f = context;
	enum heard heard;

	/* One piece is a whole message: see flow_stream_start(). */
	heard = f->parts.deliver(f->parts.context, session_take(session),
				 piece->bytes.len,
				 piece->is_text ? RECORDING_JSON : RECORDING_PROTOBUF);
	f->has_flows |= heard == HEARD_FLOWS;
	f->has_stats |= heard == HEARD_STATS;
	if (heard == HEARD_OTHER)
		return;
	f->fed_ms = piece->mono_ms;
	atomic_store(&f->is_starved, false);
}

static bool flow_stream_is_starved(void *context, int64_t since_ms, int64_t now_ms,
				   int64_t *until_ms, struct err *err)
{
	const struct flow_stream *f = context;
	int64_t fed_ms = f->fed_ms > since_ms ? f->fed_ms : since_ms;

	if (!f->starvation_ms || !(f->has_stats || f->knows_stats || !f->has_renewed))
		return false;
	if (fed_ms + f->starvation_ms < *until_ms)
		*until_ms = fed_ms + f->starvation_ms;
	if (now_ms < fed_ms + f->starvation_ms)
		return false;
	err_set(err,
		"connected, but neither flows nor stats for %lld s: another "
		"subscriber left, or all captures stopped; subscribing again",
		(long long)(now_ms - fed_ms) / 1000);
	return true;
}

/* Fruitless renewals come less and less often; what comes makes them frequent
 * again. An analyzer that never said anything may have nothing to say. */
static void flow_stream_ended(void *context, enum ending ending, const struct err *why)
{
	struct flow_stream *f = context;
	int64_t usual = f->options.starvation_ms;

	(void)why;
	f->knows_stats |= f->has_stats;
	if (ending == ENDING_STARVED) {
		f->has_renewed = true;
		atomic_fetch_add(&f->renewals, 1);
		atomic_store(&f->is_starved, f->knows_stats);
		f->usual_ms = f->usual_ms * 2 < STARVED_MAX_MS ? f->usual_ms * 2
							       : STARVED_MAX_MS;
	}
	if (f->usual_ms < usual || f->has_flows || f->has_stats)
		f->usual_ms = usual;
	flow_stream_begin(f);
}

static const struct session_user flow_stream_user = {
	.hear = flow_stream_hear,
	.is_starved = flow_stream_is_starved,
	.ended = flow_stream_ended,
};

void flow_stream_ask(const struct source_parts *parts, struct session_options *ask)
{
	static const char *const namespaces[] = { "flow", "stats", NULL };
	const struct flow_stream_options *options = parts->options;

	*ask = (struct session_options){
		.url = parts->url,
		.identity = parts->identity,
		.protocol = protocol_names[options->protocol],
		.namespaces = namespaces,
		.message_max = MESSAGE_MAX,
		.piece_max = MESSAGE_MAX,
		.what = "source",
		.log = parts->log,
	};
}

static void *flow_stream_new(const struct source_parts *parts)
{
	struct flow_stream *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->parts = *parts;
	f->options = *(const struct flow_stream_options *)parts->options;
	f->parts.options = &f->options;
	return f;
}

static int flow_stream_start(void *state, struct err *err)
{
	struct flow_stream *f = state;
	struct session_options ask;

	flow_stream_ask(&f->parts, &ask);
	ask.user = &flow_stream_user;
	ask.context = f;
	ask.counters = &f->counters;
	f->usual_ms = f->options.starvation_ms;
	flow_stream_begin(f);
	f->session = session_start(&ask, err);
	return f->session ? 0 : -EINVAL;
}

static void flow_stream_stop(void *state)
{
	struct flow_stream *f = state;

	session_stop(f->session);
	f->session = NULL;
}

static void flow_stream_progress(const void *state, struct source_progress *progress)
{
	const struct flow_stream *f = state;

	progress->state = atomic_load(&f->is_starved)		  ? SOURCE_STARVED
			  : atomic_load(&f->counters.is_admitted) ? SOURCE_SUBSCRIBED
								  : SOURCE_CONNECTING;
	progress->connects = atomic_load(&f->counters.connects);
	progress->gaps = atomic_load(&f->counters.gaps);
	progress->renewals = atomic_load(&f->renewals);
}

const struct source source_flow_stream = {
	.name = "flow_stream",
	.example = "ws://host:port" FLOW_PATH,
	.schemes = flow_stream_schemes,
	.options = &flow_stream_shape,
	.new = flow_stream_new,
	.free = free,
	.start = flow_stream_start,
	.stop = flow_stream_stop,
	.progress = flow_stream_progress,
	.probe = flow_stream_probe,
};
