/* SPDX-License-Identifier: Apache-2.0 */
/* encode_secadvisor.c - {"data":[records]}, with the options of json. */
#include "stage/encode_json.h"
#include "stage/registry.h"

static struct str secadvisor_separator(const void *state, bool has_header)
{
	(void)state;
	(void)has_header;
	return STR(",");
}

static size_t secadvisor_row(const void *state, const struct shape *shape,
			     const void *record, bool has_header, struct buf *rows)
{
	(void)has_header;
	json_put_row(state, shape, record, 2, rows);
	return 0;
}

static void secadvisor_frame(const void *state, const struct strs *columns,
			     const struct header_member *members, size_t count,
			     struct buf *head, struct buf *end)
{
	const struct json_options *self = state;
	struct json_style outer = { self->pretty, 0 }, inner = { self->pretty, 1 };

	(void)columns;
	(void)members;
	(void)count;
	buf_putc(head, '{');
	json_put_break(head, inner);
	buf_puts(head, self->pretty ? "\"data\": [" : "\"data\":[");
	json_put_break(end, inner);
	buf_putc(end, ']');
	json_put_break(end, outer);
	buf_puts(end, "}\n");
}

const struct encode encode_secadvisor = {
	.stage = { .name = "secadvisor",
		   .section = "pipeline.encode.json",
		   .state = &json_options_shape },
	.content_type = "application/json",
	.separator = secadvisor_separator,
	.row = secadvisor_row,
	.frame = secadvisor_frame,
};
