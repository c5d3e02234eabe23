/* SPDX-License-Identifier: Apache-2.0 */
/* counter.c - see counter.h. */
#include <string.h>
#include "base/counter.h"

int64_t counter_get(const struct counter *counter, const void *numbers)
{
	const void *at = (const char *)numbers + counter->offset;

	switch (counter->type) {
	case COUNTER_I64:
		return *(const int64_t *)at;
	case COUNTER_U64:
		return (int64_t) * (const uint64_t *)at;
	case COUNTER_UNSIGNED:
		return *(const unsigned *)at;
	case COUNTER_BOOL:
		return *(const bool *)at;
	}
	return 0;
}

const struct counter *counter_find(const struct counter *table, const char *name)
{
	const struct counter *row;

	for (row = table; row->help; row++)
		if (row->name && strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

bool counter_continues(const struct counter *table, const struct counter *row)
{
	return row != table && row->metric && row[-1].metric &&
	       strcmp(row->metric, row[-1].metric) == 0;
}

bool counter_shares_name(const struct counter *table, const struct counter *row)
{
	return row != table && row->name && row[-1].name &&
	       strcmp(row->name, row[-1].name) == 0;
}

const char *counter_unit_name(enum counter_unit unit)
{
	static const char *const names[UNITS] = {
		[UNIT_NONE] = "",
		[UNIT_FLOWS] = "flows",
		[UNIT_FLOWS_PER_SECOND] = "flows/s",
		[UNIT_RECORDS] = "records",
		[UNIT_RECORDS_PER_SECOND] = "records/s",
		[UNIT_OBJECTS] = "objects",
		[UNIT_BYTES] = "bytes",
		[UNIT_SECONDS] = "seconds",
		[UNIT_YES_OR_NO] = "0 or 1",
	};

	return names[unit];
}
