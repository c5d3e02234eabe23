/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h - "did you mean ...?" for a mistyped word.
 *
 *	struct nearest n = { .word = typed };
 *	for each known word
 *		nearest_offer(&n, known);
 *	nearest_put(&n, &buf);
 */
#ifndef FORMAT_NEAREST_H
#define FORMAT_NEAREST_H

#include "base/buf.h"

struct nearest {
	struct str word; /* borrowed, as is what is offered */
	struct str found;
	size_t distance; /* of found */
};

/* The first of equally near words is kept; words that are too different never count.
 * Case is ignored. */
void nearest_offer(struct nearest *, struct str known);
/* ` (did you mean "known"?)`, or nothing. */
void nearest_put(const struct nearest *, struct buf *);

#endif
