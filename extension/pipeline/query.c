/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - see query.h. */
#include <errno.h>
#include <stdlib.h>
#include "pipeline/query.h"

/* Per batch, of up to some hundred flows. */
#define MEMO_SLOTS     256
#define MEMO_ARENA_MAX ((size_t)64 << 20)
#define TEXT_MAX       (64 * 1024)

struct query_memo {
	struct query_memo *next;
	struct str text;
	const struct answer *answer; /* NULL: asked in this pass, not known */
};

static const struct answer nothing;
static const struct answer unknown = { .is_unknown = true };

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

void queries_pass(struct queries *q, int64_t now_ms)
{
	struct query_memo *memo;
	size_t i;

	q->now_ms = now_ms;
	q->pending = 0;
	for (i = 0; q->is_used && i < MEMO_SLOTS; i++)
		for (memo = q->memo[i]; memo; memo = memo->next)
			if (!memo->answer)
				memo->text.len = 0; /* ask again */
}

void queries_reset(struct queries *q)
{
	if (!q->is_used)
		return;
	q->answers->release(q->answers);
	q->last.answer = NULL;
	memset(q->memo, 0, MEMO_SLOTS * sizeof(*q->memo));
	arena_reset(&q->arena);
	q->is_used = false;
	q->pending = 0;
}

static bool has_quote(struct str value)
{
	return value.len &&
	       (memchr(value.ptr, '"', value.len) || memchr(value.ptr, '\'', value.len));
}

bool query_accepts(struct queries *q, struct str value)
{
	if (!has_quote(value))
		return true;
	q->refused++;
	return false;
}

/* Writes the text with each ? as a quoted value. false: a value has a quote. */
static bool query_build(struct buf *b, const char *text, const struct str *values,
			size_t count)
{
	const char *mark;
	size_t i;

	buf_reset(b);
	for (i = 0; i < count && (mark = strchr(text, '?')); i++) {
		if (has_quote(values[i]))
			return false;
		buf_put(b, (struct str){ text, (size_t)(mark - text) });
		buf_putc(b, '"');
		buf_put(b, values[i]);
		buf_putc(b, '"');
		text = mark + 1;
	}
	buf_puts(b, text);
	return !buf_error(b);
}

static struct query_memo **query_find(struct queries *q, struct str text)
{
	struct query_memo **at;
	uint32_t hash = 2166136261u; /* FNV-1a */
	size_t i;

	for (i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.ptr[i]) * 16777619u;
	at = &q->memo[hash % MEMO_SLOTS];
	while (*at && !str_equal((*at)->text, text))
		at = &(*at)->next;
	return at;
}

/* The value as it stands in the text of the memo: the caller's may change. */
static void query_remember(struct queries *q, const char *text, size_t len,
			   const struct query_memo *memo)
{
	const char *mark = strchr(text, '?');

	if (!mark)
		return;
	q->last = (struct query_last){
		.text = text,
		.answer = memo->answer,
		.value = { memo->text.ptr + (mark - text) + 1, len },
	};
}

/* NULL: no memory. */
static struct query_memo *query_ask(struct queries *q, struct str text)
{
	struct query_memo **at = query_find(q, text);
	struct query_memo *memo;

	q->is_used = true;
	if (!*at) {
		memo = arena_alloc(&q->arena, sizeof(*memo));
		if (!memo)
			return NULL;
		memo->text = arena_str(&q->arena, text);
		if (arena_error(&q->arena))
			return NULL;
		memo->answer = q->answers->find(q->answers, memo->text);
		*at = memo;
	}
	if (!(*at)->answer)
		q->pending++;
	return *at;
}

const struct answer *query_text(struct queries *q, struct str text)
{
	const struct query_memo *memo = query_ask(q, text);

	return memo ? memo->answer : &unknown;
}

void query_renew(struct queries *q, struct str text, int64_t before_ms)
{
	if (q->answers->renew)
		q->answers->renew(q->answers, text, before_ms, false);
}

void query_renew_empty(struct queries *q, const char *text, struct str value,
		       int64_t before_ms)
{
	if (q->answers->renew && query_build(&q->text, text, &value, 1) &&
	    !*query_find(q, buf_str(&q->text)))
		q->answers->renew(q->answers, buf_str(&q->text), before_ms, true);
}

const struct answer *query_bind(struct queries *q, const char *text,
				const struct str *values, size_t count)
{
	const struct query_memo *memo;

	/* Neighbors in a batch were mostly captured at the same node. */
	if (q->last.answer && q->last.text == text && count == 1 &&
	    str_equal(q->last.value, values[0]))
		return q->last.answer;
	if (!query_build(&q->text, text, values, count)) {
		q->refused++;
		return &nothing;
	}
	memo = query_ask(q, buf_str(&q->text));
	if (!memo)
		return &unknown;
	if (memo->answer && count == 1)
		query_remember(q, text, values[0].len, memo);
	return memo->answer;
}
