/* SPDX-License-Identifier: Apache-2.0 */
/* begins.c - see begins.h. Sorted, what begins with a text stands right behind it, as
 * the nodes below one in a tree that is written down from its root.
 */
#include <errno.h>
#include <stdlib.h>
#include "settings/begins.h"

/* Lowest numbers: of all, and of those that are own. */
struct lowest {
	size_t any, own;
};

static const struct lowest nobody = { BEGINS_NONE, BEGINS_NONE };

/* A text that what is looked at begins with. */
struct level {
	struct begin *begin;
	struct lowest above, below;
};

static int compare(const void *a, const void *b)
{
	const struct begin *x = a, *y = b;
	size_t len = x->text.len < y->text.len ? x->text.len : y->text.len;
	int result;

	if (x->group != y->group)
		return (uintptr_t)x->group < (uintptr_t)y->group ? -1 : 1;
	result = len ? memcmp(x->text.ptr, y->text.ptr, len) : 0;
	if (result)
		return result;
	if (x->text.len != y->text.len)
		return x->text.len < y->text.len ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void sort(struct begin *all, size_t count)
{
	if (count)
		qsort(all, count, sizeof(*all), compare);
}

static void lower(size_t *lowest, size_t number)
{
	if (number < *lowest)
		*lowest = number;
}

static void count_in(struct lowest *lowest, const struct begin *begin)
{
	lower(&lowest->any, begin->number);
	if (begin->is_own)
		lower(&lowest->own, begin->number);
}

void begins_same(struct begin *all, size_t count)
{
	size_t i, first = 0;

	sort(all, count);
	for (i = 0; i < count; i++) {
		if (all[i].group != all[first].group ||
		    !str_equal(all[i].text, all[first].text))
			first = i;
		all[i].met = i > first ? all[first].number : BEGINS_NONE;
		if (i == first + 1)
			all[first].met = all[i].number;
	}
}

/* Nothing more is below: what was there is below the text that it begins with, too. */
static void leave(struct level *level, struct level *over)
{
	struct begin *begin = level->begin;

	lower(&begin->met, begin->is_own ? level->above.any : level->above.own);
	lower(&begin->met, begin->is_own ? level->below.any : level->below.own);
	if (!over)
		return;
	count_in(&over->below, begin);
	lower(&over->below.any, level->below.any);
	lower(&over->below.own, level->below.own);
}

static bool is_below(const struct begin *begin, const struct begin *over)
{
	return begin->group == over->group && str_starts(begin->text, over->text);
}

static void enter(struct level *level, struct begin *begin, const struct level *over)
{
	*level = (struct level){ begin, nobody, nobody };
	if (over) {
		level->above = over->above;
		count_in(&level->above, over->begin);
	}
	begin->met = BEGINS_NONE;
}

int begins_nested(struct begin *all, size_t count)
{
	struct level *level = calloc(count ? count : 1, sizeof(*level));
	size_t i, depth = 0;

	if (!level)
		return -ENOMEM;
	sort(all, count);
	for (i = 0; i <= count; i++) {
		while (depth &&
		       (i == count || !is_below(&all[i], level[depth - 1].begin))) {
			depth--;
			leave(&level[depth], depth ? &level[depth - 1] : NULL);
		}
		if (i < count) {
			enter(&level[depth], &all[i], depth ? &level[depth - 1] : NULL);
			depth++;
		}
	}
	free(level);
	return 0;
}
