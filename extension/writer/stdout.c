/* SPDX-License-Identifier: Apache-2.0 */
/* stdout.c - the writer "stdout": "--- <bucket>/<key> ---", or <bucket>/<tag> where
 * records of each message are printed, the object, an empty line.
 *
 * Whoever reads may stop reading. So nothing is written before poll() says
 * that there is room, and then at most PIPE_BUF bytes, for which a pipe never
 * blocks (POSIX write()): a stuck reader delays objects, it does not hold a
 * thread for ever.
 *
 * What was printed cannot be taken back. So an object that has begun is printed to its
 * end, also when its put is cancelled, as long as somebody reads.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include "sys/clock.h"
#include "writer/writer.h"

#define POLL_MS	   100
#define FINISH_MAX 10 /* polls without room, for an object that has begun */

struct stdout_writer {
	atomic_bool is_cancelled;

	/* Of the put at hand. */
	bool has_begun;
	unsigned polls; /* without room, in a row */
};

static const struct shape stdout_shape = {
	.name = "stdout",
	.size = sizeof(struct stdout_writer),
	.fields = (const struct field[]){ { 0 } },
};

static int write_some(void *state, struct str bytes)
{
	struct stdout_writer *self = state;
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	while (bytes.len) {
		size_t part = bytes.len < PIPE_BUF ? bytes.len : PIPE_BUF;
		ssize_t n;

		if (atomic_load(&self->is_cancelled) &&
		    (!self->has_begun || self->polls >= FINISH_MAX))
			return -ECANCELED;
		if (poll(&out, 1, POLL_MS) == 0) {
			self->polls++;
			continue;
		}
		self->polls = 0;
		n = write(STDOUT_FILENO, bytes.ptr, part);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		self->has_begun |= n > 0;
		if (n > 0)
			bytes = str_skip(bytes, (size_t)n);
	}
	return 0;
}

/* There is one standard output, and objects of two pipelines are not to be mixed. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool is_taken;
} turn = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

/* 0, or -ECANCELED without it. */
static int take_turn(struct stdout_writer *self)
{
	struct timespec until;
	int error = 0;

	pthread_mutex_lock(&turn.lock);
	while (turn.is_taken && !atomic_load(&self->is_cancelled)) {
		until = clock_timespec(clock_now().mono_ms + POLL_MS);
		pthread_cond_clockwait(&turn.over, &turn.lock, CLOCK_MONOTONIC, &until);
	}
	if (atomic_load(&self->is_cancelled))
		error = -ECANCELED;
	else
		turn.is_taken = true;
	pthread_mutex_unlock(&turn.lock);
	return error;
}

static void end_turn(void)
{
	pthread_mutex_lock(&turn.lock);
	turn.is_taken = false;
	pthread_cond_signal(&turn.over);
	pthread_mutex_unlock(&turn.lock);
}

static int write_object(struct stdout_writer *self, struct str title,
			const struct put *put)
{
	int error = take_turn(self);

	if (error)
		return error;
	error = write_some(self, title);
	if (!error)
		error = put_each_part(put, write_some, self);
	if (!error)
		error = write_some(self, STR("\n"));
	end_turn();
	return error;
}

static void stdout_put(void *state, struct put *put)
{
	struct stdout_writer *self = state;
	const struct sealed *object = put->object;
	struct buf title = BUF_INIT(16 * 1024);
	int error;

	self->has_begun = false;
	buf_printf(&title, "--- " STR_FMT "/" STR_FMT " ---\n", STR_ARG(object->dirname),
		   STR_ARG(object->title.len ? object->title : object->key));
	error = write_object(self, buf_str(&title), put);
	buf_fini(&title);
	put->result = error ? PUT_FAILED : PUT_STORED;
	if (error)
		snprintf(put->error, sizeof(put->error),
			 "cannot write to standard output: %s", strerror(-error));
	put->done(put);
}

static void stdout_cancel(void *state, struct put *put)
{
	struct stdout_writer *self = state;

	(void)put;
	atomic_store(&self->is_cancelled, true);
}

const struct writer writer_stdout = {
	.name = "stdout",
	.section = "pipeline.write.stdout",
	.state = &stdout_shape,
	.blocks = true,
	.keeps_keys = true,
	.is_stream = true,
	.put = stdout_put,
	.cancel = stdout_cancel,
};
