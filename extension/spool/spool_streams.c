/* SPDX-License-Identifier: Apache-2.0 */
/* spool_streams.c - the highest stream id given out, on disk. See spool.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "spool/spool_private.h"
#include "sys/io.h"

#define STREAM_DIGITS 20
#define STREAM_MAX    INT64_C(253402300799) /* the last second of year 9999 */

/* The file is short and synced before a key depends on it. If it is damaged all
 * the same, the clock alone says which keys are new. */
static void parse_streams(struct spool *spool, const char *text)
{
	long long highest = strtoll(text, NULL, 10);

	if (strspn(text, "0123456789") == STREAM_DIGITS && highest <= STREAM_MAX) {
		spool->stream_floor = highest;
		return;
	}
	log_write(spool->log, LOG_ERROR,
		  "spool=%s/streams is damaged: new streams begin at the time of the "
		  "clock",
		  spool->path);
}

int spool_read_streams(struct spool *spool, struct err *err)
{
	char text[STREAM_DIGITS + 1] = "";
	ssize_t n;

	spool->streams_fd = spool_open_own(spool, "streams", err);
	if (spool->streams_fd < 0)
		return spool->streams_fd;
	n = pread(spool->streams_fd, text, STREAM_DIGITS, 0);
	if (n > 0)
		parse_streams(spool, text);
	spool->stream_highest = spool->stream_floor;
	return 0;
}

/* The streams' lock is held: the disk may take its time. */
static int remember_stream(struct spool *spool, int64_t id)
{
	char text[STREAM_DIGITS + 2];
	int error;

	snprintf(text, sizeof(text), "%0*" PRId64 "\n", STREAM_DIGITS, id);
	error = io_write_at(spool->streams_fd, str_of(text), 0);
	if (!error && fdatasync(spool->streams_fd) < 0)
		error = -errno;
	return error;
}

/* What is given for a wish; whether it was given before, so that the disk knows. */
static int64_t stream_for(struct spool *spool, int64_t wanted, bool *is_known)
{
	int64_t id;

	pthread_mutex_lock(&spool->lock);
	id = wanted > spool->stream_floor ? wanted : spool->stream_floor + 1;
	*is_known = id <= spool->stream_highest;
	pthread_mutex_unlock(&spool->lock);
	return id;
}

static void stream_given(struct spool *spool, int64_t id, bool alone)
{
	pthread_mutex_lock(&spool->lock);
	spool->stream_highest = id;
	if (alone)
		spool->stream_floor = id;
	pthread_mutex_unlock(&spool->lock);
}

int64_t spool_stream(struct spool *spool, int64_t wanted)
{
	bool is_known;
	int64_t id = stream_for(spool, wanted, &is_known);
	int error = 0;

	if (is_known)
		return id;
	pthread_mutex_lock(&spool->streams_lock);
	/* Who had the lock may have raised it. */
	id = stream_for(spool, wanted, &is_known);
	if (!is_known)
		error = remember_stream(spool, id);
	if (!is_known && !error)
		stream_given(spool, id, false);
	pthread_mutex_unlock(&spool->streams_lock);
	return error ? error : id;
}

int64_t spool_last_stream(struct spool *spool)
{
	int64_t id;

	pthread_mutex_lock(&spool->lock);
	id = spool->stream_highest;
	pthread_mutex_unlock(&spool->lock);
	return id;
}

int64_t spool_stream_alone(struct spool *spool, int64_t wanted)
{
	int64_t id;
	int error;

	pthread_mutex_lock(&spool->streams_lock);
	id = spool_last_stream(spool) + 1;
	if (wanted > id)
		id = wanted;
	error = remember_stream(spool, id);
	if (!error)
		stream_given(spool, id, true);
	pthread_mutex_unlock(&spool->streams_lock);
	return error ? error : id;
}
