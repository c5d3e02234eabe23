/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_past.c - see kafka_past.h. */
#include "net/kafka_past.h"

#define MARK '\t'

void kafka_past_init(struct kafka_past *p)
{
	p->text = (struct buf)BUF_INIT(2 * KAFKA_PAST_MAX);
}

void kafka_past_fini(struct kafka_past *p)
{
	buf_fini(&p->text);
}

static bool is_marked(struct str line)
{
	return line.len && line.ptr[0] == MARK;
}

int kafka_past_set(struct kafka_past *p, struct str text)
{
	buf_reset(&p->text);
	buf_put(&p->text, text);
	return buf_error(&p->text);
}

int kafka_past_read(struct kafka_past *p, struct str text)
{
	buf_reset(&p->text);
	if (text.len && !is_marked(text))
		buf_putc(&p->text, MARK);
	buf_put(&p->text, text);
	return buf_error(&p->text);
}

static bool next_line(struct str *rest, struct str *line)
{
	*line = str_until(*rest, '\n');
	*rest = str_skip(*rest, line->len + 1);
	return line->len > 0;
}

bool kafka_past_has(const struct kafka_past *p, const char *name)
{
	struct str rest = buf_str(&p->text), line;

	while (next_line(&rest, &line))
		if (str_is(str_skip(line, is_marked(line)), name))
			return true;
	return false;
}

/* Those that are marked, or the others, as long as there is room. */
static void put_lines(const struct kafka_past *p, bool are_marked, size_t most,
		      struct buf *b)
{
	struct str rest = buf_str(&p->text), line;

	while (next_line(&rest, &line)) {
		if (is_marked(line) != are_marked)
			continue;
		if (b->len + line.len + 1 > most)
			break;
		buf_put(b, line);
		buf_putc(b, '\n');
	}
}

int kafka_past_put(const struct kafka_past *p, const char *name, struct buf *b)
{
	buf_printf(b, "%s\n", name);
	put_lines(p, true, KAFKA_PAST_MAX / 2, b);
	put_lines(p, false, KAFKA_PAST_MAX, b);
	return buf_error(b);
}
