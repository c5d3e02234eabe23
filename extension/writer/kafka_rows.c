/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_rows.c - see kafka_rows.h. */
#include <errno.h>
#include "sys/io.h"
#include "writer/kafka_rows.h"

#define PART_BYTES ((size_t)64 << 10)
#define PART_MAX   ((size_t)1 << 30)

void kafka_rows_init(struct kafka_rows *r, int fd, const struct sealed *object)
{
	*r = (struct kafka_rows){
		.fd = fd,
		.object = object,
		.from = object->offset,
		.part = BUF_INIT(PART_MAX),
	};
}

void kafka_rows_fini(struct kafka_rows *r)
{
	buf_fini(&r->part);
}

void kafka_rows_rewind(struct kafka_rows *r)
{
	buf_reset(&r->part);
	r->at = 0;
	r->from = r->object->offset;
	r->left = 0;
	r->number = 0;
}

/* More of the piece behind what is there. 0 or -errno. */
static int read_part(struct kafka_rows *r, size_t needed)
{
	size_t have = r->part.len - r->at;
	size_t size = needed > PART_BYTES ? needed - have : PART_BYTES;
	char *room;
	int error;

	if (r->at && have)
		memmove(r->part.ptr, r->part.ptr + r->at, have);
	buf_cut(&r->part, have);
	r->at = 0;
	if ((int64_t)size > r->left)
		size = (size_t)r->left;
	room = buf_room(&r->part, size);
	if (!room)
		return buf_error(&r->part);
	error = io_read_at(r->fd, room, size, r->from);
	if (error)
		return error;
	buf_added(&r->part, size);
	r->from += (int64_t)size;
	r->left -= (int64_t)size;
	return 0;
}

/* The same, of the next piece if there is no more of this one, where no row may be left
 * half. */
static int read_more(struct kafka_rows *r, size_t needed, bool is_half)
{
	int error;

	if (r->left)
		return read_part(r, needed);
	if (is_half)
		return -EINVAL;
	error = sealed_next_rows(r->object, r->fd, r->from, &r->from, &r->left);
	return error ? error : read_part(r, needed);
}

int kafka_rows_get(struct kafka_rows *r, struct row_label *label, struct str *text)
{
	struct str rest;
	size_t needed;
	int error;

	for (;;) {
		*text = rest = str_skip(buf_str(&r->part), r->at);
		error = row_label_read(&rest, label, &needed);
		text->len -= rest.len;
		if (error != -EAGAIN)
			return error;
		error = read_more(r, needed, rest.len != 0);
		if (error)
			return error;
	}
}

void kafka_rows_next(struct kafka_rows *r, struct str text)
{
	r->at += text.len;
	r->number++;
}
