/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c - see columns.h. */
#include <inttypes.h>
#include <stdio.h>
#include "command/columns.h"

const char *columns_amount(char text[COLUMNS_TEXT_MAX], int64_t n)
{
	static const char units[] = " kMGTPE";
	double value = (double)n;
	size_t unit = 0;

	while (value >= 1000 && n >= 100000 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	snprintf(text, COLUMNS_TEXT_MAX, "%.*f%.*s", unit && value < 100 ? 1 : 0, value,
		 unit != 0, units + unit);
	return text;
}

const char *columns_size(char text[COLUMNS_TEXT_MAX], int64_t bytes)
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"
	};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	snprintf(text, COLUMNS_TEXT_MAX, "%.*f %s", unit && value < 10 ? 1 : 0, value,
		 units[unit]);
	return text;
}

const char *columns_age(char text[COLUMNS_TEXT_MAX], int64_t s)
{
	if (s < 0)
		snprintf(text, COLUMNS_TEXT_MAX, "-");
	else if (s < 120)
		snprintf(text, COLUMNS_TEXT_MAX, "%" PRId64 "s", s);
	else if (s < 120 * 60)
		snprintf(text, COLUMNS_TEXT_MAX, "%" PRId64 "m", s / 60);
	else if (s < 48 * 3600)
		snprintf(text, COLUMNS_TEXT_MAX, "%" PRId64 "h", s / 3600);
	else if (s < (int64_t)10000 * 86400)
		snprintf(text, COLUMNS_TEXT_MAX, "%" PRId64 "d", s / 86400);
	else
		snprintf(text, COLUMNS_TEXT_MAX, "ages");
	return text;
}

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
