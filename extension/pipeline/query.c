/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - see query.h. */
#include <errno.h>
#include <stdlib.h>
#include "pipeline/query.h"

/* Per batch, of up to some hundred flows. */
#define MEMO_SLOTS	256
#define MEMO_ARENA_MAX	((size_t)8 << 20)
#define TEXT_MAX	(64 * 1024)

struct query_memo {
	struct query_memo *next;
	struct str text;
	const struct answer *answer;	/* NULL: asked in this pass, not known */
};

static const struct answer nothing;

int queries_init(struct queries *q, struct answers *answers)
{
	*q = (struct queries){
		.answers = answers,
		.memo = calloc(MEMO_SLOTS, sizeof(*q->memo)),
		.arena = ARENA_INIT(MEMO_ARENA_MAX),
		.text = BUF_INIT(TEXT_MAX),
	};
	return q->memo ? 0 : -ENOMEM;
}

void queries_fini(struct queries *q)
{
	arena_fini(&q->arena);
	buf_fini(&q->text);
	free(q->memo);
	q->memo = NULL;
}

void queries_pass(struct queries *q)
{
	struct query_memo *memo;
	size_t i;

	q->pending = 0;
	for (i = 0; i < MEMO_SLOTS; i++)
		for (memo = q->memo[i]; memo; memo = memo->next)
			if (!memo->answer)
				memo->text.len = 0;	/* ask again */
}

void queries_reset(struct queries *q)
{
	q->answers->release(q->answers);
	memset(q->memo, 0, MEMO_SLOTS * sizeof(*q->memo));
	arena_reset(&q->arena);
	q->pending = 0;
}

/* Writes the text with each ? as a quoted value. false: a value has a quote. */
static bool build(struct buf *b, const char *text, const struct str *values, size_t count)
{
	size_t used = 0;

	buf_reset(b);
	for (; *text; text++) {
		if (*text != '?' || used == count) {
			buf_putc(b, *text);
			continue;
		}
		if (values[used].len && (memchr(values[used].ptr, '"', values[used].len) ||
					 memchr(values[used].ptr, '\'', values[used].len)))
			return false;
		buf_putc(b, '"');
		buf_put(b, values[used++]);
		buf_putc(b, '"');
	}
	return !buf_error(b);
}

static struct query_memo **find(struct queries *q, struct str text)
{
	struct query_memo **at;
	uint32_t hash = 2166136261u;	/* FNV-1a */
	size_t i;

	for (i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.ptr[i]) * 16777619u;
	at = &q->memo[hash % MEMO_SLOTS];
	while (*at && !str_equal((*at)->text, text))
		at = &(*at)->next;
	return at;
}

const struct answer *query_bind(struct queries *q, const char *text,
				const struct str *values, size_t count)
{
	struct query_memo **at;
	struct query_memo *memo;

	if (!build(&q->text, text, values, count)) {
		q->refused++;
		return &nothing;
	}
	at = find(q, buf_str(&q->text));
	if (!*at) {
		memo = arena_alloc(&q->arena, sizeof(*memo));
		if (!memo)
			return &nothing;
		memo->text = arena_str(&q->arena, buf_str(&q->text));
		if (arena_error(&q->arena))
			return &nothing;
		memo->answer = q->answers->find(q->answers, memo->text);
		*at = memo;
	}
	if (!(*at)->answer)
		q->pending++;
	return (*at)->answer;
}
