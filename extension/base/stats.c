/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - see stats.h. */
#include <errno.h>
#include <inttypes.h>
#include "base/stats.h"

#define STATS_NAME(id, name) [STAT_##id] = name,
const char *const stat_names[STAT_COUNT] = { STATS_EACH(STATS_NAME) };

static int stats_equation(struct err *err, const char *what, int64_t came, int64_t went)
{
	if (came == went)
		return 0;
	return err_set(err, "%s: %" PRId64 " came and %" PRId64 " are accounted for",
		       what, came, went);
}

int stats_balance(const struct stats *stats, struct err *err)
{
	int64_t v[STAT_COUNT], flows_dropped, records_dropped;
	enum stat_id stat;
	int error;

	for (stat = 0; stat < STAT_COUNT; stat++)
		v[stat] = stats_get(stats, stat);
	flows_dropped = v[STAT_FLOWS_DROPPED_INBOX] + v[STAT_FLOWS_DROPPED_NO_TRANSPORT] +
			v[STAT_FLOWS_DROPPED_NO_NETWORK] +
			v[STAT_FLOWS_DROPPED_NO_METRIC] +
			v[STAT_FLOWS_DROPPED_NO_TRAFFIC] +
			v[STAT_FLOWS_DROPPED_NOT_LOGGED] + v[STAT_FLOWS_DROPPED_MEMORY];
	records_dropped = v[STAT_RECORDS_DROPPED_TOO_LONG] + v[STAT_RECORDS_DROPPED_HELD];
	error = stats_equation(err, "flows", v[STAT_FLOWS_RECEIVED],
			       v[STAT_FLOWS_EXCLUDED] + flows_dropped +
				       v[STAT_FLOWS_TRANSFORMED]);
	if (!error)
		error = stats_equation(err, "records",
				       v[STAT_FLOWS_TRANSFORMED] + v[STAT_RECORDS_ADDED] -
					       v[STAT_RECORDS_MERGED],
				       v[STAT_RECORDS_ENCODED] + records_dropped);
	if (!error)
		error = stats_equation(err, "rows",
				       v[STAT_RECORDS_ENCODED] +
					       v[STAT_RECORDS_RECOVERED],
				       v[STAT_RECORDS_UPLOADED] +
					       v[STAT_RECORDS_SPOOLED] +
					       v[STAT_RECORDS_EVICTED] +
					       v[STAT_RECORDS_QUARANTINED]);
	return error;
}
