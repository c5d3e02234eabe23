/* SPDX-License-Identifier: Apache-2.0 */
/* encode_text.c - a line a record, fields separated by one space, as AWS puts
 * VPC flow logs into S3: the first line of every object names the fields, "-"
 * is what is not known.
 *
 * Outside facts: Amazon VPC User Guide, "Flow log records"; Athena's DDL for
 * them ("skip.header.line.count"="1", fields terminated by ' ').
 */
#include "base/word.h"
#include "format/cell.h"
#include "format/json_copy.h"
#include "stage/registry.h"

/* A space or a line end in a value would make another line of it. */
static bool is_plain(struct str s)
{
	size_t i;

	for (i = 0; i + WORD_SIZE <= s.len; i += WORD_SIZE)
		if (word_below(word_load(s.ptr + i), ' ' + 1))
			return false;
	for (; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ')
			return false;
	return true;
}

static void put_value(struct buf *b, struct str s)
{
	size_t i;

	if (s.len == 0)
		json_put(b, "-", 1);
	else if (is_plain(s))
		json_put(b, s.ptr, s.len);
	else
		for (i = 0; i < s.len; i++)
			json_put(b, (unsigned char)s.ptr[i] <= ' ' ? "_" : s.ptr + i, 1);
}

static void text_row(const void *state, const struct shape *shape, const void *record,
		     bool has_header, struct buf *rows)
{
	const struct field *field;
	char text[CELL_ROOM];

	(void)state;
	(void)has_header;
	for (field = shape->fields; field->name; field++) {
		if (field != shape->fields)
			json_put(rows, " ", 1);
		put_value(rows,
			  cell_text(field, (const char *)record + field->offset, text));
	}
	json_put(rows, "\n", 1);
}

static void text_frame(const void *state, const struct strs *columns,
		       const struct header_member *members, size_t count,
		       struct buf *head, struct buf *end)
{
	size_t i;

	(void)state;
	(void)members;
	(void)count;
	(void)end;
	for (i = 0; i < columns->count; i++) {
		if (i)
			json_put(head, " ", 1);
		put_value(head, columns->item[i]);
	}
	json_put(head, "\n", 1);
}

const struct encode encode_text = {
	.stage = { .name = "text" },
	.content_type = "text/plain",
	.is_flat = true,
	.row = text_row,
	.frame = text_frame,
};
