/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - see stats.h. */
#include <errno.h>
#include <inttypes.h>
#include "base/stats.h"

#define STATS_ROW(id, sides, ...)                                                        \
	[STAT_##id] = { .type = COUNTER_I64,                                             \
			.offset = STAT_##id * sizeof(int64_t),                           \
			__VA_ARGS__ },
const struct counter counters_of_stats[STAT_COUNT + 1] = { STATS_EACH(STATS_ROW) };

#define STATS_SIDES(id, sides, ...) [STAT_##id] = (sides),
static const unsigned sides_of[STAT_COUNT] = { STATS_EACH(STATS_SIDES) };

const struct balance stats_balances[] = {
	{ "flows", FLOWS_IN, FLOWS_OUT },
	{ "records", RECORDS_IN, RECORDS_OUT },
	{ "rows", ROWS_IN, ROWS_OUT },
	{ .what = NULL },
};

bool stats_is_on(enum stat_id id, enum stat_side side)
{
	return sides_of[id] & side;
}

int64_t stats_sum(const int64_t value[STAT_COUNT], enum stat_side side)
{
	int64_t sum = 0;
	int id;

	for (id = 0; id < STAT_COUNT; id++)
		if (sides_of[id] & side)
			sum += value[id];
	return sum;
}

int stats_balance(const struct stats *stats, struct err *err)
{
	int64_t value[STAT_COUNT], in, out;
	const struct balance *b;
	int id;

	for (id = 0; id < STAT_COUNT; id++)
		value[id] = stats_get(stats, (enum stat_id)id);
	for (b = stats_balances; b->what; b++) {
		in = stats_sum(value, b->in);
		out = stats_sum(value, b->out);
		if (in != out)
			return err_set(err,
				       "%s: %" PRId64 " came and %" PRId64
				       " are accounted for",
				       b->what, in, out);
	}
	return 0;
}
