/* SPDX-License-Identifier: Apache-2.0 */
/* encode_json.c - an object as a JSON list of its records, or as a JSON object
 * that has the list as one of its members; compact, or one TAB a level.
 */
#include "stage/encode_json.h"
#include "stage/registry.h"

const struct shape json_options_shape = {
	.name = "json",
	.size = sizeof(struct json_options),
	.fields =
		(const struct field[]){
			OPTION(struct json_options, pretty, "pretty", 0,
			       "indent, one TAB a level"),
			{ 0 },
		},
};

void json_put_row(const struct json_options *self, const struct shape *shape,
		  const void *record, unsigned depth, struct buf *rows)
{
	struct json_style style = { self->pretty, depth };

	buf_putc(rows, ',');
	json_put_break(rows, style);
	json_put_record(rows, shape, record, style);
}

static struct str json_separator(const void *state, bool has_header)
{
	(void)state;
	(void)has_header;
	return STR(",");
}

/* A row stands in a list, which stands in an object when there is a header. */
static size_t json_row(const void *state, const struct shape *shape, const void *record,
		       bool has_header, struct buf *rows)
{
	json_put_row(state, shape, record, has_header ? 2 : 1, rows);
	return 0;
}

static void encode_json_put_member(const struct header_member *member,
				   struct json_style style, bool is_first,
				   struct buf *out)
{
	if (!is_first)
		buf_putc(out, ',');
	json_put_break(out, style);
	json_put_string(out, member->name);
	buf_puts(out, style.pretty ? ": " : ":");
	if (member->is_rows)
		return;
	if (member->is_number)
		buf_put_i64(out, member->number);
	else
		json_put_string(out, member->text);
}

static void json_frame(const void *state, const struct strs *columns,
		       const struct header_member *members, size_t count,
		       struct buf *head, struct buf *end)
{
	const struct json_options *self = state;
	struct json_style outer = { self->pretty, 0 }, inner = { self->pretty, 1 };
	struct buf *out = head;
	size_t i;

	(void)columns;
	if (count)
		buf_putc(head, '{');
	for (i = 0; i < count; i++) {
		encode_json_put_member(&members[i], inner, i == 0, out);
		if (members[i].is_rows) {
			buf_putc(head, '[');
			out = end;
			json_put_break(end, inner);
			buf_putc(end, ']');
		}
	}
	if (count) {
		json_put_break(end, outer);
		buf_puts(end, "}\n");
		return;
	}
	buf_putc(head, '[');
	json_put_break(end, outer);
	buf_puts(end, "]\n");
}

const struct encode encode_json = {
	.stage = { .name = "json",
		   .section = "pipeline.encode.json",
		   .state = &json_options_shape },
	.content_type = "application/json",
	.takes_header = true,
	.separator = json_separator,
	.row = json_row,
	.frame = json_frame,
};
