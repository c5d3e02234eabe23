/* SPDX-License-Identifier: Apache-2.0 */
/* grow.h - room in an array that grows.
 *
 *	struct row *row = NULL;
 *	size_t count = 0, room = 0;
 *
 *	if (!grow(row, room, count + 1))
 *		return -ENOMEM;
 *	row[count++] = ...;
 *
 * Room at least doubles, so that adding one by one costs no more than adding all at
 * once. The array is the caller's to free().
 */
#ifndef BASE_GROW_H
#define BASE_GROW_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for need items; both names are variables. false: no memory, and both are
 * as they were. */
#define grow(array, room, need)                                                          \
	((need) <= (room) || grow_array(&(array), &(room), (need), sizeof(*(array))))

/* array: the address of a pointer to items of so many bytes. */
bool grow_array(void *array, size_t *room, size_t need, size_t item_bytes);

#endif
