/* SPDX-License-Identifier: Apache-2.0 */
/* spell.c - see spell.h. */
#include "tenant/spell.h"

bool spell_note(struct spell *s, int64_t n, int64_t now_ms)
{
	atomic_store(&s->last_ms, now_ms);
	if (atomic_fetch_add(&s->count, n))
		return false;
	atomic_store(&s->since_ms, now_ms);
	return true;
}

enum spell_news spell_look(struct spell *s, int64_t pause_ms, int64_t now_ms,
			   int64_t *count, int64_t *due_ms)
{
	int64_t next_ms = atomic_load(&s->last_ms) + pause_ms;

	*count = atomic_load(&s->count);
	if (!*count)
		return SPELL_NONE;
	if (now_ms >= next_ms) {
		*count = spell_cut(s);
		return SPELL_ENDED;
	}
	if (!s->told_ms)
		s->told_ms = now_ms;
	if (next_ms < *due_ms)
		*due_ms = next_ms;
	if (now_ms - s->told_ms < SPELL_TELL_MS)
		return SPELL_NONE;
	s->told_ms = now_ms;
	return SPELL_GOES_ON;
}

int64_t spell_since_ms(const struct spell *s)
{
	return atomic_load(&s->count) ? atomic_load(&s->since_ms) : NEVER_MS;
}

int64_t spell_cut(struct spell *s)
{
	s->told_ms = 0;
	return atomic_exchange(&s->count, 0);
}
