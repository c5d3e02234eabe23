/* SPDX-License-Identifier: Apache-2.0 */
/* subscriber.c - the subscription's life. See subscriber.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>
#include "base/log_once.h"
#include "net/session.h"
#include "source/subscriber.h"
#include "sys/clock.h"
#include "sys/thread.h"

#define RETRY_MIN_MS   1000
#define RETRY_MAX_MS   30000
#define REFUSED_MS     30000 /* somebody must change something first */
#define IN_USE_LOG_MS  60000
#define STARVED_MAX_MS 600000

struct subscriber {
	struct subscriber_options options;
	struct subscriber_stats own_stats, *stats;
	struct session *session;
	pthread_t thread;
	atomic_bool is_stopping;
	int wake_fd;

	/* The thread's own. */
	int64_t retry_ms;	 /* the next pause, before jitter */
	int64_t in_use_since_ms; /* monotonic; 0: not refused with 409 */
	int64_t starvation_ms;	 /* grows with every fruitless renewal */
	bool knows_stats;	 /* they came once, so they will come again */
	bool has_renewed;	 /* because nothing came */
	struct log_once said;	 /* since it was last admitted */
};

/* x ± 20 %. */
static int64_t subscriber_jitter(int64_t ms)
{
	uint16_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		return ms;
	return ms * 4 / 5 + ms * 2 / 5 * random / UINT16_MAX;
}

static void pause_for(struct subscriber *s, int64_t ms)
{
	struct pollfd wake = { .fd = s->wake_fd, .events = POLLIN };

	if (!atomic_load(&s->is_stopping))
		poll(&wake, 1, (int)ms);
}

static int64_t subscriber_backoff(struct subscriber *s)
{
	int64_t ms = s->retry_ms;

	s->retry_ms = ms * 2 < RETRY_MAX_MS ? ms * 2 : RETRY_MAX_MS;
	return RETRY_MIN_MS + subscriber_jitter(ms) - ms * 4 / 5;
}

/* How long to wait after an ending. */
static int64_t pause_after(struct subscriber *s, enum ending ending, struct now now)
{
	if (ending != ENDING_IN_USE)
		s->in_use_since_ms = 0;
	switch (ending) {
	case ENDING_STARVED:
		return 0; /* the analyzer has forgotten us already */
	case ENDING_IN_USE:
		if (!s->in_use_since_ms)
			s->in_use_since_ms = now.mono_ms;
		return subscriber_jitter(RETRY_MIN_MS);
	case ENDING_REFUSED:
		return subscriber_jitter(REFUSED_MS);
	case ENDING_LOST:
		s->retry_ms = RETRY_MIN_MS;
		return RETRY_MIN_MS + subscriber_jitter(RETRY_MIN_MS) / 4;
	default:
		return subscriber_backoff(s);
	}
}

static void log_ending(struct subscriber *s, enum ending ending, const struct err *err,
		       struct now now)
{
	enum log_level level = LOG_WARNING;

	if (ending == ENDING_STOPPED)
		return;
	if (ending == ENDING_REFUSED)
		level = LOG_ERROR;
	if (ending == ENDING_IN_USE &&
	    (!s->in_use_since_ms || now.mono_ms - s->in_use_since_ms < IN_USE_LOG_MS))
		level = LOG_DEBUG; /* normal for a while after a loss */
	else if (!log_once_is_new(&s->said, err->text))
		return;
	log_write(s->options.log, level, "source=" STR_FMT " state=%s error=\"%s\"",
		  STR_ARG(s->options.url.text), ending_name(ending), err->text);
}

/* Fruitless renewals come less and less often; what comes makes them frequent
 * again. An analyzer that never said anything may have nothing to say. */
static void set_starvation(struct subscriber *s, enum ending ending)
{
	int64_t usual = s->options.starvation_ms;

	s->knows_stats |= session_saw_stats(s->session);
	if (ending == ENDING_STARVED) {
		s->has_renewed = true;
		atomic_fetch_add(&s->stats->renewals, 1);
		atomic_store(&s->stats->is_starved, s->knows_stats);
		s->starvation_ms = s->starvation_ms * 2 < STARVED_MAX_MS
					   ? s->starvation_ms * 2
					   : STARVED_MAX_MS;
	}
	if (s->starvation_ms < usual || session_saw_flows(s->session) ||
	    session_saw_stats(s->session))
		s->starvation_ms = usual;
}

static void *subscriber_run(void *argument)
{
	struct subscriber *s = argument;

	thread_hurry();
	s->retry_ms = RETRY_MIN_MS;
	s->starvation_ms = s->options.starvation_ms;
	while (!atomic_load(&s->is_stopping)) {
		struct err err = ERR_INIT;
		enum ending ending;
		struct now now;

		ending = session_run(s->session, subscriber_jitter(s->starvation_ms),
				     s->knows_stats || !s->has_renewed, &err);
		now = clock_now();
		if (session_was_admitted(s->session)) {
			log_once_clear(&s->said);
			if (ending != ENDING_STOPPED)
				atomic_fetch_add(&s->stats->gaps, 1);
		}
		set_starvation(s, ending);
		log_ending(s, ending, &err, now);
		if (s->options.ended && ending != ENDING_STOPPED)
			s->options.ended(s->options.context, err.text);
		pause_for(s, pause_after(s, ending, now));
	}
	return NULL;
}

struct subscriber *subscriber_start(const struct subscriber_options *options,
				    struct err *err)
{
	struct subscriber *s = calloc(1, sizeof(*s));
	int error;

	if (!s) {
		err_set(err, "out of memory");
		return NULL;
	}
	s->options = *options;
	s->stats = options->stats ? options->stats : &s->own_stats;
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->session = s->wake_fd < 0 ? NULL
				    : session_new(&s->options, s->stats, &s->is_stopping,
						  s->wake_fd);
	error = s->session ? thread_start(&s->thread, "source", subscriber_run, s)
			   : -ENOMEM;
	if (!error)
		return s;
	err_set(err, "cannot start the source: %s", strerror(-error));
	session_free(s->session);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	free(s);
	return NULL;
}

void subscriber_stop(struct subscriber *s)
{
	uint64_t one = 1;

	if (!s)
		return;
	atomic_store(&s->is_stopping, true);
	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		log_write(s->options.log, LOG_DEBUG, "source=%s", strerror(errno));
	pthread_join(s->thread, NULL);
	session_free(s->session);
	close(s->wake_fd);
	free(s);
}

const struct subscriber_stats *subscriber_stats(const struct subscriber *s)
{
	return s->stats;
}
