/* SPDX-License-Identifier: Apache-2.0 */
/* open_files.h - open files of a spool as they are before they are sealed, for tests. */
#ifndef TESTS_OPEN_FILES_H
#define TESTS_OPEN_FILES_H

#include "stage/object_spec.h"
#include "stage/stage_state.h"
#include "spool/frame.h"
#include "spool/in_place.h"
#include "spool/seal.h"
#include "spool_world.h"

#define KEY "p/other/20190226T164649Z/00000000.gz"

static const struct now start = { 1000000, 1551199609804 };

static const char *const rows[] = { ",{\"a\":1},{\"a\":2}", ",{\"a\":3}", ",{\"a\":4}" };
static const struct object object = {
	.key = { KEY, sizeof(KEY) - 1 },
	.first_ms = 1551199549804,
	.last_ms = 1551199609804,
	.records = 4,
};

static inline void put_object_spec(struct buf *b, const char *compress)
{
	struct object_spec_place place = {
		.dirname = STR("bucket"),
		.prefix = STR("p"),
		.content_encoding = STR("auto"),
		.tag = TAG_OTHER,
	};
	const struct stage_entry *entry = registry_find(KIND_COMPRESS, str_of(compress));
	struct stage_set set = {
		.header = &header_none,
		.encode = &encode_json,
		.record = &flow_shape,
	};

	assert_non_null(entry);
	set.compress = entry->compress;
	assert_int_equal(stage_state_new(&encode_json.stage, &set.encode_state), 0);
	assert_int_equal(stage_state_new(entry->stage, &set.compress_state), 0);
	object_spec_write(&set, &place, b);
	assert_int_equal(buf_error(b), 0);
	stage_set_fini(&set);
}

/* Of rows that are sent one by one: they stay in the file. */
static inline void put_plain_spec(struct buf *b)
{
	struct object_spec_place place = {
		.dirname = STR("bucket"),
		.prefix = STR("p"),
		.content_encoding = STR("auto"),
		.tag = TAG_OTHER,
		.is_labelled = true,
	};
	struct stage_set set = {
		.header = &header_none,
		.encode = &encode_ndjson,
		.compress = &compress_none,
		.record = &flow_shape,
	};

	object_spec_write(&set, &place, b);
	assert_int_equal(buf_error(b), 0);
}

/* Who wrote the file. */
enum open_kind {
	OPEN_OWN,
	OPEN_USED,    /* and before it another object, of the same sizes and more */
	OPEN_EARLIER, /* an earlier version */
	OPEN_KINDS,
};

#define OTHER_ID (1 << 20)

static const char *const other_rows[] = { ",{\"b\":1},{\"b\":2}", ",{\"b\":3}",
					  ",{\"b\":4}" };

static inline void put_frames(int fd, uint64_t id, uint32_t seed, struct str spec,
			      bool marked, int64_t at[6])
{
	const char *const *texts = id == OTHER_ID ? other_rows : rows;
	struct frame first = { .kind = FRAME_OBJECT_SPEC };
	int i;

	first.first_ms = seed ? (int64_t)id : 0;
	assert_int_equal(frame_append(fd, seed, at[0], &first, spec), 0);
	at[1] = at[0] + FRAME_HEAD + (int64_t)spec.len;
	for (i = 0; i < 3; i++) {
		struct frame frame = {
			.kind = FRAME_ROWS,
			.records = i ? 1 : 2,
			.first_ms = 100 + i,
			.last_ms = 200 + i,
		};

		assert_int_equal(frame_append(fd, seed, at[i + 1], &frame,
					      str_of(texts[i])),
				 0);
		at[i + 2] = at[i + 1] + FRAME_HEAD + (int64_t)strlen(texts[i]);
	}
	if (marked)
		assert_int_equal(seal_frame_append(fd, seed, at[4], &object), 0);
}

