/* SPDX-License-Identifier: Apache-2.0 */
/* stale.c - see stale.h. */
#include <errno.h>
#include "base/now.h"
#include "mirror/stale.h"
#include "pipeline/question.h"

#define STALE_BYTES ((size_t)1 << 20)
#define ID_MAX	    256 /* so that STALE_A_QUESTION of them fit into a question */

int stale_init(struct stale *s)
{
	*s = (struct stale){ .ids = map_new(STALE_MAX + 1, STALE_BYTES, NULL) };
	return s->ids ? 0 : -ENOMEM;
}

void stale_fini(struct stale *s)
{
	map_free(s->ids);
}

void stale_add(struct stale *s, struct str id, int64_t now_ms)
{
	if (question_has_quote(id))
		return; /* it is nobody's ID */
	if (!map_count(s->ids) && s->due_ms < now_ms + STALE_EVERY_MS)
		s->due_ms = now_ms + STALE_EVERY_MS;
	if (id.len > ID_MAX || map_count(s->ids) >= STALE_MAX ||
	    map_put(s->ids, id, s, 1, NEVER_MS - 1) < 0)
		s->is_too_many = true;
}

/* Some IDs, in the words of a question, and to be removed. */
struct chosen {
	struct buf *question;
	struct str id[STALE_A_QUESTION];
	size_t count;
};

static bool choose(void *context, struct str id, void *value)
{
	struct chosen *chosen = context;

	(void)value;
	if (chosen->count == STALE_A_QUESTION)
		return false;
	buf_puts(chosen->question, chosen->count ? ", \"" : "G.V(\"");
	buf_put(chosen->question, id);
	buf_putc(chosen->question, '"');
	chosen->id[chosen->count++] = id;
	return true;
}

bool stale_ask(struct stale *s, struct buf *question, int64_t now_ms, int64_t *until_ms)
{
	struct chosen chosen = { .question = question };

	if (!map_count(s->ids) || s->is_too_many)
		return false;
	if (now_ms < s->due_ms) {
		if (s->due_ms < *until_ms)
			*until_ms = s->due_ms;
		return false;
	}
	map_each(s->ids, choose, &chosen);
	buf_putc(question, ')');
	while (chosen.count)
		map_remove(s->ids, chosen.id[--chosen.count]);
	s->due_ms = now_ms + STALE_EVERY_MS;
	if (map_count(s->ids) && s->due_ms < *until_ms)
		*until_ms = s->due_ms;
	return !buf_error(question);
}

void stale_clear(struct stale *s)
{
	map_expire(s->ids, NEVER_MS);
	s->is_too_many = false;
}
