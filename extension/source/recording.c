/* SPDX-License-Identifier: Apache-2.0 */
/* recording.c - see recording.h. zlib is here to read gzip'ed files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "source/recording.h"
#include "sys/io.h"

#define MESSAGE_MAX ((size_t)256 << 20)
#define TIMES_MAX   ((size_t)256 << 20)
#define LINE_PART   (64 * 1024)

struct recording {
	char *path;
	gzFile file;
	enum recording_kind kind;
	size_t messages;  /* that were read */
	struct buf times; /* the file, and where we are in it */
	size_t times_at;
};

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(text + len - n, end, n) == 0;
}

/* What kind a name says; *stem is the length without .gz and .jsonl or .pb. */
static int find_kind(const char *path, enum recording_kind *kind, size_t *stem)
{
	size_t len = strlen(path);

	if (ends_with(path, len, ".gz"))
		len -= 3;
	if (ends_with(path, len, ".flowmsg.pb")) {
		*kind = RECORDING_FLOWS;
		*stem = len - 3;
	} else if (ends_with(path, len, ".pb")) {
		*kind = RECORDING_PROTOBUF;
		*stem = len - 3;
	} else if (ends_with(path, len, ".jsonl")) {
		*kind = RECORDING_JSON;
		*stem = len - 6;
	} else {
		return -EINVAL;
	}
	return 0;
}

static int read_times(struct recording *r, size_t stem, struct err *err)
{
	struct buf path = BUF_INIT(4096);
	int error;

	buf_put(&path, (struct str){ r->path, stem });
	buf_puts(&path, ".times");
	error = buf_error(&path) ? buf_error(&path)
				 : io_read_file(buf_str(&path).ptr, &r->times);
	if (error && error != -ENOENT)
		err_set(err, "%s: %s", buf_str(&path).ptr, strerror(-error));
	buf_fini(&path);
	return error == -ENOENT ? 0 : error;
}

struct recording *recording_open(const char *path, struct err *err)
{
	struct recording *r = calloc(1, sizeof(*r));
	size_t stem;
	int fd;

	if (!r || !(r->path = strdup(path))) {
		err_set(err, "out of memory");
		goto fail;
	}
	r->times = (struct buf)BUF_INIT(TIMES_MAX);
	if (find_kind(path, &r->kind, &stem) < 0) {
		err_set(err,
			"%s: a recording is called NAME.jsonl, NAME.pb or "
			"NAME.flowmsg.pb, and may end in .gz",
			path);
		goto fail;
	}
	fd = io_open(path, O_RDONLY, 0);
	if (fd < 0) {
		err_set(err, "%s: %s", path, strerror(-fd));
		goto fail;
	}
	r->file = gzdopen(fd, "rb");
	if (!r->file) {
		err_set(err, "%s: out of memory", path);
		goto fail;
	}
	gzbuffer(r->file, 128 * 1024);
	if (read_times(r, stem, err) == 0)
		return r;
fail:
	recording_close(r);
	return NULL;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	if (r->file)
		gzclose(r->file);
	buf_fini(&r->times);
	free(r->path);
	free(r);
}

enum recording_kind recording_kind(const struct recording *r)
{
	return r->kind;
}

static int recording_damaged(const struct recording *r, struct err *err, const char *why)
{
	return err_set(err, "%s: %s in message %zu; the messages before it are good",
		       r->path, why, r->messages + 1);
}

/* A number of .times, or -1 when there is none left. */
static int64_t next_time(struct recording *r)
{
	struct str rest = str_skip(buf_str(&r->times), r->times_at);
	struct str line = str_until(rest, '\n');

	r->times_at += line.len + 1;
	return line.len ? strtoll(line.ptr, NULL, 10) : -1;
}

/* Nothing more came: whether that is the end, and not that of a cut gzip. */
static bool is_end(const struct recording *r)
{
	int error;

	gzerror(r->file, &error);
	return gzeof(r->file) && error == Z_OK;
}

static int read_line(struct recording *r, struct buf *b, struct err *err)
{
	for (;;) {
		char *room = buf_room(b, LINE_PART);
		size_t len;

		if (!room)
			return recording_damaged(r, err, "too long a line");
		if (!gzgets(r->file, room, LINE_PART))
			return is_end(r) && !b->len
				       ? 0
				       : recording_damaged(r, err,
							   "the file is cut or damaged");
		len = strlen(room);
		if (len && room[len - 1] == '\n') {
			buf_added(b, len - 1);
			return 1;
		}
		/* Not a whole part, and no LF: there is a NUL in it. */
		if (len < LINE_PART - 1 && !gzeof(r->file))
			return recording_damaged(r, err, "the file is damaged");
		buf_added(b, len);
	}
}

static int read_sized(struct recording *r, struct buf *b, struct err *err)
{
	uint64_t size = 0;
	unsigned shift = 0;
	char *room;
	int c;

	do {
		c = gzgetc(r->file);
		if (c < 0 && shift == 0 && is_end(r))
			return 0;
		if (c < 0 || shift > 56)
			return recording_damaged(r, err, "the file is cut or damaged");
		size |= (uint64_t)(c & 0x7f) << shift;
		shift += 7;
	} while (c & 0x80);
	room = size <= MESSAGE_MAX ? buf_room(b, (size_t)size) : NULL;
	if (!room)
		return recording_damaged(r, err, "a message longer than 256 MiB");
	if (gzread(r->file, room, (unsigned)size) != (int)size)
		return recording_damaged(r, err, "the file is cut");
	buf_added(b, (size_t)size);
	return 1;
}

int recording_next(struct recording *r, struct recorded *out, struct err *err)
{
	struct buf b = BUF_INIT(MESSAGE_MAX);
	int result = r->kind == RECORDING_JSON ? read_line(r, &b, err)
					       : read_sized(r, &b, err);

	if (result <= 0) {
		buf_fini(&b);
		return result;
	}
	r->messages++;
	*out = (struct recorded){ b.ptr, b.len, next_time(r) };
	return 1;
}

int recording_read_file(const char *path, struct buf *b, struct err *err)
{
	int fd = io_open(path, O_RDONLY, 0);
	gzFile file = fd < 0 ? NULL : gzdopen(fd, "rb");
	int n = fd < 0 ? -1 : 1;
	char *room;

	while (file && n > 0) {
		room = buf_room(b, 64 * 1024);
		n = room ? gzread(file, room, 64 * 1024) : -1;
		if (n > 0)
			buf_added(b, (size_t)n);
	}
	if (file)
		gzclose(file);
	if (n == 0)
		return 0;
	return err_set(err, "%s: %s", path,
		       fd < 0	      ? strerror(-fd)
		       : buf_error(b) ? strerror(-buf_error(b))
				      : "the file is damaged");
}
