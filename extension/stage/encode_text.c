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
static void text_put_value(struct buf *b, struct str s)
{
	size_t i;

	if (s.len == 0)
		json_put(b, "-", 1);
	for (i = 0; i < s.len; i++)
		json_put(b, (unsigned char)s.ptr[i] <= ' ' ? "_" : s.ptr + i, 1);
}

/* Copies a value; returns where it ends, or NULL: it is not plain. */
static char *copy_plain(char *to, struct str s)
{
	size_t i;

	if (s.len < WORD_SIZE) {
		for (i = 0; i < s.len && (unsigned char)s.ptr[i] > ' '; i++)
			to[i] = s.ptr[i];
		return i == s.len ? to + i : NULL;
	}
	for (i = 0;; i += WORD_SIZE) {
		/* The last eight bytes overlap those before. */
		if (i + WORD_SIZE > s.len)
			i = s.len - WORD_SIZE;
		if (word_below(word_load(s.ptr + i), ' ' + 1))
			return NULL;
		memcpy(to + i, s.ptr + i, WORD_SIZE);
		if (i + WORD_SIZE == s.len)
			return to + s.len;
	}
}

/* The values of every day and a space, with one look at the room: a plain string,
 * a number. false: nothing was written. */
static bool put_usual(struct buf *b, const struct field *field, const void *value)
{
	const struct str *text = value;
	bool is_text = field->kind == FIELD_KIND_STR && text->len;
	char *to = json_room(b, DIGITS_ROOM + WORD_SIZE + (is_text ? text->len : 0));

	if (to && is_text)
		to = copy_plain(to, *text);
	else if (to && field->kind == FIELD_KIND_I64 && *(const int64_t *)value >= 0)
		to = digits_put(to, (uint64_t) * (const int64_t *)value);
	else
		return false;
	if (!to) {
		b->ptr[b->len] = '\0';
		return false;
	}
	*to++ = ' ';
	*to = '\0';
	b->len = (size_t)(to - b->ptr);
	return true;
}

static size_t text_row(const void *state, const struct shape *shape, const void *record,
		       bool has_header, struct buf *rows)
{
	const struct field *field;
	char text[CELL_ROOM];

	(void)state;
	(void)has_header;
	for (field = shape->fields; field->name; field++) {
		const void *value = (const char *)record + field->offset;

		if (put_usual(rows, field, value))
			continue;
		text_put_value(rows, cell_text(field, value, text));
		json_put(rows, " ", 1);
	}
	if (!buf_error(rows))
		rows->ptr[rows->len - 1] = '\n';
	return 0;
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
		text_put_value(head, columns->item[i]);
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
