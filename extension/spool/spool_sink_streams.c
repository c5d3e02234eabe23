/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink_streams.c - ids of streams, which a pipeline's old and new spool sink share.
 * See spool_sink.h.
 */
#include "spool/spool_sink_private.h"

#define KEPT_IDS 65536 /* more than an inbox has parcels, of each tag */

/* The stream of recovered objects is theirs alone: both count from 0. */
static int64_t streams_above(const struct spool_sink *in, int64_t wanted, int64_t last)
{
	if (last < in->recovery_stream)
		last = in->recovery_stream;
	return wanted > last ? wanted : last + 1;
}

/* The lock is held. The tags of one share a stream; what another has had is not
 * for us. */
static int64_t next_shared(struct spool_sink *in, struct streams *streams, int64_t wanted)
{
	struct spool *spool = spool_of(in->parts.dir);
	int64_t id;

	if (wanted <= streams->last)
		wanted = streams->user == in ? streams->last : streams->last + 1;
	if (!streams->has_ended)
		id = spool_stream(spool, wanted);
	else if (streams->user == in && streams->alone >= wanted)
		id = streams->alone;
	else
		id = streams->alone = spool_stream_alone(spool, wanted);
	if (id > streams->last)
		streams->last = id;
	if (id > 0)
		streams->user = in;
	return id;
}

static int64_t next_stream(struct spool_sink *in, int64_t wanted, int64_t last)
{
	struct streams *streams = in->parts.streams;
	int64_t id;

	if (!streams)
		return spool_stream(spool_of(in->parts.dir),
				    streams_above(in, wanted, last));
	pthread_mutex_lock(&streams->lock);
	if (in->kept_stream && last <= in->kept_stream)
		id = last < in->kept_stream ? in->kept_stream : last + 1;
	else
		id = next_shared(in, streams, streams_above(in, wanted, last));
	pthread_mutex_unlock(&streams->lock);
	return id;
}

int64_t spool_sink_stream(struct sink *sink, int64_t wanted, int64_t last)
{
	struct spool_sink *in = (struct spool_sink *)sink;
	int64_t id = next_stream(in, wanted, last);

	if (id < 0)
		in->error = (int)id;
	return id;
}

uint64_t spool_sink_next_id(struct spool_sink *in)
{
	uint64_t id;

	pthread_mutex_lock(&in->lock);
	id = in->kept_id < in->kept_end ? in->kept_id++ : 0;
	pthread_mutex_unlock(&in->lock);
	return id ? id : spool_next_ids(in->parts.dir, 1);
}

static void keep_ids(struct spool_sink *in)
{
	pthread_mutex_lock(&in->lock);
	in->kept_id = spool_next_ids(in->parts.dir, KEPT_IDS);
	in->kept_end = in->kept_id + KEPT_IDS;
	pthread_mutex_unlock(&in->lock);
}

void spool_sink_keep_order(struct spool_sink *in, struct now now)
{
	struct streams *streams = in->parts.streams;
	int64_t id = now.wall_ms / 1000;

	keep_ids(in);
	pthread_mutex_lock(&streams->lock);
	if (id <= streams->last)
		id = streams->last + 1;
	id = spool_stream(spool_of(in->parts.dir), id + 1) - 1;
	if (id > 0) {
		in->kept_stream = id;
		streams->last = id + 1;
	}
	pthread_mutex_unlock(&streams->lock);
}

void spool_sink_forget_streams(struct spool_sink *in)
{
	struct streams *streams = in->parts.streams;

	if (!streams)
		return;
	pthread_mutex_lock(&streams->lock);
	if (streams->user == in)
		streams->user = NULL;
	pthread_mutex_unlock(&streams->lock);
}
