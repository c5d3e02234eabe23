/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c - see nearest.h. */
#include "format/nearest.h"

#define WORD_MAX 63

static size_t nearest_smallest(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

static char nearest_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool nearest_same(struct str a, size_t i, struct str b, size_t j)
{
	return nearest_lower(a.ptr[i]) == nearest_lower(b.ptr[j]);
}

/* Inserted, lost, wrong and swapped letters: optimal string alignment. */
static size_t nearest_distance(struct str a, struct str b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b.len; j++)
		last[j] = j;
	for (i = 1; i <= a.len; i++) {
		row[0] = i;
		for (j = 1; j <= b.len; j++) {
			row[j] = nearest_smallest(last[j] + 1, row[j - 1] + 1,
						  last[j - 1] + !nearest_same(a, i - 1, b,
									      j - 1));
			if (i > 1 && j > 1 && nearest_same(a, i - 1, b, j - 2) &&
			    nearest_same(a, i - 2, b, j - 1) &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b.len];
}

void nearest_offer(struct nearest *n, struct str known)
{
	size_t longer = n->word.len > known.len ? n->word.len : known.len;
	size_t steps;

	if (!n->word.len || !known.len || longer > WORD_MAX)
		return;
	steps = nearest_distance(n->word, known);
	if (steps * 3 > longer || steps > 1 + longer / 8 ||
	    (n->found.len && steps >= n->distance))
		return;
	n->found = known;
	n->distance = steps;
}

void nearest_put(const struct nearest *n, struct buf *b)
{
	if (n->found.len)
		buf_printf(b, " (did you mean \"" STR_FMT "\"?)", STR_ARG(n->found));
}
