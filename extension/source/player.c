/* SPDX-License-Identifier: Apache-2.0 */
/* player.c - a recording as a source: its messages, at the pace at which they
 * came, once.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "source/registry.h"
#include "sys/clock.h"
#include "sys/thread.h"

/* How long a stop waits for a disk or a file server. */
#define STOP_MS 2000

/* Its thread may be held by a file server for ever: then it is left to the thread. */
struct playback {
	struct source_parts parts;
	struct recording *recording;
	pthread_t thread;
	int wake_fd;
	pthread_mutex_t lock; /* while it delivers, and of what follows */
	pthread_cond_t ended;
	bool is_over, is_left;
};

struct player {
	struct source_parts parts;
	struct playback *playback;
};

static void playback_free(struct playback *p)
{
	recording_close(p->recording);
	if (p->wake_fd >= 0)
		close(p->wake_fd);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->ended);
	free(p);
}

/* Waits until a monotonic time. false: told to stop. */
static bool wait_until(const struct playback *p, int64_t mono_ms)
{
	struct pollfd wake = { .fd = p->wake_fd, .events = POLLIN };
	int64_t left = mono_ms - clock_now().mono_ms;

	while (poll(&wake, 1, left > 0 ? (int)(left < 60000 ? left : 60000) : 0) == 0) {
		left = mono_ms - clock_now().mono_ms;
		if (left <= 0)
			return true;
	}
	return false;
}

/* The source may be gone. */
static void player_deliver(struct playback *p, struct recorded *r)
{
	pthread_mutex_lock(&p->lock);
	if (p->is_left)
		free(r->message);
	else
		p->parts.deliver(p->parts.context, r->message, r->size,
				 recording_kind(p->recording));
	pthread_mutex_unlock(&p->lock);
}

static void player_play(struct playback *p)
{
	int64_t start_ms = clock_now().mono_ms, first_ms = -1, at_ms = 0;
	struct err err = ERR_INIT;
	struct recorded r;
	size_t messages = 0;
	int result;

	while ((result = recording_next(p->recording, &r, &err)) > 0) {
		if (first_ms < 0)
			first_ms = r.time_ms;
		if (messages++)
			at_ms = r.time_ms < 0		       ? at_ms + RECORDING_STEP_MS
				: r.time_ms - first_ms > at_ms ? r.time_ms - first_ms
							       : at_ms;
		if (!wait_until(p, start_ms + at_ms)) {
			free(r.message);
			return;
		}
		player_deliver(p, &r);
	}
	pthread_mutex_lock(&p->lock);
	if (result < 0 && !p->is_left)
		log_write(p->parts.log, LOG_ERROR, "source=%s", err.text);
	if (!p->is_left)
		log_write(p->parts.log, LOG_INFO,
			  "source=" STR_FMT " state=ended messages=%zu",
			  STR_ARG(p->parts.url.path), messages);
	pthread_mutex_unlock(&p->lock);
}

static void *player_run(void *argument)
{
	struct playback *p = argument;
	bool is_left;

	player_play(p);
	pthread_mutex_lock(&p->lock);
	is_left = p->is_left;
	p->is_over = true;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	if (is_left)
		playback_free(p);
	return NULL;
}

static void *player_new(const struct source_parts *parts)
{
	struct player *player = calloc(1, sizeof(*player));

	if (player)
		player->parts = *parts;
	return player;
}

static int player_open(struct playback *p, struct err *err)
{
	char *name = strndup(p->parts.url.path.ptr, p->parts.url.path.len);

	if (name)
		p->recording = recording_open(name, err);
	else
		err_set(err, "out of memory");
	free(name);
	return p->recording ? 0 : -EINVAL;
}

static int player_begin(struct playback *p, struct err *err)
{
	int error;

	if (player_open(p, err) < 0)
		return -EINVAL;
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = p->wake_fd < 0 ? -errno
			       : thread_start(&p->thread, "source", player_run, p);
	return error ? err_set(err, "cannot start the source: %s", strerror(-error)) : 0;
}

static int player_start(void *state, struct err *err)
{
	struct player *player = state;
	struct playback *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, "out of memory");
	p->parts = player->parts;
	p->wake_fd = -1;
	pthread_mutex_init(&p->lock, NULL);
	thread_condition_init(&p->ended);
	if (player_begin(p, err) < 0) {
		playback_free(p);
		return -EINVAL;
	}
	player->playback = p;
	return 0;
}

static void player_halt(void *state)
{
	struct player *player = state;
	uint64_t one = 1;

	if (write(player->playback->wake_fd, &one, sizeof(one)) < 0)
		log_write(player->parts.log, LOG_DEBUG, "source=%s", strerror(errno));
}

/* false: it is left to its thread. */
static bool player_await(struct playback *p)
{
	struct timespec until = clock_timespec(clock_now().mono_ms + STOP_MS);
	int error = 0;
	bool is_over;

	pthread_mutex_lock(&p->lock);
	while (!p->is_over && !error)
		error = pthread_cond_timedwait(&p->ended, &p->lock, &until);
	is_over = p->is_over;
	p->is_left = !is_over;
	pthread_mutex_unlock(&p->lock);
	return is_over;
}

static void player_stop(void *state)
{
	struct player *player = state;
	struct playback *p = player->playback;
	pthread_t thread = p->thread;

	player_halt(player);
	if (player_await(p)) {
		pthread_join(thread, NULL);
		playback_free(p);
	} else {
		pthread_detach(thread);
		log_write(player->parts.log, LOG_WARNING,
			  "source=" STR_FMT " state=left its disk or file server does "
			  "not answer",
			  STR_ARG(player->parts.url.path));
	}
	player->playback = NULL;
}

static const struct url_scheme player_schemes[] = {
	{ .name = "file", .form = URL_PATH },
	{ 0 },
};

const struct source source_recording = {
	.name = "recording",
	.example = "file:///path",
	.schemes = player_schemes,
	.new = player_new,
	.free = free,
	.start = player_start,
	.halt = player_halt,
	.stop = player_stop,
};
