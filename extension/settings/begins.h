/* SPDX-License-Identifier: Apache-2.0 */
/* begins.h - which of many texts are the same, or begin with another one.
 *
 * Texts of different groups do not meet. Takes the time of a sort, where comparing each
 * with each would take minutes for ten thousand pipelines.
 */
#ifndef SETTINGS_BEGINS_H
#define SETTINGS_BEGINS_H

#include <limits.h>
#include <stdint.h>
#include "base/str.h"

#define BEGINS_NONE SIZE_MAX

struct begin {
	const void *group;
	struct str text;
	size_t number; /* where it stands among its like: its name here */
	bool is_own;   /* for begins_nested(): meets whatever begins so */
	size_t met; /* out: the lowest number of another that it meets, or BEGINS_NONE */
};

/* Sorts them, and finds whose text is the same. */
void begins_same(struct begin *, size_t count);
/* Sorts them, and finds of whom one's text begins with the other's, where one of the two
 * is_own. -ENOMEM: met is not set. */
int begins_nested(struct begin *, size_t count);

#endif
