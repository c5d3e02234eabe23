/* SPDX-License-Identifier: Apache-2.0 */
/* test_rot.c - a spool file damaged at any byte: what is good of it is stored,
 * what is not is put away with one line, nothing else ever reaches the store. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/crc32c.h"
#include "spool/frame.h"
#include "writer/uploader.h"
#include "tests/unit/spool_house.h"

#define FILES	 64 /* of one spool */
#define FRAMES	 6  /* spec, rows, rows, rows, mark, end */
#define ZEROS	 64 /* that no write of ours leaves */
#define KEY	 "p/other/its/key"
#define FILE_MAX (1 << 16)

static const struct {
	const char *rows;
	size_t count;
} batches[] = { { ",{\"a\":1},{\"a\":2}", 2 }, { ",{\"a\":3}", 1 }, { ",{\"a\":4}", 1 } };

/* By the number of batches in it. */
static const char *const bodies[] = {
	NULL,
	"[{\"a\":1},{\"a\":2}]\n",
	"[{\"a\":1},{\"a\":2},{\"a\":3}]\n",
	"[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}]\n",
};

/* CUT: nothing is behind it; of a file that was used before: what was there. */
enum damage { CUT, FLIP, ZERO, ZERO_TAIL, DAMAGES };
static const char *const damage_names[] = { "cut", "flip", "zero", "zero tail" };

/* The store half of an exporter, and what it stored of each file. */
struct half {
	struct house house;
	struct uploader *uploader;
	int batches[FILES + 1]; /* by id; 0: it was not stored */
};

/* One file, and what another object left in it: as much, and more. */
struct original {
	struct str own, left;
	bool is_earlier; /* of an earlier version: nothing tells its end, or the seed */
};

/* One damaged file. */
struct trial {
	struct str bytes; /* as they are then; freed by the caller */
	struct str whole; /* as they were; freed, too */
	enum damage how;
	size_t position;
	size_t first; /* byte that is not as it was; the size: none */
};

static void take_body(void *self, struct put *put)
{
	struct half *h = self;
	char link[64], path[SPOOL_PATH_MAX] = "", body[256] = "";
	uint64_t id;
	int i;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", put->fd);
	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	id = strtoull(strrchr(path, '/') + 1, NULL, 10);
	assert_true(id >= 1 && id <= FILES && !h->batches[id]);
	assert_true(put->object->size < (int64_t)sizeof(body));
	assert_int_equal(io_read_at(put->fd, body, (size_t)put->object->size,
				    put->object->offset),
			 0);
	for (i = 3; i && strcmp(body, bodies[i]) != 0; i--)
		;
	if (!i)
		fail_msg("a wrong object was stored: %s", body);
	h->batches[id] = i;
	put->result = PUT_STORED;
	put->done(put);
}

static const struct writer store_trial = { .name = "trial", .put = take_body };

static void half_start_uploader(struct half *h)
{
	struct uploader_parts parts = {
		.writer = &store_trial,
		.state = h,
		.dir = h->house.w.dir,
		.workers = h->house.workers,
		.stats = &h->house.w.stats,
		.log = h->house.w.log,
		.seed = 1,
		.most = 2,
	};

	h->uploader = uploader_new(&parts);
	assert_non_null(h->uploader);
}

static void half_open(struct half *h)
{
	*h = (struct half){ 0 };
	house_open(&h->house);
	half_start_uploader(h);
}

static void half_stop(struct half *h)
{
	uploader_free(h->uploader);
	h->uploader = NULL;
	house_stop(&h->house);
}

static void half_close(struct half *h)
{
	half_stop(h);
	house_close(&h->house);
}

/* Starts again with what is in the spool now, and lets it do all there is. */
static void half_restart(struct half *h)
{
	struct workers *workers = h->house.workers;

	half_stop(h);
	house_restart(&h->house);
	half_start_uploader(h);
	spool_sink_recover(h->house.spool_sink, start);
	workers_run(workers, start);
	uploader_wake(h->uploader);
	workers_run(workers, start);
}

