/* SPDX-License-Identifier: Apache-2.0 */
/* grow.c - see grow.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"

#define ROOM_MIN 16

bool grow_array(void *array, size_t *room, size_t need, size_t item_bytes)
{
	size_t most = SIZE_MAX / item_bytes, more = *room ? *room : ROOM_MIN;
	void *items;

	if (need > most)
		return false;
	while (more < need)
		more = more > most / 2 ? most : 2 * more;
	memcpy(&items, array, sizeof(items));
	items = realloc(items, more * item_bytes);
	if (!items)
		return false;
	memcpy(array, &items, sizeof(items));
	*room = more;
	return true;
}
