/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_trouble.c - why a source kafka does not get on: said once, shown as long as it
 * lasts. See kafka_private.h.
 */
#include "source/kafka_private.h"
#include "sys/log.h"

void kafka_source_fail(struct kafka_source *k, const char *why)
{
	if (atomic_exchange(&k->is_up, false))
		outage_begin(&k->outage, k->now_ms, why);
	else
		outage_explain(&k->outage, why);
	if (log_once_is_new(&k->said, why))
		log_write(k->parts.log, LOG_ERROR, "source=" STR_FMT " error=\"%s\"",
			  STR_ARG(k->parts.url.shown), LOG_QUOTED(why));
}