/* What a run leaves: an open file, with its key or without, or an object. */
static void make_original(bool is_marked, bool is_sealed, size_t appends,
			  struct buf *file)
{
	struct object object = {
		.key = STR(KEY), .first_ms = 100, .last_ms = 200, .records = 4
	};
	struct sink *sink;
	struct half h;
	size_t i;

	half_open(&h);
	sink = h.house.sink;
	for (i = 0; i < appends; i++) {
		struct rows rows = { str_of(batches[i % 3].rows), batches[i % 3].count,
				     100, 200 };

		assert_int_equal(sink->append(sink, (struct object_place){ TAG_OTHER, 0 },
					      &rows),
				 0);
	}
	if (is_marked)
		assert_int_equal(sink->seal(sink, (struct object_place){ TAG_OTHER, 0 },
					    &object),
				 0);
	if (is_sealed)
		workers_run(h.house.workers, start);
	world_read(&h.house.w, is_sealed ? SPOOL_NEW : SPOOL_OPEN, 1, file);
	half_close(&h);
}

/* Where the frames of a good file begin, by frame.h, and where it ends. */
static size_t find_frames(struct str file, size_t at[FRAMES + 1])
{
	size_t count = 0, from;

	for (from = 0; from < file.len; count++) {
		const unsigned char *head = (const unsigned char *)file.ptr + from;

		assert_true(count < FRAMES);
		at[count] = from;
		from += FRAME_HEAD + (head[0] | (size_t)head[1] << 8);
	}
	at[count] = from;
	assert_int_equal(from, file.len);
	return count;
}

static void put_u32(char *at, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		at[i] = (char)(value >> 8 * i);
}

/* As if it were the open file of this id; 0: of an earlier version. */
static void make_of(uint64_t id, char *file, size_t size)
{
	const uint32_t seed = id ? frame_seed(id) : 0;
	size_t from = 0;

	while (from < size) {
		unsigned char *head = (unsigned char *)file + from;
		size_t bytes = FRAME_HEAD + (head[0] | (size_t)head[1] << 8);
		struct str sum = { file + from + 8, bytes - 8 };

		if (!from)
			put_u32(file + 16, (uint32_t)id);
		put_u32(file + from + 4, crc32c(from ? seed : 0, sum));
		from += bytes;
	}
}

static char *copy_of(struct str text)
{
	char *bytes = malloc(text.len + 1);

	assert_non_null(bytes);
	memcpy(bytes, text.ptr, text.len);
	return bytes;
}

/* The file of this id; 0: as it is. */
static void make_whole(const struct original *o, uint64_t id, struct trial *t)
{
	char *bytes = copy_of(o->left.len ? o->left : o->own);

	memcpy(bytes, o->own.ptr, o->own.len);
	if (id)
		make_of(id, bytes, o->own.len);
	t->whole = (struct str){ bytes, o->left.len ? o->left.len : o->own.len };
}

static void damage(const struct original *o, enum damage how, size_t position,
		   struct trial *t)
{
	struct str file = t->whole;
	char *bytes = copy_of(file);

	t->bytes = (struct str){ bytes, file.len };
	t->how = how;
	t->position = position;
	switch (how) {
	case CUT:
		if (o->left.len)
			memcpy(bytes + position, o->left.ptr + position,
			       o->left.len - position);
		else
			t->bytes.len = position;
		break;
	case FLIP:
		bytes[position] = (char)(bytes[position] ^ 1 << position % 8);
		break;
	case ZERO:
		bytes[position] = 0;
		break;
	default:
		memset(bytes + position, 0, file.len - position);
		break;
	}
	for (t->first = 0; t->first < t->bytes.len; t->first++)
		if (bytes[t->first] != file.ptr[t->first])
			break;
}

