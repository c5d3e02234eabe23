/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_gremlin.c - what an analyzer answers to a question, and the question. */
#include "format/json_read.h"
#include "fuzz.h"
#include "topology/gremlin.h"

#define ARENA_MAX    ((size_t)512 << 20)
#define QUESTION_MAX ((size_t)1 << 20)

static void put_answer(struct buf *b, const struct answer *answer)
{
	size_t i, j;

	for (i = 0; i < answer->count; i++) {
		const struct node *node = &answer->node[i];

		buf_printf(b, "%zu ", node->type.len);
		buf_put(b, node->type);
		for (j = 0; j < node->ipv4.count; j++) {
			buf_printf(b, " %zu ", node->ipv4.item[j].len);
			buf_put(b, node->ipv4.item[j]);
		}
	}
}

static void check_copy(const struct shared_answer *shared)
{
	struct shared_answer *copy = shared_answer_new(&shared->answer);
	struct buf a = BUF_INIT(FUZZ_MEMORY), b = BUF_INIT(FUZZ_MEMORY);

	fuzz_check(copy != NULL, "there is memory for an answer");
	put_answer(&a, &shared->answer);
	put_answer(&b, &copy->answer);
	fuzz_check(str_equal(buf_str(&a), buf_str(&b)), "a copy says the same");
	shared_answer_unref(copy);
	buf_fini(&a);
	buf_fini(&b);
}

static void check_question(struct str text)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct buf body = BUF_INIT(FUZZ_MEMORY);
	struct json_reader r;
	struct str key, value;

	gremlin_put_body(&body, text);
	json_reader_init(&r, buf_str(&body), &arena);
	fuzz_check(json_next(&r, '{') && json_read_string(&r, &key) &&
			   json_next(&r, ':') && json_read_string(&r, &value) &&
			   json_next(&r, '}') && json_at_end(&r),
		   "a question stays inside its string");
	buf_fini(&body);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct shared_answer *answer = gremlin_read(200, fuzz_str(data, size), &err);

	fuzz_check(!answer == !!*err.text, "whoever fails says why");
	if (answer)
		check_copy(answer);
	shared_answer_unref(answer);
	shared_answer_unref(gremlin_read(500, fuzz_str(data, size), &err));
	if (size <= QUESTION_MAX)
		check_question(fuzz_str(data, size));
	return 0;
}
