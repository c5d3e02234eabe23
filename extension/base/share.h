/* SPDX-License-Identifier: Apache-2.0 */
/* share.h - what each owner may have of something, max-min: who wants less than an equal
 * share keeps all of it, and what it leaves is shared by the others.
 *
 *	share_begin(&s, total);
 *	do
 *		for each owner
 *			share_add(&s, what it owns);
 *	while (share_again(&s));
 *	s.level: who owns more than this has to give
 */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#define SHARE_FULL INT64_MAX /* as a level: nobody has to give */

struct share {
	int64_t level;

	/* Private. */
	int64_t total, left, owners;
};

static inline void share_pass(struct share *s)
{
	s->left = s->total;
	s->owners = 0;
}

static inline void share_begin(struct share *s, int64_t total)
{
	*s = (struct share){ .total = total };
	share_pass(s);
}

static inline void share_add(struct share *s, int64_t owned)
{
	if (owned <= s->level)
		s->left -= owned;
	else
		s->owners++;
}

/* Whether the level has risen, and all have to be added anew. */
static inline bool share_again(struct share *s)
{
	int64_t before = s->level;

	s->level = s->owners ? s->left / s->owners : SHARE_FULL;
	share_pass(s);
	if (s->level == SHARE_FULL)
		return false;
	if (s->level > before)
		return true;
	s->level = before;
	return false;
}

#endif
