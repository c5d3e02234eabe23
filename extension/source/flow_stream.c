/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream.c - see flow_stream.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include "source/flow_stream_private.h"
#include "source/registry.h"
#include "source/watchdog.h"
#include "sys/clock.h"

#define FLOW_PATH "/ws/subscriber/flow"

struct flow_stream {
	struct source_parts parts;
	struct flow_stream_options options;
	struct session *session; /* NULL: it is stopped */
	struct session_counters counters;
	_Atomic int64_t renewals;
	atomic_bool is_starved;
	_Atomic int64_t half_silent_ms; /* see struct source_progress */
	struct outage outage;

	/* The session's thread's own. */
	struct watchdog watchdog;
	bool has_connection; /* the watchdog knows of it */
	int64_t connects;    /* up to the last ending */
	enum suspicion suspicion;
	int64_t suspected_ms;
};

static const struct url_scheme flow_stream_schemes[] = {
	{ "ws", URL_HOST, false, FLOW_PATH },
	{ "wss", URL_HOST, true, FLOW_PATH },
	{ "ws+unix", URL_SOCKET, false, FLOW_PATH },
	{ 0 },
};

static void flow_stream_begin(struct flow_stream *f, int64_t now_ms)
{
	uint16_t random = UINT16_MAX / 2;

	if (f->has_connection)
		return;
	f->has_connection = true;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT16_MAX / 2;
	watchdog_admitted(&f->watchdog, now_ms, random);
	if (atomic_load(&f->is_starved))
		outage_explain(&f->outage,
			       "subscribed again, and nothing has come since");
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
	if (heard == HEARD_OTHER)
		return;
	flow_stream_begin(f, piece->mono_ms);
	watchdog_heard(&f->watchdog, piece->mono_ms, heard == HEARD_STATS);
	if (heard == HEARD_STATS)
		atomic_store(&f->half_silent_ms, 0);
	atomic_store(&f->is_starved, false);
}

static bool flow_stream_is_starved(void *context, int64_t since_ms, int64_t now_ms,
				   int64_t *until_ms, struct err *err)
{
	struct flow_stream *f = context;

	flow_stream_begin(f, since_ms);
	f->suspicion = watchdog_look(&f->watchdog, now_ms, until_ms);
	f->suspected_ms = now_ms;
	atomic_store(&f->half_silent_ms, watchdog_lacks_stats_since(&f->watchdog));
	if (f->suspicion == SUSPICION_SILENCE)
		err_set(err,
			"connected, but neither flows nor stats for %lld ms, longer "
			"than this stream is ever silent: another subscriber left "
			"the analyzer, which costs all others what is sent until "
			"they subscribe again, or all captures stopped; subscribing "
			"again",
			(long long)(now_ms - watchdog_since(&f->watchdog)));
	if (f->suspicion == SUSPICION_NO_STATS)
		err_set(err,
			"two stats in a row are missing: another subscriber left the "
			"analyzer; subscribing again");
	if (f->suspicion == SUSPICION_NONE)
		return false;
	/* Pages say so from here on: closing and subscribing again take their time. */
	if (!atomic_load(&f->is_starved) && watchdog_misses(&f->watchdog)) {
		outage_begin(&f->outage, watchdog_since(&f->watchdog), err->text);
		atomic_store(&f->is_starved, true);
	}
	return true;
}

/* Go exporters subscribe to "flow/<capture_id>", which nobody but they opens. */
static void flow_stream_warn_once(struct flow_stream *f)
{
	if (atomic_fetch_add(&f->renewals, 1) == 0)
		log_write(f->parts.log, LOG_WARNING,
			  "source=" STR_FMT " renewals=1 each renewal or restart of this "
			  "exporter silences Go exporters with a capture_id on this "
			  "analyzer until they are restarted",
			  STR_ARG(f->parts.url.shown));
}

/* An outage begins when an admitted connection ends, unless it was starved. */
static void flow_stream_note_outage(struct flow_stream *f, const struct err *why)
{
	int64_t connects = atomic_load(&f->counters.connects);

	if (connects != f->connects && !atomic_load(&f->is_starved))
		outage_begin(&f->outage, clock_now().mono_ms, why->text);
	else
		outage_explain(&f->outage, why->text);
	f->connects = connects;
}

static void flow_stream_ended(void *context, struct session *session, enum ending ending,
			      const struct err *why)
{
	struct flow_stream *f = context;

	(void)session;
	flow_stream_note_outage(f, why);
	f->has_connection = false;
	if (ending != ENDING_STARVED)
		return;
	watchdog_renewed(&f->watchdog, f->suspected_ms, f->suspicion);
	flow_stream_warn_once(f);
}

static const struct session_user flow_stream_user = {
	.hear = flow_stream_hear,
	.is_starved = flow_stream_is_starved,
	.ended = flow_stream_ended,
};

static void *flow_stream_new(const struct source_parts *parts)
{
	struct flow_stream *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->parts = *parts;
	f->options = *(const struct flow_stream_options *)parts->options;
	f->parts.options = &f->options;
	outage_init(&f->outage);
	return f;
}

static void flow_stream_free(void *state)
{
	struct flow_stream *f = state;

	if (!f)
		return;
	outage_fini(&f->outage);
	free(f);
}

static int flow_stream_start(void *state, struct err *err)
{
	struct flow_stream *f = state;
	struct session_options ask;

	flow_stream_ask(&f->parts, &ask);
	ask.user = &flow_stream_user;
	ask.context = f;
	ask.counters = &f->counters;
	watchdog_init(&f->watchdog, f->options.starvation_ms);
	outage_begin(&f->outage, clock_now().mono_ms, "");
	f->session = session_start(&ask, err);
	return f->session ? 0 : -EINVAL;
}

static void flow_stream_halt(void *state)
{
	session_halt(((struct flow_stream *)state)->session);
}

static void flow_stream_stop(void *state)
{
	struct flow_stream *f = state;

	session_stop(f->session);
	f->session = NULL;
}

static void flow_stream_progress(void *state, struct source_progress *progress)
{
	struct flow_stream *f = state;

	progress->state = atomic_load(&f->is_starved)		  ? SOURCE_STARVED
			  : atomic_load(&f->counters.is_admitted) ? SOURCE_SUBSCRIBED
								  : SOURCE_CONNECTING;
	progress->connects = atomic_load(&f->counters.connects);
	progress->gaps = atomic_load(&f->counters.gaps);
	progress->renewals = atomic_load(&f->renewals);
	progress->half_silent_ms = atomic_load(&f->half_silent_ms);
	if (progress->state != SOURCE_SUBSCRIBED)
		progress->down_since_ms = outage_read(&f->outage, progress->why);
}

const struct source source_flow_stream = {
	.name = "flow_stream",
	.example = "ws://host:port" FLOW_PATH,
	.schemes = flow_stream_schemes,
	.options = &flow_stream_shape,
	.new = flow_stream_new,
	.free = flow_stream_free,
	.start = flow_stream_start,
	.halt = flow_stream_halt,
	.stop = flow_stream_stop,
	.progress = flow_stream_progress,
	.probe = flow_stream_probe,
};
