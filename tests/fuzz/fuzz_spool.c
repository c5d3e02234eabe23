/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_spool.c - the file of an open object: inspected, marked, sealed.
 *
 * When the first byte is odd the checksums of the frames are set right, so that
 * what stands behind them is reached. Its second bit: the place of an envelope stands
 * before them; its third: the spec is that of this file, and the others have its seed. The
 * rest is the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/crc32c.h"
#include "fuzz.h"
#include "spool/envelope.h"
#include "spool/frame.h"
#include "spool/in_place.h"
#include "spool/seal.h"
#include "sys/io.h"

#define ARENA_MAX ((size_t)1 << 20)

static const struct now now = { 1000, 1795341600000 };

static struct {
	char path[64];
	struct spool *spool;
	struct spool_dir *dir;
	struct stats stats;
} world;

static void close_world(void)
{
	spool_dir_close(world.dir);
	spool_close(world.spool);
	io_remove_tree(world.path);
}

static void open_world(void)
{
	struct spool_options options = { .max_bytes = INT64_MAX, .max_age = INT64_MAX };
	struct err err = ERR_INIT;

	snprintf(world.path, sizeof(world.path), "/dev/shm/fuzz-spool-XXXXXX");
	fuzz_check(mkdtemp(world.path) != NULL, "there is a place for the spool");
	options.directory = str_of(world.path);
	world.spool = spool_open(&options, NULL, &err);
	fuzz_check(world.spool != NULL, "the spool opens");
	world.dir = spool_dir_open(world.spool, "fuzz", &world.stats, now, &err);
	fuzz_check(world.dir != NULL, "its directory opens");
	atexit(close_world);
}

static uint32_t get_u32(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;

	return (uint32_t)c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 |
	       (uint32_t)c[3] << 24;
}

static void put_u32(char *at, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		at[i] = (char)(value >> 8 * i);
}

/* The frames that lie in the file: their records, and their checksums if they
 * are to be set right. */
static int64_t each_frame(struct buf *file, bool mend, uint64_t id)
{
	const uint32_t seed = id ? frame_seed(id) : 0;
	int64_t records = 0;
	size_t at = 0;

	if (mend && file->len >= FRAME_HEAD)
		put_u32(file->ptr + 16, (uint32_t)id);

	while (file->len - at >= FRAME_HEAD) {
		char *head = file->ptr + at;
		size_t size = get_u32(head);

		if (size > file->len - at - FRAME_HEAD)
			break;
		if (mend)
			put_u32(head + 4,
				crc32c(at ? seed : 0,
				       (struct str){ head + 8, size + FRAME_HEAD - 8 }));
		if (get_u32(head + 8) == FRAME_ROWS)
			records += get_u32(head + 12);
		at += FRAME_HEAD + size;
	}
	return records;
}

static void write_file(uint64_t id, struct str bytes, bool in_place)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	spool_path(world.dir, SPOOL_OPEN, id, path);
	fd = io_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	fuzz_check(fd >= 0 && (!in_place || in_place_begin(fd) == 0) &&
			   io_write_at(fd, bytes, in_place ? ENVELOPE_SIZE : 0) == 0,
		   "the file can be written");
	close(fd);
}

/* What the next start does with a file that has no key. */
static void mark(uint64_t id, const struct seal_state *state)
{
	struct object object = {
		.key = STR("key"),
		.first_ms = state->first_ms,
		.last_ms = state->last_ms,
		.records = state->records,
	};
	char path[SPOOL_PATH_MAX];
	int fd;

	if (state->is_marked || !state->spec.len)
		return;
	spool_path(world.dir, SPOOL_OPEN, id, path);
	fd = io_open(path, O_RDWR, 0);
	fuzz_check(fd >= 0 && ftruncate(fd, state->good) == 0, "the file can be cut");
	fuzz_check(seal_frame_append(fd, state->seed, state->good, &object) == 0,
		   "it can be marked");
	close(fd);
}

static void check_object(uint64_t id, int64_t records)
{
	char path[SPOOL_PATH_MAX];
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct buf file = BUF_INIT(FUZZ_MEMORY);
	struct envelope envelope;
	struct err err = ERR_INIT;
	int fd = spool_open_file(world.dir, SPOOL_NEW, id, O_RDONLY);

	spool_path(world.dir, SPOOL_NEW, id, path);
	fuzz_check(io_read_file(path, &file) == 0 && file.len >= ENVELOPE_SIZE &&
			   envelope_read(file.ptr, &arena, &envelope, &err) == 0,
		   "a sealed object can be read");
	fuzz_check(file.len == ENVELOPE_SIZE + (size_t)envelope.size,
		   "an object is as long as it says");
	fuzz_check(!envelope.has_frames || envelope_check_body(&envelope, fd) == 0,
		   "a body of frames is the one that was sealed");
	fuzz_check(envelope.records > 0 && envelope.records <= records,
		   "no object has more records than its frames");
	close(fd);
	buf_fini(&file);
	arena_fini(&arena);
}

static void forget(uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	uint64_t sealed;
	int folder;

	if (spool_take(world.dir, &sealed))
		spool_done(world.dir, sealed, SPOOL_STORED);
	for (folder = 0; folder < SPOOL_FOLDERS; folder++) {
		spool_path(world.dir, (enum spool_folder)folder, id, path);
		unlink(path);
	}
}

static void use(uint64_t id, int64_t size, int64_t records)
{
	struct seal_state state;
	int error = seal_inspect(world.dir, id, &state);

	fuzz_check(
		!error || error == -ENODATA,
		"a file is of use or is not, and takes no more memory than it has bytes");
	fuzz_check((!state.spec.len || state.good <= size) && state.records <= records,
		   "what can be trusted lies in the file");
	if (!error)
		mark(id, &state);
	buf_fini(&state.spec);
	error = seal_object(world.dir, id, state.good, NULL, now);
	fuzz_check(!error || error == -EBADMSG, "nothing is tried again for ever");
	if (!error)
		check_object(id, records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf file = BUF_INIT(FUZZ_MEMORY);
	int64_t records;
	bool in_place;
	uint64_t id;

	if (!size)
		return 0;
	if (!world.dir)
		open_world();
	buf_put(&file, fuzz_str(data + 1, size - 1));
	id = spool_next_id(world.dir);
	in_place = data[0] & 2;
	records = each_frame(&file, data[0] & 1, data[0] & 4 && !in_place ? id : 0);
	write_file(id, buf_str(&file), in_place);
	use(id, (int64_t)file.len + (in_place ? ENVELOPE_SIZE : 0), records);
	forget(id);
	buf_fini(&file);
	return 0;
}
