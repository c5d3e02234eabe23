/* SPDX-License-Identifier: Apache-2.0 */
/* grow.h - arrays that grow.
 *
 *	struct row *row = NULL;
 *	size_t count = 0, room = 0;
 *
 *	if (!grow(row, room, count + 1))
 *		return -ENOMEM;
 *	row[count++] = ...;
 *
 * The room at least doubles each time, so adding items one by one takes linear time.
 * The array is the caller's to free().
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