/* What another object left, as far as the rows of this one go and farther. */
static inline void put_other(int fd, struct str spec)
{
	const uint32_t seed = frame_seed(OTHER_ID);
	int64_t at[6] = { 0 };
	int i;

	put_frames(fd, OTHER_ID, seed, spec, false, at);
	for (i = 0; i < 3; i++) {
		struct frame frame = { .kind = FRAME_ROWS, .records = 1 };

		assert_int_equal(frame_append(fd, seed, at[4], &frame,
					      str_of(other_rows[i])),
				 0);
		at[4] += FRAME_HEAD + (int64_t)strlen(other_rows[i]);
	}
	assert_int_equal(seal_frame_append(fd, seed, at[4], &object), 0);
}

/* Writes open/<id> with all rows; at[i] is where frame i begins, 0 the spec, 4 the seal
 * frame, 5 the end of the frames. compress: NULL, and it is of a plain object. */
static inline void write_open_as(struct world *w, uint64_t id, const char *compress,
				 bool marked, enum open_kind kind, int64_t at[6])
{
	bool is_seeded = compress && kind != OPEN_EARLIER;
	struct buf spec = BUF_INIT(1 << 20);
	char path[SPOOL_PATH_MAX];
	int fd;

	spool_path(w->dir, SPOOL_OPEN, id, path);
	fd = io_open(path, O_RDWR | O_CREAT | O_TRUNC, 0640);
	assert_true(fd >= 0);
	at[0] = compress ? 0 : ENVELOPE_SIZE;
	if (compress) {
		put_object_spec(&spec, compress);
	} else {
		put_plain_spec(&spec);
		assert_int_equal(in_place_begin(fd), 0);
	}
	put_frames(fd, id, is_seeded ? frame_seed(id) : 0, buf_str(&spec), marked, at);
	at[5] = (int64_t)lseek(fd, 0, SEEK_END) - (is_seeded ? FRAME_HEAD : 0);
	if (kind == OPEN_USED) {
		put_other(fd, buf_str(&spec));
		put_frames(fd, id, frame_seed(id), buf_str(&spec), marked, at);
	}
	close(fd);
	buf_fini(&spec);
}

static inline void write_open(struct world *w, uint64_t id, const char *compress,
			      bool marked, int64_t at[6])
{
	write_open_as(w, id, compress, marked, OPEN_OWN, at);
}

static inline void flip(struct world *w, uint64_t id, int64_t at)
{
	char path[SPOOL_PATH_MAX], byte;
	int fd;

	spool_path(w->dir, SPOOL_OPEN, id, path);
	fd = io_open(path, O_RDWR, 0);
	assert_int_equal(io_read_at(fd, &byte, 1, at), 0);
	byte ^= 0x10;
	assert_int_equal(io_write_at(fd, (struct str){ &byte, 1 }, at), 0);
	close(fd);
}

static inline int seal(struct world *w, uint64_t id, int64_t seal_at)
{
	return seal_object(w->dir, id, seal_at, w->log, start);
}

static inline bool says(const struct envelope *e, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < e->metadata.count; i++)
		if (str_is(e->metadata.name[i], name))
			return str_is(e->metadata.value[i], value);
	return false;
}

/* One line says what became of it: from there on it is in bad/, or as a whole. */
static inline void assert_rest(struct world *w, int64_t from)
{
	char expected[128] = " moved to bad/: nothing in it can be used\n";
	const char *lines;

	assert_int_equal(stats_get(&w->stats, STAT_OBJECTS_QUARANTINED), 1);
	assert_int_equal(world_has(w, SPOOL_BAD, 1), from >= 0);
	if (from >= 0)
		snprintf(expected, sizeof(expected),
			 "is damaged at byte %d; what is behind it was moved to "
			 "bad/0000000000000001\n",
			 (int)from);
	lines = world_log(w);
	assert_non_null(strstr(lines, expected));
	assert_null(strchr(strchr(lines, '\n') + 1, '\n'));
}

#endif
