/* SPDX-License-Identifier: Apache-2.0 */
/* fake_answers.h - a topology from a table, which notes what it is asked. */
#ifndef TESTS_UNIT_FAKE_ANSWERS_H
#define TESTS_UNIT_FAKE_ANSWERS_H

#include "pipeline/query.h"

/* Static data cannot be made of STR(). */
#define TEXT(literal)                                                                    \
	{                                                                                \
		literal, sizeof(literal) - 1                                             \
	}

struct fake_fact {
	const char *text;
	struct answer answer;
};

/* A question that stands in no fact is answered with null. */
struct fake_answers {
	struct answers answers;
	struct buf asked; /* a line a question */
	const struct fake_fact *fact;
	size_t count;
	int64_t renewed_ms; /* before then, what is asked for is too old */
	bool renews_empty;  /* of what is without nodes only */
	bool is_silent;	    /* knows nothing yet */
	bool is_down;	    /* nobody can be asked */
};

static inline const struct answer *fake_find(struct answers *answers, struct str text)
{
	static const struct answer null = { .is_null = true };
	static const struct answer unknown = { .is_unknown = true };
	struct fake_answers *fake = (struct fake_answers *)answers;
	size_t i;

	buf_printf(&fake->asked, STR_FMT "\n", STR_ARG(text));
	if (fake->is_silent)
		return NULL;
	for (i = 0; !fake->is_down && i < fake->count; i++)
		if (str_is(text, fake->fact[i].text))
			return &fake->fact[i].answer;
	return fake->is_down ? &unknown : &null;
}

static inline void fake_release(struct answers *answers)
{
	(void)answers;
}

static inline void fake_renew(struct answers *answers, struct str text, int64_t before_ms,
			      bool only_empty)
{
	(void)text;
	((struct fake_answers *)answers)->renewed_ms = before_ms;
	((struct fake_answers *)answers)->renews_empty = only_empty;
}

static inline struct fake_answers fake_answers_of(const struct fake_fact *fact,
						  size_t count)
{
	return (struct fake_answers){
		.answers = { .find = fake_find,
			     .release = fake_release,
			     .renew = fake_renew },
		.asked = BUF_INIT(1 << 20),
		.fact = fact,
		.count = count,
	};
}

/* The lines since the last call; "" for none. */
static inline const char *fake_asked(struct fake_answers *fake, struct buf *lines)
{
	buf_reset(lines);
	buf_put(lines, buf_str(&fake->asked));
	buf_puts(lines, "");
	buf_reset(&fake->asked);
	return lines->len ? lines->ptr : "";
}

#endif
