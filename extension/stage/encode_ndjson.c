/* SPDX-License-Identifier: Apache-2.0 */
/* encode_ndjson.c - one JSON record a line, and nothing else. */
#include "format/json_write.h"
#include "stage/registry.h"

static size_t ndjson_row(const void *state, const struct shape *shape, const void *record,
			 bool has_header, struct buf *rows)
{
	(void)state;
	(void)has_header;
	json_put_record(rows, shape, record, (struct json_style){ false, 0 });
	buf_putc(rows, '\n');
	return 0;
}

const struct encode encode_ndjson = {
	.stage = { .name = "ndjson" },
	.content_type = "application/x-ndjson",
	.row = ndjson_row,
};