/* The line that has this in it; it must be the only one. NULL: there is none. */
static const char *find_line(const char *lines, enum spool_folder folder, uint64_t id)
{
	char name[64];
	const char *found;

	snprintf(name, sizeof(name), "spool=%s/%016u ",
		 folder == SPOOL_OPEN ? "open" : "new", (unsigned)id);
	found = strstr(lines, name);
	if (found && strstr(found + 1, name))
		fail_msg("more than one line about %s:\n%s", name, lines);
	return found;
}

/* The line says where in bad/ the bytes are, and there they are. */
static void assert_kept(struct half *h, const char *line, uint64_t id, struct str bytes)
{
	struct buf kept = BUF_INIT(FILE_MAX);
	const char *moved = strstr(line, "moved to bad/"), *end = strchr(line, '\n');
	uint64_t other;

	if (!moved || moved > end)
		fail_msg("nothing was kept: %.*s", (int)(end - line), line);
	other = strtoull(moved + strlen("moved to bad/"), NULL, 10);
	world_read(&h->house.w, SPOOL_BAD, other ? other : id, &kept);
	assert_int_equal(kept.len, bytes.len);
	assert_memory_equal(kept.ptr, bytes.ptr, bytes.len);
	buf_fini(&kept);
}

/* What goes to bad/ of a file whose frames are good up to that number; nothing: they are
 * followed by a write that was not finished. */
static struct str kept_of(const struct trial *t, size_t good, const size_t *at,
			  size_t frames)
{
	struct str rest = str_skip(t->bytes, at[good]);

	if (t->how == ZERO_TAIL && t->bytes.len - t->position >= ZEROS)
		return rest;
	if (t->how == CUT || t->how == ZERO_TAIL || good == frames - 1)
		return STR("");
	if (good)
		rest.len = at[frames] - at[good];
	return rest;
}

static void check_earlier(struct half *h, const char *line, uint64_t id,
			  const struct trial *t, size_t good, const size_t *at,
			  size_t frames)
{
	/* As long as it says that it is, the last frame is not there. */
	bool in_last_length = good == frames - 1 && t->first < at[good] + 4;

	if (t->first == t->bytes.len && t->first == at[good]) {
		assert_null(line); /* nothing stands behind what is good */
		return;
	}
	assert_non_null(line);
	if (t->how == CUT)
		assert_non_null(strstr(line, "ends within a write"));
	else if (!in_last_length || !strstr(line, "ends within a write"))
		assert_kept(h, line, id, str_skip(t->bytes, at[good]));
}

/* One open file after the start that found it damaged. */
static void check_open(struct half *h, const struct original *o, const char *lines,
		       uint64_t id, const struct trial *t, const size_t *at,
		       size_t frames)
{
	size_t good = 0, whole;
	const char *line = find_line(lines, SPOOL_OPEN, id);
	struct str kept;

	while (good < frames && at[good + 1] <= t->first)
		good++;
	whole = good ? good - 1 : 0;
	assert_int_equal(h->batches[id], whole < 3 ? whole : 3);
	assert_false(world_has(&h->house.w, SPOOL_OPEN, id));
	assert_false(world_has(&h->house.w, SPOOL_NEW, id));
	if (o->is_earlier) {
		check_earlier(h, line, id, t, good, at, frames);
		return;
	}
	if (good == frames || (t->first == t->bytes.len && t->first == at[good]) ||
	    (frames == FRAMES && good == frames - 1)) {
		assert_null(line); /* nothing that matters stands behind what is good */
		return;
	}
	assert_non_null(line);
	kept = kept_of(t, good, at, frames);
	if (kept.len)
		assert_kept(h, line, id, kept);
	else
		assert_non_null(strstr(line, "ends within a write"));
}

