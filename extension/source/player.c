/* SPDX-License-Identifier: Apache-2.0 */
/* player.c - see player.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "source/player.h"
#include "sys/clock.h"
#include "sys/thread.h"

struct player {
	struct recording *recording;
	void (*deliver)(void *context, char *message, size_t size, enum recording_kind);
	void *context;
	struct log *log;
	struct str path;
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
		p->deliver(p->context, r.message, r.size, recording_kind(p->recording));
	}
	if (result < 0)
		log_write(p->log, LOG_ERROR, "source=%s", err.text);
	log_write(p->log, LOG_INFO, "source=" STR_FMT " state=ended messages=%zu",
		  STR_ARG(p->path), messages);
	return NULL;
}

struct player *player_start(struct str path,
			    void (*deliver)(void *context, char *message, size_t size,
					    enum recording_kind),
			    void *context, struct log *log, struct err *err)
{
	struct player *p = calloc(1, sizeof(*p));
	char *name = strndup(path.ptr, path.len);
	int error = p && name ? 0 : -ENOMEM;

	if (!error) {
		*p = (struct player){
			.deliver = deliver, .context = context, .log = log, .path = path
		};
		p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		p->recording = recording_open(name, err);
		error = !p->recording ? -EINVAL
			: p->wake_fd < 0
				? -errno
				: thread_start(&p->thread, "source", player_run, p);
	}
	free(name);
	if (!error)
		return p;
	if (error != -EINVAL)
		err_set(err, "cannot start the source: %s", strerror(-error));
	if (p)
		recording_close(p->recording);
	if (p && p->wake_fd >= 0)
		close(p->wake_fd);
	free(p);
	return NULL;
}

void player_stop(struct player *p)
{
	uint64_t one = 1;

	if (!p)
		return;
	if (write(p->wake_fd, &one, sizeof(one)) < 0)
		log_write(p->log, LOG_DEBUG, "source=%s", strerror(errno));
	pthread_join(p->thread, NULL);
	recording_close(p->recording);
	close(p->wake_fd);
	free(p);
}
