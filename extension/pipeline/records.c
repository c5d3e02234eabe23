/* SPDX-License-Identifier: Apache-2.0 */
/* records.c - records that a mangle adds; see stage.h. */
#include "pipeline/stage.h"

#define ROOM_FIRST 16

void *records_add(struct records *records)
{
	void *record = arena_alloc(records->arena, records->shape->size);
	size_t room = records->room ? records->room * 2 : ROOM_FIRST;
	void **item;

	if (!record)
		return NULL;
	if (records->count == records->room) {
		item = arena_alloc(records->arena, room * sizeof(*item));
		if (!item)
			return NULL;
		if (records->count)
			memcpy(item, records->item, records->count * sizeof(*item));
		records->item = item;
		records->room = room;
	}
	records->item[records->count++] = record;
	return record;
}
