/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - see frame.h. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/crc32c.h"
#include "spool/frame.h"
#include "sys/io.h"

#define UNCHECKED_BYTES ((uint32_t)1 << 20)

static void put_u32(unsigned char *at, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get_u32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static int64_t get_i64(const unsigned char *at)
{
	return (int64_t)((uint64_t)get_u32(at) | (uint64_t)get_u32(at + 4) << 32);
}

static void frame_put_head(unsigned char head[FRAME_HEAD], const struct frame *frame)
{
	put_u32(head, frame->bytes);
	put_u32(head + 4, frame->crc);
	put_u32(head + 8, frame->kind);
	put_u32(head + 12, frame->records);
	put_u32(head + 16, (uint32_t)frame->first_ms);
	put_u32(head + 20, (uint32_t)((uint64_t)frame->first_ms >> 32));
	put_u32(head + 24, (uint32_t)frame->last_ms);
	put_u32(head + 28, (uint32_t)((uint64_t)frame->last_ms >> 32));
}

/* Its first bytes are its own length and sum. */
static uint32_t crc_of(const char *head, struct str payload, uint32_t seed)
{
	uint32_t crc = crc32c(seed, (struct str){ head + 8, FRAME_HEAD - 8 });

	return payload.len ? crc32c(crc, payload) : crc;
}

/* A spec is what tells that of the others. */
static uint32_t seed_for(uint32_t kind, uint32_t seed)
{
	return kind == FRAME_OBJECT_SPEC ? 0 : seed;
}

uint32_t frame_seed(uint64_t id)
{
	char bytes[sizeof(id)];
	uint32_t seed;

	put_u32((unsigned char *)bytes, (uint32_t)id);
	put_u32((unsigned char *)bytes + 4, (uint32_t)(id >> 32));
	seed = crc32c(0, (struct str){ bytes, sizeof(bytes) });
	return seed ? seed : UINT32_MAX;
}

static void make_head(unsigned char head[FRAME_HEAD], struct frame frame,
		      struct str payload, uint32_t seed)
{
	frame.bytes = (uint32_t)payload.len;
	frame_put_head(head, &frame);
	frame.crc = crc_of((const char *)head, payload, seed_for(frame.kind, seed));
	frame_put_head(head, &frame);
}

/* One part after the other, which says why not all of them could be written at once. */
static int write_parts(int fd, const struct iovec *part, int count, int64_t at)
{
	int error = 0, i;

	for (i = 0; !error && i < count; i++) {
		struct str bytes = { part[i].iov_base, part[i].iov_len };

		error = io_write_at(fd, bytes, at);
		at += (int64_t)bytes.len;
	}
	return error;
}

int frame_append(int fd, uint32_t seed, int64_t size, const struct frame *what,
		 struct str payload)
{
	unsigned char head[FRAME_HEAD], end[FRAME_HEAD];
	const struct iovec part[] = {
		{ head, FRAME_HEAD },
		{ (void *)(uintptr_t)payload.ptr, payload.len },
		{ end, FRAME_HEAD },
	};
	int count = seed ? 3 : 2, error;
	size_t bytes = FRAME_HEAD + payload.len + (seed ? FRAME_HEAD : 0);

	if (payload.len > FRAME_MAX_BYTES)
		return -EFBIG;
	make_head(head, *what, payload, seed);
	make_head(end, (struct frame){ .kind = FRAME_END }, STR(""), seed);
	if (pwritev(fd, part, count, size) == (ssize_t)bytes)
		return 0;
	error = write_parts(fd, part, count, size);
	if (error && ftruncate(fd, size) < 0)
		return -errno;
	return error;
}

void frame_reader_fini(struct frame_reader *r)
{
	buf_fini(&r->window);
}

/* A damaged length must not cost half a gigabyte of memory. */
static int check_length(const struct frame_reader *r, int64_t offset, size_t size)
{
	struct stat status;

	if (size <= UNCHECKED_BYTES)
		return 0;
	if (fstat(r->fd, &status) < 0)
		return -errno;
	return offset + (int64_t)size > status.st_size ? -ENODATA : 0;
}

/* The window begins here; what it has from here on needs not be read again. */
static void move_window(struct frame_reader *r, int64_t offset)
{
	int64_t ahead = offset - r->from;
	size_t rest = 0;

	if (ahead >= 0 && ahead < (int64_t)r->window.len)
		rest = r->window.len - (size_t)ahead;
	if (rest)
		memmove(r->window.ptr, r->window.ptr + ahead, rest);
	buf_cut(&r->window, rest);
	r->from = offset;
}

static int fill_window(struct frame_reader *r, int64_t offset, size_t size)
{
	size_t most = size > r->ahead ? size : r->ahead, more;
	int error = check_length(r, offset, size);
	char *room;
	ssize_t n;

	if (error)
		return error;
	move_window(r, offset);
	more = most - r->window.len;
	room = buf_room(&r->window, more);
	if (!room) {
		error = buf_error(&r->window);
		buf_reset(&r->window);
		return error;
	}
	n = io_read_up_to(r->fd, room, more, offset + (int64_t)r->window.len);
	if (n < 0)
		return (int)n;
	buf_added(&r->window, (size_t)n);
	return r->window.len < size ? -ENODATA : 0;
}

/* So many bytes of the file, in the window. 0 or -errno. */
static int frame_look_at(struct frame_reader *r, int64_t offset, size_t size,
			 const char **at)
{
	int error = 0;

	if (offset < r->from || offset + (int64_t)size > r->from + (int64_t)r->window.len)
		error = fill_window(r, offset, size);
	if (!error)
		*at = r->window.ptr + (offset - r->from);
	return error;
}

int frame_read_head(struct frame_reader *r, int64_t offset, struct frame *frame)
{
	const char *at;
	const unsigned char *head;
	int error = frame_look_at(r, offset, FRAME_HEAD, &at);

	if (error)
		return error;
	head = (const unsigned char *)at;
	*frame = (struct frame){
		.bytes = get_u32(head),
		.crc = get_u32(head + 4),
		.kind = get_u32(head + 8),
		.records = get_u32(head + 12),
		.first_ms = get_i64(head + 16),
		.last_ms = get_i64(head + 24),
	};
	if (frame->bytes > FRAME_MAX_BYTES || frame->kind < FRAME_OBJECT_SPEC ||
	    frame->kind > FRAME_END)
		return -ENODATA;
	return 0;
}

int frame_read_payload(struct frame_reader *r, int64_t offset, const struct frame *frame,
		       struct str *payload)
{
	const char *at;
	int error = frame_look_at(r, offset, FRAME_HEAD + (size_t)frame->bytes, &at);

	if (error)
		return error;
	*payload = (struct str){ at + FRAME_HEAD, frame->bytes };
	return crc_of(at, *payload, seed_for(frame->kind, r->seed)) == frame->crc
		       ? 0
		       : -ENODATA;
}
