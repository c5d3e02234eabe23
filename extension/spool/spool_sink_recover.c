/* SPDX-License-Identifier: Apache-2.0 */
/* spool_sink_recover.c - what an earlier run left open is finished. See spool_sink.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/key_sequence.h"
#include "spool/frame.h"
#include "spool/spool_sink_private.h"
#include "spool/salvage.h"
#include "spool/seal.h"
#include "sys/io.h"

/* Streams of recovered objects: of this start. */
struct recovery {
	struct now now;
	struct key_sequence numbers[TAG_COUNT];
};

/* An open file without key gets one of its own, behind what is good of it. */
static int seal_left(struct spool_sink *in, int fd, const struct object_spec_place *place,
		     const struct seal_state *state, struct recovery *r)
{
	struct key_sequence *numbers = &r->numbers[place->tag];
	struct buf key = BUF_INIT(4096);
	struct key_parts parts = {
		.prefix = place->prefix,
		.tag = place->tag,
		.time_ms = place->slot_ms ? place->slot_ms : state->began_ms,
	};
	struct object object = {
		.first_ms = state->first_ms,
		.last_ms = state->last_ms,
		.records = state->records,
	};
	struct key_stream stream;
	int error;

	if (!key_sequence_next(numbers, &place->layout,
			       layout_slot(&place->layout, parts.time_ms), NEVER_MS,
			       &in->sink, r->now, &stream))
		return (int)stream.id;
	parts.stream = stream.id;
	parts.sequence = stream.sequence;
	layout_key(&place->layout, &parts, &key);
	object.key = buf_str(&key);
	error = ftruncate(fd, state->good) < 0
			? -errno
			: seal_frame_append(fd, state->seed, state->good, &object);
	buf_fini(&key);
	if (!error)
		key_sequence_use(numbers, &place->layout, &stream);
	return error;
}

/* Keeps what is good of a file without key; -EBADMSG: nothing is. */
static int finish_left(struct spool_sink *in, uint64_t id,
		       const struct object_spec_place *place,
		       const struct seal_state *state, struct recovery *r)
{
	int fd = spool_open_file(in->parts.dir, SPOOL_OPEN, id, O_RDWR), error;
	struct open_frames frames = { .fd = fd, .seed = state->seed };

	if (fd < 0)
		return fd;
	error = salvage(in->parts.dir, id, &frames, state->good, in->parts.log);
	if (!error && state->records) {
		error = seal_left(in, fd, place, state, r);
	} else if (!error) {
		spool_remove(in->parts.dir, SPOOL_OPEN, id);
		error = -EBADMSG;
	}
	close(fd);
	return error;
}

/* Whether an object can be made of a file; if not it is put away. Other than 0
 * and -EBADMSG: not now. */
static int recover_prepare(struct spool_sink *in, uint64_t id, struct seal_state *state,
			   struct recovery *r)
{
	struct arena arena = ARENA_INIT(OBJECT_SPEC_MAX);
	struct object_spec spec = { 0 };
	struct err err = ERR_INIT;
	int error = seal_inspect(in->parts.dir, id, state);

	if (error == -ENODATA)
		err_set(&err, "the spec of its object is damaged");
	else if (!error && state->spec.len)
		error = object_spec_read(buf_str(&state->spec), &arena, &spec, &err);
	if (error == -ENODATA || error == -EINVAL) {
		error = spool_quarantine(in->parts.dir, SPOOL_OPEN, id, err.text);
		error = error ? error : -EBADMSG;
	} else if (!error && !state->is_marked) {
		error = finish_left(in, id, &spec.place, state, r);
	}
	object_spec_fini(&spec);
	arena_fini(&arena);
	return error;
}

/* What stays in open/ takes room all the same. */
static void charge_left(struct spool_dir *dir, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;

	spool_path(dir, SPOOL_OPEN, id, path);
	if (lstat(path, &status) == 0)
		spool_charge(dir, SPOOL_OPEN, status.st_size);
}

static void recover_one(struct spool_sink *in, uint64_t id, struct recovery *r)
{
	struct seal_state state;
	struct seal_job *job;
	int error = recover_prepare(in, id, &state, r);

	buf_fini(&state.spec);
	if (error == -EBADMSG)
		return;
	job = error ? NULL : spool_sink_new_job(in, id, state.good, state.records);
	if (!job) {
		charge_left(in->parts.dir, id);
		log_write(in->parts.log, LOG_ERROR,
			  "tenant=%s spool=open/%016" PRIu64
			  " cannot be finished now: %s; the next start tries again",
			  spool_dir_name(in->parts.dir), id,
			  strerror(error ? -error : ENOMEM));
		return;
	}
	stats_add(in->parts.stats, STAT_RECORDS_RECOVERED, state.records);
	stats_add(in->parts.stats, STAT_RECORDS_SPOOLED, state.records);
	spool_charge(in->parts.dir, SPOOL_OPEN, state.good);
	spool_sink_start_job(in, job);
}

void spool_sink_recover(struct spool_sink *in, struct now now)
{
	struct recovery recovery = { .now = now };
	const uint64_t *ids;
	size_t count = spool_left_open(in->parts.dir, &ids), i;
	int tag;

	for (i = 0; i < count; i++)
		recover_one(in, ids[i], &recovery);
	for (tag = 0; tag < TAG_COUNT; tag++)
		if (recovery.numbers[tag].last_id > in->recovery_stream)
			in->recovery_stream = recovery.numbers[tag].last_id;
	if (count)
		log_write(in->parts.log, LOG_INFO,
			  "tenant=%s recovered=%zu unfinished objects of an earlier run",
			  spool_dir_name(in->parts.dir), count);
}
