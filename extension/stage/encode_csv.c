/* SPDX-License-Identifier: Apache-2.0 */
/* encode_csv.c - comma separated values (RFC 4180), lines ended by LF.
 *
 * The first line of every object has the names of the columns. A field is in
 * quotes when Go's encoding/csv puts it there, which is what the Go exporter
 * meant to write with: with a comma, a quote or a line end in it, with white
 * space in front, and when it is "\.", the end of data of PostgreSQL. What is
 * not known is an empty field.
 */
#include "format/cell.h"
#include "stage/registry.h"

/* White space of Unicode beyond ASCII, as UTF-8. */
static bool starts_with_wide_space(struct str s)
{
	static const char *const spaces[] = {
		"\xc2\x85",	"\xc2\xa0",	"\xe1\x9a\x80", "\xe2\x80\x80",
		"\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
		"\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
		"\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};
	size_t i;

	for (i = 0; i < sizeof(spaces) / sizeof(*spaces); i++)
		if (str_starts(s, str_of(spaces[i])))
			return true;
	return false;
}

static bool needs_quotes(struct str s)
{
	size_t i;

	if (s.len == 0)
		return false;
	for (i = 0; i < s.len; i++)
		if (s.ptr[i] == ',' || s.ptr[i] == '"' || s.ptr[i] == '\n' ||
		    s.ptr[i] == '\r')
			return true;
	return s.ptr[0] == ' ' || (s.ptr[0] >= '\t' && s.ptr[0] <= '\r') ||
	       str_is(s, "\\.") ||
	       ((unsigned char)s.ptr[0] >= 0x80 && starts_with_wide_space(s));
}

static void put_field(struct buf *rows, struct str s)
{
	size_t i;

	if (!needs_quotes(s)) {
		buf_put(rows, s);
		return;
	}
	buf_putc(rows, '"');
	for (i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_putc(rows, '"');
		buf_putc(rows, s.ptr[i]);
	}
	buf_putc(rows, '"');
}

static size_t csv_row(const void *state, const struct shape *shape, const void *record,
		      bool has_header, struct buf *rows)
{
	const struct field *field;
	char text[CELL_ROOM];

	(void)state;
	(void)has_header;
	for (field = shape->fields; field->name; field++) {
		if (field != shape->fields)
			buf_putc(rows, ',');
		put_field(rows,
			  cell_text(field, (const char *)record + field->offset, text));
	}
	buf_putc(rows, '\n');
	return 0;
}

static void csv_frame(const void *state, const struct strs *columns,
		      const struct header_member *members, size_t count, struct buf *head,
		      struct buf *end)
{
	size_t i;

	(void)state;
	(void)members;
	(void)count;
	(void)end;
	for (i = 0; i < columns->count; i++) {
		if (i)
			buf_putc(head, ',');
		put_field(head, columns->item[i]);
	}
	buf_putc(head, '\n');
}

const struct encode encode_csv = {
	.stage = { .name = "csv" },
	.content_type = "text/csv",
	.is_flat = true,
	.row = csv_row,
	.frame = csv_frame,
};
