/* SPDX-License-Identifier: Apache-2.0 */
/* limits_settings.c - see limits_settings.h. */
#include "settings/limits_settings.h"

#define SECTION	      "pipeline.limits"
#define RATE_MAX      100000000
#define BURST_MAX     ((int64_t)10000000000)
#define RECORDS_MAX   1000000000
#define SPOOL_LEAST   ((int64_t)1 << 20)
#define BURST_SECONDS 60 /* agents report a flow once a minute */

static const struct limits_settings limits_defaults = { .uploads_at_once = 2 };

static const struct shape limits_shape = {
	.name = "limits",
	.size = sizeof(struct limits_settings),
	.defaults = &limits_defaults,
	.fields =
		(const struct field[]){
			OPTION_RANGE(struct limits_settings, flows_per_second,
				     "flows_per_second", 0, 0, RATE_MAX,
				     "flows taken, on average; 0: no limit"),
			OPTION_RANGE(struct limits_settings, flows_burst, "flows_burst",
				     0, 0, BURST_MAX,
				     "flows taken at once; 0: those of a minute"),
			OPTION_RANGE(struct limits_settings, records_in_memory,
				     "records_in_memory", 0, 0, RECORDS_MAX,
				     "flows and records that wait; 0: no limit"),
			OPTION_RANGE(struct limits_settings, spool_bytes, "spool_bytes",
				     FIELD_SIZE, 0, INT64_MAX,
				     "its part of the spool; 0: no limit"),
			OPTION_RANGE(struct limits_settings, uploads_at_once,
				     "uploads_at_once", 0, 1, LIMITS_UPLOADS_MAX,
				     "objects that are sent at the same time"),
			OPTION_RANGE(struct limits_settings, questions_per_second,
				     "questions_per_second", 0, 0, RATE_MAX,
				     "questions to an analyzer, on average; 0: no limit"),
			{ 0 },
		},
};

const struct config_section limits_settings_section = { SECTION, &limits_shape };

void limits_settings_read(struct limits_settings *limits, const struct config *config,
			  struct arena *arena, struct problems *problems)
{
	struct config_listener listener = { config, SECTION, problems, false };
	struct err err = config_listen(&listener);

	*limits = limits_defaults;
	if (config_read(config, SECTION, &limits_shape, limits, arena, problems))
		return;
	if (limits->flows_burst && !limits->flows_per_second)
		err_set_key(&err, "flows_burst",
			    "has no effect without flows_per_second: set that, too");
	err_also(&err);
	if (limits->spool_bytes && limits->spool_bytes < SPOOL_LEAST)
		err_set_key(&err, "spool_bytes",
			    "is less than an object takes: write 1MiB or more, or 0");
	err_also(&err);
	if (!limits->flows_burst)
		limits->flows_burst = limits->flows_per_second * BURST_SECONDS;
}
