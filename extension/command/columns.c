/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c - see columns.h. */
#include "command/columns.h"

/* Control characters would move the terminal's cursor. */
static void put_char(struct buf *out, char c)
{
	buf_putc(out, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
}

static bool is_begin(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t columns_width(struct str text)
{
	size_t i, width = 0;

	for (i = 0; i < text.len; i++)
		width += is_begin(text.ptr[i]);
	return width;
}

void columns_put(struct buf *out, struct str text, size_t columns, bool pad)
{
	bool is_long = columns_width(text) > columns;
	size_t i, width = 0;

	for (i = 0; i < text.len; i++) {
		if (is_begin(text.ptr[i]) && width++ == columns - is_long && is_long)
			break;
		put_char(out, text.ptr[i]);
	}
	if (is_long)
		buf_puts(out, "\xe2\x80\xa6");
	for (; pad && width < columns; width++)
		buf_putc(out, ' ');
}
