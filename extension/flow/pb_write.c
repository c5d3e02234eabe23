/* SPDX-License-Identifier: Apache-2.0 */
/* pb_write.c - see pb_write.h. */
#include "base/utf8.h"
#include "flow/pb_write.h"

static char *write_bytes(char *to, struct str bytes)
{
	if (bytes.len)
		memcpy(to, bytes.ptr, bytes.len);
	return to + bytes.len;
}

/* Also without to: only the length then. */
static size_t write_cleaned(char *to, struct str text)
{
	const struct str instead = STR(UTF8_REPLACEMENT);
	size_t length = 0, good;

	for (;;) {
		good = utf8_good(text);
		if (to)
			to = write_bytes(to, (struct str){ text.ptr, good });
		length += good;
		if (good == text.len)
			return length;
		if (to)
			to = write_bytes(to, instead);
		length += instead.len;
		text = str_skip(text, good + 1);
	}
}

char *pb_write_text(char *to, unsigned field, struct str text)
{
	size_t length;

	to = pb_write_tag(to, field, PB_BYTES);
	if (utf8_good(text) == text.len)
		return write_bytes(pb_write_varint(to, text.len), text);
	length = write_cleaned(NULL, text);
	to = pb_write_varint(to, length);
	write_cleaned(to, text);
	return to + length;
}

char *pb_write_length(char *begun, char *end)
{
	char length[PB_VARINT_MAX];
	size_t size = (size_t)(end - begun);
	size_t more = (size_t)(pb_write_varint(length, size) - length) - 1;

	if (more)
		memmove(begun + more, begun, size);
	memcpy(begun - 1, length, more + 1);
	return end + more;
}

void pb_put_number(struct buf *b, unsigned field, uint64_t value)
{
	char *room = buf_room(b, PB_NUMBER_MAX), *end;

	if (!room)
		return;
	end = pb_write_varint(pb_write_tag(room, field, PB_VARINT), value);
	buf_added(b, (size_t)(end - room));
}

void pb_put_bytes(struct buf *b, unsigned field, struct str bytes)
{
	char *room = buf_room(b, PB_NUMBER_MAX + bytes.len), *end;

	if (!room)
		return;
	end = pb_write_varint(pb_write_tag(room, field, PB_BYTES), bytes.len);
	buf_added(b, (size_t)(write_bytes(end, bytes) - room));
}

void pb_put_text(struct buf *b, unsigned field, struct str text)
{
	char *room = buf_room(b, PB_TEXT_MAX(text.len));

	if (room)
		buf_added(b, (size_t)(pb_write_text(room, field, text) - room));
}

/* One byte is kept for the length; most messages need no more. */
size_t pb_begin(struct buf *b, unsigned field)
{
	char *room = buf_room(b, PB_HEAD_MAX);

	if (room)
		buf_added(b, (size_t)(pb_write_tag(room, field, PB_BYTES) - room) + 1);
	return b->len;
}

void pb_end(struct buf *b, size_t begun)
{
	char *end = buf_room(b, PB_VARINT_MAX);

	if (end)
		buf_added(b, (size_t)(pb_write_length(b->ptr + begun, end) - end));
}
