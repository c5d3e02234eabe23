/* SPDX-License-Identifier: Apache-2.0 */
/* subscription.c - the user of the mirror's session: what is asked, and what is done
 * with what comes. See mirror.h.
 */
#include <errno.h>
#include "mirror/mirror_private.h"
#include "sys/clock.h"

#define MESSAGE_MAX ((size_t)4 << 30)
#define PIECE_MAX   ((size_t)256 << 10)

static void mirror_hear(void *context, struct session *session,
			const struct session_piece *piece)
{
	struct mirror *m = context;
	struct now now = clock_now();
	struct generation *target;
	struct err err = ERR_INIT;
	uint64_t syncs;
	int error;

	(void)session;
	pthread_mutex_lock(&m->change);
	m->heard_ms = piece->mono_ms;
	target = mirror_target(m);
	if (!target || m->has_failed) {
		pthread_mutex_unlock(&m->change);
		return;
	}
	syncs = target->feed.events[FEED_SYNC];
	error = feed_hear(&target->feed, piece->bytes, piece->is_text, piece->is_last,
			  now.wall_ms, &err);
	if (error == -ENOMEM)
		mirror_refuse(m, now.mono_ms, MIRROR_TOO_LARGE);
	else if (target->feed.has_bad_reply)
		mirror_refuse(m, now.mono_ms, err.text);
	if (!error && target->feed.events[FEED_SYNC] != syncs) {
		sync_done(&m->sync, m->parts.resync_ms, &m->counters.resyncs_period,
			  now.mono_ms);
		stale_clear(&m->stale);
		mirror_advance(m);
	}
	pthread_mutex_unlock(&m->change);
}

static void ask_for_all(struct mirror *m, struct session *session, const char *uuid)
{
	struct buf text = BUF_INIT(512);
	struct generation *target = mirror_target(m);

	feed_expect(&target->feed, uuid);
	feed_put_request(&text, uuid);
	session_say(session, buf_str(&text));
	buf_fini(&text);
}

static void mirror_tick(void *context, struct session *session, int64_t now_ms,
			int64_t *until_ms)
{
	struct buf question = BUF_INIT(64 * 1024);
	struct mirror *m = context;
	bool asks = false;
	char uuid[64];

	pthread_mutex_lock(&m->change);
	if (mirror_target(m) && !m->has_failed) {
		if (m->stale.is_too_many)
			sync_soon(&m->sync, &m->counters.resyncs_stale, now_ms);
		if (sync_is_due(&m->sync, now_ms, uuid, until_ms))
			ask_for_all(m, session, uuid);
		asks = stale_ask(&m->stale, &question, now_ms, until_ms);
	}
	mirror_expire(m, clock_now().wall_ms);
	pthread_mutex_unlock(&m->change);
	if (asks)
		m->parts.fetch(m->parts.context, buf_str(&question));
	buf_fini(&question);
}

static bool mirror_is_starved(void *context, int64_t since_ms, int64_t now_ms,
			      int64_t *until_ms, struct err *err)
{
	struct mirror *m = context;
	bool is_starved;

	(void)since_ms;
	pthread_mutex_lock(&m->change);
	is_starved = m->has_failed;
	if (is_starved)
		err_set(err, "%s", m->counters.error);
	else if (sync_is_late(&m->sync, m->heard_ms, now_ms, until_ms)) {
		err_set(err, "no SyncReply for 15 s");
		is_starved = true;
	}
	pthread_mutex_unlock(&m->change);
	return is_starved;
}

static void use_next_analyzer(struct mirror *m, struct session *session)
{
	m->url = (m->url + 1) % m->parts.urls;
	session_redirect(session, &m->parts.url[m->url]);
}

/* What the next connection begins with. */
static void mirror_ended(void *context, struct session *session, enum ending ending,
			 const struct err *why)
{
	struct mirror *m = context;
	int64_t now_ms = clock_now().mono_ms;

	pthread_mutex_lock(&m->change);
	if (mirror_target(m))
		feed_break(&mirror_target(m)->feed);
	if (ending == ENDING_REFUSED || ending == ENDING_NO_ANALYZER)
		mirror_refuse(m, now_ms, why->text);
	else if (sync_broke(&m->sync) && !m->has_failed)
		mirror_refuse(
			m, now_ms,
			"the connection was lost twice in the middle of a SyncReply");
	if (ending == ENDING_UNREACHABLE || ending == ENDING_LOST)
		use_next_analyzer(m, session);
	m->has_failed = false;
	mirror_settle(m);
	sync_restart(&m->sync, &m->counters.resyncs_connect, now_ms);
	pthread_mutex_unlock(&m->change);
}

static int64_t mirror_pause(void *context, enum ending ending, int64_t usual_ms)
{
	struct mirror *m = context;
	int64_t now_ms = clock_now().mono_ms, left_ms;

	pthread_mutex_lock(&m->change);
	left_ms = m->refused_until_ms - now_ms;
	pthread_mutex_unlock(&m->change);
	/* Who did not get its reply is not to ask for another at once. */
	if (ending == ENDING_STARVED && usual_ms < 30000)
		usual_ms = 30000;
	return left_ms > usual_ms ? left_ms : usual_ms;
}

static const struct session_user subscription_user = {
	.hear = mirror_hear,
	.tick = mirror_tick,
	.is_starved = mirror_is_starved,
	.ended = mirror_ended,
	.pause = mirror_pause,
};

int subscription_start(struct mirror *m, struct err *err)
{
	static const char *const namespaces[] = { FEED_NAMESPACE, NULL };
	const struct session_options options = {
		.url = m->parts.url[m->url],
		.identity = m->parts.identity,
		.protocol = "json",
		.namespaces = namespaces,
		.headers = FEED_HEADERS,
		.message_max = MESSAGE_MAX,
		.piece_max = PIECE_MAX,
		.user = &subscription_user,
		.context = m,
		.counters = &m->session_counters,
		.what = "mirror",
		.is_quiet = true,
		.log = m->parts.log,
	};

	if (m->session)
		return 0;
	sync_restart(&m->sync, &m->counters.resyncs_connect, clock_now().mono_ms);
	m->session = session_start(&options, err);
	return m->session ? 0 : -EINVAL;
}
