/* SPDX-License-Identifier: Apache-2.0 */
/* stored_line.c - see stored_line.h. */
#include "format/json_read.h"
#include "format/json_write.h"
#include "spool/stored_line.h"

#define LINE(member) FIELD(struct stored_line, member, #member, FIELD_OMIT_EMPTY)

static const struct shape line_shape = {
	.name = "stored",
	.size = sizeof(struct stored_line),
	.fields = (const struct field[]){ LINE(at_ms),
					  LINE(place),
					  LINE(records),
					  LINE(bytes),
					  LINE(missed),
					  LINE(key),
					  { 0 } },
};

void stored_line_put(struct buf *b, const struct stored_line *line)
{
	json_put_record(b, &line_shape, line, (struct json_style){ false, 0 });
	buf_putc(b, '\n');
}

bool stored_line_read(struct str text, struct arena *arena, struct stored_line *line)
{
	struct json_reader r;

	*line = (struct stored_line){ .at_ms = 0 };
	json_reader_init(&r, text, arena);
	return json_read_object(&r, &line_shape, line) && json_at_end(&r) &&
	       line->at_ms >= 0 && line->records >= 0 && line->bytes >= 0 &&
	       line->missed >= 0 && (line->key.len || line->place.len || line->missed);
}
