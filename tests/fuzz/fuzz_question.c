/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_question.c - a question's text, read and written and read again; and what a graph
 * keeps for it.
 */
#include "fuzz.h"
#include "graph/projection.h"

static void check_same(const struct question *a, const struct question *b)
{
	size_t i, j;

	fuzz_check(a->steps == b->steps, "as many steps");
	for (i = 0; i < a->steps; i++) {
		const struct question_step *x = &a->step[i], *y = &b->step[i];

		fuzz_check(x->kind == y->kind && x->test == y->test &&
				   x->is_joined == y->is_joined && x->limit == y->limit &&
				   x->operands == y->operands &&
				   str_equal(x->key, y->key),
			   "a step is the same");
		for (j = 0; j < x->operands; j++)
			fuzz_check(x->operand[j].is_number == y->operand[j].is_number &&
					   str_equal(x->operand[j].text,
						     y->operand[j].text),
				   "a value is the same");
	}
}

static void check_projection(const struct question *q)
{
	struct projection *p = projection_new(), *other = projection_new();
	struct err err = ERR_INIT;

	fuzz_check(p && other, "there is memory for a projection");
	if (projection_add(p, q, &err) == 0) {
		fuzz_check(projection_covers(p, other), "it keeps what all keep");
		fuzz_check(projection_add(other, q, &err) == 0 &&
				   projection_covers(other, p) &&
				   projection_covers(p, other),
			   "the same question needs the same");
	}
	projection_free(p);
	projection_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct question_parsed first, second;
	struct buf text = BUF_INIT(FUZZ_MEMORY), again = BUF_INIT(FUZZ_MEMORY);
	struct err err = ERR_INIT;

	if (question_parse(fuzz_str(data, size), &first, &err) < 0) {
		fuzz_check(*err.text, "whoever fails says why");
		return 0;
	}
	check_projection(&first.question);
	if (question_put(&text, &first.question, NULL)) {
		fuzz_check(question_parse(buf_str(&text), &second, &err) == 0,
			   "what is written can be read");
		check_same(&first.question, &second.question);
		fuzz_check(question_put(&again, &second.question, NULL) &&
				   str_equal(buf_str(&text), buf_str(&again)),
			   "it is written in the same way again");
	}
	buf_fini(&text);
	buf_fini(&again);
	return 0;
}
