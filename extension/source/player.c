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

struct player {
	struct source_parts parts;
	struct recording *recording;
	pthread_t thread;
	int wake_fd;
};

/* Waits until a monotonic time. false: told to stop. */
static bool wait_until(const struct player *p, int64_t mono_ms)
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

static void *player_run(void *argument)
{
	struct player *p = argument;
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
			return NULL;
		}
		p->parts.deliver(p->parts.context, r.message, r.size,
				 recording_kind(p->recording));
	}
	if (result < 0)
		log_write(p->parts.log, LOG_ERROR, "source=%s", err.text);
	log_write(p->parts.log, LOG_INFO, "source=" STR_FMT " state=ended messages=%zu",
		  STR_ARG(p->parts.url.path), messages);
	return NULL;
}

static void *player_new(const struct source_parts *parts)
{
	struct player *p = calloc(1, sizeof(*p));

	if (p)
		p->parts = *parts;
	return p;
}

static int player_open(struct player *p, struct err *err)
{
	char *name = strndup(p->parts.url.path.ptr, p->parts.url.path.len);

	if (name)
		p->recording = recording_open(name, err);
	else
		err_set(err, "out of memory");
	free(name);
	return p->recording ? 0 : -EINVAL;
}

static void player_release(struct player *p)
{
	recording_close(p->recording);
	p->recording = NULL;
	if (p->wake_fd >= 0)
		close(p->wake_fd);
}

static int player_start(void *state, struct err *err)
{
	struct player *p = state;
	int error;

	if (player_open(p, err) < 0)
		return -EINVAL;
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = p->wake_fd < 0 ? -errno
			       : thread_start(&p->thread, "source", player_run, p);
	if (!error)
		return 0;
	player_release(p);
	return err_set(err, "cannot start the source: %s", strerror(-error));
}

static void player_halt(void *state)
{
	struct player *p = state;
	uint64_t one = 1;

	if (write(p->wake_fd, &one, sizeof(one)) < 0)
		log_write(p->parts.log, LOG_DEBUG, "source=%s", strerror(errno));
}

static void player_stop(void *state)
{
	struct player *p = state;

	player_halt(p);
	pthread_join(p->thread, NULL);
	player_release(p);
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
