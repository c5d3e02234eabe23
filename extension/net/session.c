/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - one connection after the other. See session.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "net/credentials.h"
#include "net/session_private.h"
#include "sys/clock.h"
#include "sys/spread.h"
#include "sys/thread.h"

#define RETRY_MIN_MS  1000
#define RETRY_SOON_MS 5000 /* an analyzer that is away comes back */
#define RETRY_MAX_MS  30000
#define REFUSED_MS    30000 /* somebody must change something first */
#define IN_USE_LOG_MS 60000
#define IN_USE_MIN_MS 50 /* 50, 100, 200, 400, then as usual */
#define IN_USE_MAX_MS 400

static const char *const ending_names[] = {
	[ENDING_NONE] = "open",
	[ENDING_STOPPED] = "stopped",
	[ENDING_UNREACHABLE] = "unreachable",
	[ENDING_NO_ANALYZER] = "no-analyzer",
	[ENDING_IN_USE] = "host-id-in-use",
	[ENDING_REFUSED] = "refused",
	[ENDING_LOST] = "lost",
	[ENDING_STARVED] = "starved",
};

static void pause_for(struct session *s, int64_t ms)
{
	struct pollfd wake = { .fd = s->wake_fd, .events = POLLIN };

	if (!atomic_load(&s->is_stopping))
		poll(&wake, 1, (int)ms);
}

static int64_t session_backoff(struct session *s, int64_t max_ms)
{
	int64_t ms = s->retry_ms < max_ms ? s->retry_ms : max_ms;

	s->retry_ms = ms * 2;
	return RETRY_MIN_MS + spread_time(ms) - ms * 4 / 5;
}

/* Until the analyzer has cleaned up. While it is starved each moment costs flows. */
static int64_t pause_in_use(struct session *s)
{
	int64_t ms = s->in_use_pause_ms;

	if (!ms)
		return spread_time(RETRY_MIN_MS);
	s->in_use_pause_ms = ms < IN_USE_MAX_MS ? ms * 2 : 0;
	return ms;
}

/* How long to wait after an ending. */
static int64_t pause_after(struct session *s, enum ending ending, struct now now)
{
	if (ending != ENDING_IN_USE)
		s->in_use_since_ms = 0;
	switch (ending) {
	case ENDING_STARVED:
		s->in_use_pause_ms = IN_USE_MIN_MS;
		return 0; /* the analyzer has forgotten us already */
	case ENDING_IN_USE:
		if (!s->in_use_since_ms)
			s->in_use_since_ms = now.mono_ms;
		return pause_in_use(s);
	case ENDING_REFUSED:
		return spread_time(REFUSED_MS);
	case ENDING_LOST:
		s->retry_ms = RETRY_MIN_MS;
		return RETRY_MIN_MS + spread_time(RETRY_MIN_MS) / 4;
	case ENDING_UNREACHABLE:
		return session_backoff(s, RETRY_SOON_MS);
	default:
		return session_backoff(s, RETRY_MAX_MS);
	}
}

static void log_ending(struct session *s, enum ending ending, const struct err *err,
		       struct now now)
{
	enum log_level level = LOG_WARNING;

	if (ending == ENDING_STOPPED)
		return;
	if (ending == ENDING_REFUSED)
		level = LOG_ERROR;
	if (s->options.is_quiet)
		level = LOG_DEBUG;
	if (ending == ENDING_IN_USE &&
	    (!s->in_use_since_ms || now.mono_ms - s->in_use_since_ms < IN_USE_LOG_MS))
		level = LOG_DEBUG; /* normal for a while after a loss */
	else if (!log_once_is_new(&s->said, err->text))
		return;
	log_write(s->options.log, level, "%s=" STR_FMT " state=%s error=\"%s\"",
		  s->options.what, STR_ARG(s->options.url.shown), ending_names[ending],
		  LOG_QUOTED(err->text));
}

static void *session_thread(void *argument)
{
	struct session *s = argument;
	const struct session_user *user = s->options.user;
	int64_t pause_ms;

	thread_raise();
	s->retry_ms = RETRY_MIN_MS;
	while (!atomic_load(&s->is_stopping)) {
		struct err err = ERR_INIT;
		enum ending ending = session_run(s, &err);
		struct now now = clock_now();

		if (s->is_admitted) {
			log_once_clear(&s->said);
			if (ending != ENDING_STOPPED)
				atomic_fetch_add(&s->options.counters->gaps, 1);
		}
		log_ending(s, ending, &err, now);
		if (user->ended)
			user->ended(s->options.context, s, ending, &err);
		pause_ms = pause_after(s, ending, now);
		if (user->pause)
			pause_ms = user->pause(s->options.context, ending, pause_ms);
		pause_for(s, pause_ms);
	}
	return NULL;
}

static void session_free(struct session *s)
{
	credentials_forget(&s->out);
	credentials_forget(&s->token);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	free(s);
}

struct session *session_start(const struct session_options *options, struct err *err)
{
	struct session *s = calloc(1, sizeof(*s));
	int error;

	if (!s) {
		err_set(err, "out of memory");
		return NULL;
	}
	s->options = *options;
	s->out = (struct buf)BUF_INIT(64 * 1024);
	s->token = (struct buf)BUF_INIT(TOKEN_MAX);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = s->wake_fd < 0
			? -errno
			: thread_start(&s->thread, options->what, session_thread, s);
	if (!error)
		return s;
	err_set(err, "cannot start the %s: %s", options->what, strerror(-error));
	session_free(s);
	return NULL;
}

void session_redirect(struct session *s, const struct url *url)
{
	s->options.url = *url;
}

void session_halt(struct session *s)
{
	uint64_t one = 1;

	if (!s)
		return;
	atomic_store(&s->is_stopping, true);
	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		log_write(s->options.log, LOG_DEBUG, "%s=%s", s->options.what,
			  strerror(errno));
}

void session_stop(struct session *s)
{
	if (!s)
		return;
	session_halt(s);
	pthread_join(s->thread, NULL);
	session_free(s);
}
