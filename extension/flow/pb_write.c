/* SPDX-License-Identifier: Apache-2.0 */
/* pb_write.c - see pb_write.h. */
#include "base/utf8.h"
#include "flow/pb_write.h"

#define VARINT_MAX 10 /* bytes */

enum wire_type { WIRE_VARINT = 0, WIRE_BYTES = 2 };

static char *put_varint(char *to, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (char)(value | 0x80);
	*to++ = (char)value;
	return to;
}

static char *put_tag(char *to, unsigned field, enum wire_type type)
{
	return put_varint(to, (uint64_t)field << 3 | type);
}

void pb_put_number(struct buf *b, unsigned field, uint64_t value)
{
	char *room = buf_room(b, 2 * VARINT_MAX), *end;

	if (!room)
		return;
	end = put_varint(put_tag(room, field, WIRE_VARINT), value);
	buf_added(b, (size_t)(end - room));
}

void pb_put_bytes(struct buf *b, unsigned field, struct str bytes)
{
	char *room = buf_room(b, 2 * VARINT_MAX + bytes.len), *end;

	if (!room)
		return;
	end = put_varint(put_tag(room, field, WIRE_BYTES), bytes.len);
	if (bytes.len)
		memcpy(end, bytes.ptr, bytes.len);
	buf_added(b, (size_t)(end - room) + bytes.len);
}

static void put_cleaned(struct buf *b, unsigned field, struct str text)
{
	size_t begun = pb_begin(b, field), good;

	while (text.len > (good = utf8_good(text))) {
		buf_put(b, (struct str){ text.ptr, good });
		buf_puts(b, UTF8_REPLACEMENT);
		text = str_skip(text, good + 1);
	}
	buf_put(b, text);
	pb_end(b, begun);
}

void pb_put_text(struct buf *b, unsigned field, struct str text)
{
	if (utf8_good(text) == text.len)
		pb_put_bytes(b, field, text);
	else
		put_cleaned(b, field, text);
}

/* One byte is kept for the length; most messages need no more. */
size_t pb_begin(struct buf *b, unsigned field)
{
	char *room = buf_room(b, VARINT_MAX + 1);

	if (room)
		buf_added(b, (size_t)(put_tag(room, field, WIRE_BYTES) - room) + 1);
	return b->len;
}

void pb_end(struct buf *b, size_t begun)
{
	char length[VARINT_MAX];
	size_t size, more;

	if (buf_error(b))
		return;
	size = b->len - begun;
	more = (size_t)(put_varint(length, size) - length) - 1;
	if (more && !buf_room(b, more))
		return;
	if (more)
		memmove(b->ptr + begun + more, b->ptr + begun, size);
	memcpy(b->ptr + begun - 1, length, more + 1);
	buf_added(b, more);
}
