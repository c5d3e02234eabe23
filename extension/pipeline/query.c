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
	memset(q->last, 0, sizeof(q->last));
	memset(q->memo, 0, MEMO_SLOTS * sizeof(*q->memo));
	arena_reset(&q->arena);
	q->is_used = false;
	q->pending = 0;
}

bool query_accepts(struct queries *q, struct str value)
{
	if (!question_has_quote(value))
		return true;
	q->refused++;
	return false;
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

/* What a graph at hand says; NULL: nothing. */
static const struct answer *query_known(struct queries *q,
					const struct question *question,
					const struct str *values)
{
	const struct answer *answer = NULL;

	if (q->answers->known)
		answer = q->answers->known(q->answers, question, values, q->at_ms,
					   &q->arena, &q->span);
	q->is_used = q->is_used || answer;
	return answer;
}

static void query_tell(struct queries *q, const struct question *question,
		       const struct str *values, const struct query_memo *memo)
{
	if (q->answers->heard && memo && memo->answer)
		q->answers->heard(q->answers, question, values, memo->text, memo->answer);
}

const struct answer *query_text(struct queries *q, struct str text)
{
	const struct query_memo *memo;
	struct question_parsed parsed;
	const struct answer *known = NULL;
	bool is_question = (q->answers->known || q->answers->heard) &&
			   question_parse(text, &parsed, NULL) == 0;

	if (is_question)
		known = query_known(q, &parsed.question, NULL);
	if (known)
		return known;
	memo = query_ask(q, text);
	if (is_question)
		query_tell(q, &parsed.question, NULL, memo);
	return memo ? memo->answer : &unknown;
}

uint64_t queries_version(struct queries *q)
{
	return q->answers->version ? q->answers->version(q->answers) : 0;
}

void query_renew(struct queries *q, const struct question *question,
		 const struct str *values, int64_t before_ms, bool only_empty)
{
	buf_reset(&q->text);
	if (q->answers->renew && question_put(&q->text, question, values) &&
	    !(only_empty && *query_find(q, buf_str(&q->text))))
		q->answers->renew(q->answers, buf_str(&q->text), before_ms, only_empty);
}

/* Values of a kind mostly differ at their ends. */
static struct query_last *last_of(struct queries *q, struct str value)
{
	unsigned end = value.len > 1
			       ? (unsigned char)value.ptr[value.len - 1] +
					 (unsigned char)value.ptr[value.len - 2] * 7u
			       : (unsigned)value.len;

	return &q->last[end % QUERY_LASTS];
}

/* In the arena: the caller's may change. */
static void query_remember(struct queries *q, const struct question *question,
			   struct str value, const struct answer *answer)
{
	struct query_last *last = last_of(q, value);

	*last = (struct query_last){
		.question = question,
		.answer = answer,
		.value = arena_str(&q->arena, value),
	};
	if (arena_error(&q->arena))
		last->answer = NULL;
}

const struct answer *query_bind(struct queries *q, const struct question *question,
				const struct str *values, size_t count)
{
	const struct query_memo *memo;
	const struct answer *known;
	const struct query_last *last = count == 1 ? last_of(q, values[0]) : NULL;

	/* Neighbors in a batch were mostly captured at the same few nodes. */
	if (last && last->answer && last->question == question &&
	    str_equal(last->value, values[0]))
		return last->answer;
	known = query_known(q, question, values);
	if (known)
		return known;
	buf_reset(&q->text);
	if (!question_put(&q->text, question, values)) {
		q->refused++;
		return &nothing;
	}
	memo = query_ask(q, buf_str(&q->text));
	if (!memo)
		return &unknown;
	query_tell(q, question, values, memo);
	if (memo->answer && count == 1)
		query_remember(q, question, values[0], memo->answer);
	return memo->answer;
}