static void try_open(const struct original *o, const struct trial *trials, size_t count)
{
	size_t at[FRAMES + 1], frames = find_frames(o->own, at), i;
	const char *lines;
	struct half h;

	half_open(&h);
	for (i = 0; i < count; i++)
		world_write(&h.house.w, SPOOL_OPEN, i + 1, trials[i].bytes);
	half_restart(&h);
	half_stop(&h);
	lines = world_said(&h.house.w);
	for (i = 0; i < count; i++)
		check_open(&h, o, lines, i + 1, &trials[i], at, frames);
	half_close(&h);
}

static void try_sealed(const struct original *o, const struct trial *trials, size_t count)
{
	const char *lines, *line;
	struct half h;
	size_t i;

	half_open(&h);
	for (i = 0; i < count; i++)
		world_write(&h.house.w, SPOOL_NEW, i + 1, trials[i].bytes);
	half_restart(&h);
	half_stop(&h);
	lines = world_said(&h.house.w);
	for (i = 0; i < count; i++) {
		bool is_good = trials[i].first == o->own.len;

		line = find_line(lines, SPOOL_NEW, i + 1);
		assert_int_equal(h.batches[i + 1], is_good ? 3 : 0);
		assert_false(world_has(&h.house.w, SPOOL_NEW, i + 1));
		assert_int_equal(line != NULL, !is_good);
		if (line)
			assert_kept(&h, line, i + 1, trials[i].bytes);
	}
	half_close(&h);
}

/* Every step bytes in the blanks of a sealed file, every byte elsewhere. */
static void for_each_byte(const struct original *o, size_t blanks_step, bool has_seed,
			  void (*try)(const struct original *, const struct trial *,
				      size_t))
{
	struct str own = o->own;
	struct trial trials[FILES];
	size_t count, position, i;
	int how;

	for (how = 0; how < DAMAGES; how++) {
		print_message("  %s\n", damage_names[how]);
		for (position = 0; position < own.len;) {
			for (count = 0; count < FILES && position < own.len; position++) {
				if (own.ptr[position] == ' ' && position % blanks_step)
					continue;
				make_whole(o, has_seed ? count + 1 : 0, &trials[count]);
				damage(o, (enum damage)how, position, &trials[count++]);
			}
			try(o, trials, count);
			for (i = 0; i < count; i++) {
				free((void *)(uintptr_t)trials[i].bytes.ptr);
				free((void *)(uintptr_t)trials[i].whole.ptr);
			}
		}
	}
}

static void try_each_byte(bool is_marked)
{
	struct buf file = BUF_INIT(FILE_MAX), longer = BUF_INIT(FILE_MAX);
	struct original original;

	make_original(is_marked, false, 3, &file);
	original = (struct original){ .own = buf_str(&file) };
	for_each_byte(&original, 1, true, try_open);
	print_message("  used before\n");
	make_original(true, false, 7, &longer);
	make_of(FILES + 1, longer.ptr, longer.len);
	original.left = buf_str(&longer);
	for_each_byte(&original, 1, true, try_open);
	print_message("  of an earlier version\n");
	original.own.len -= FRAME_HEAD;
	make_of(0, file.ptr, original.own.len);
	original.left = STR("");
	original.is_earlier = true;
	for_each_byte(&original, 1, false, try_open);
	buf_fini(&file);
	buf_fini(&longer);
}

static void test_open_file_damaged_at_any_byte(void **state)
{
	(void)state;
	try_each_byte(false);
}

static void test_marked_file_damaged_at_any_byte(void **state)
{
	(void)state;
	try_each_byte(true);
}

static void test_sealed_file_damaged_at_any_byte(void **state)
{
	struct buf file = BUF_INIT(FILE_MAX);
	struct original original;

	(void)state;
	make_original(true, true, 3, &file);
	original = (struct original){ .own = buf_str(&file) };
	for_each_byte(&original, 17, false, try_sealed);
	buf_fini(&file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_file_damaged_at_any_byte),
		cmocka_unit_test(test_marked_file_damaged_at_any_byte),
		cmocka_unit_test(test_sealed_file_damaged_at_any_byte),
	};

	return cmocka_run_group_tests_name("rot", tests, NULL, NULL);
}
