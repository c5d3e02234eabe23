/* SPDX-License-Identifier: Apache-2.0 */
/* records.c - records that a mangle adds; see stage.h. */
#include "pipeline/stage.h"

#define ROOM_FIRST 16

void *records_add(struct records *records, int64_t time_ms)
{
	void *record = arena_alloc(records->arena, records->shape->size);
	size_t room = records->room ? records->room * 2 : ROOM_FIRST;
	int64_t *times;
	void **item;

	if (!record)
		return NULL;
	if (records->count == records->room) {
		item = arena_alloc(records->arena, room * sizeof(*item));
		times = arena_alloc(records->arena, room * sizeof(*times));
		if (!item || !times)
			return NULL;
		if (records->count) {
			memcpy(item, records->item, records->count * sizeof(*item));
			memcpy(times, records->time_ms, records->count * sizeof(*times));
		}
		records->item = item;
		records->time_ms = times;
		records->room = room;
	}
	records->item[records->count] = record;
	records->time_ms[records->count++] = time_ms;
	return record;
}
