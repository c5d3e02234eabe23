/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_spells.c - what the log is told of a full inbox and of lookups without
 * answers: when it begins, how much it was, when it is over.
 */
#include <inttypes.h>
#include "tenant/tenant_private.h"

#define OVERFLOW_PAUSE_MS 5000
#define LOOKUPS_PAUSE_MS  60000 /* a quiet tenant asks now and then */

void tenant_tell_overflow(const struct tenant *t)
{
	log_write(t->around.log, LOG_WARNING,
		  "tenant=%s inbox=full flows are dropped: the workers are too slow "
		  "for the load; for bursts raise limits.batch_bytes (now %" PRId64
		  " bytes; flows/s x seconds x 1.2 kB), else workers",
		  tenant_name(t), t->around.batch_bytes_max);
}

void tenant_note_degraded(struct tenant *t, int64_t lookups, int64_t limited,
			  int64_t now_ms)
{
	if (!lookups)
		return;
	stats_add(&t->state->stats, STAT_LOOKUPS_DEGRADED, lookups);
	limits_note_questions(&t->limits, limited, now_ms);
	lookups -= limited;
	if (lookups > 0 && spell_note(&t->degraded, lookups, now_ms))
		log_write(t->around.log, LOG_WARNING,
			  "tenant=%s lookups=unanswered the topology does not answer in "
			  "time: records lack its data",
			  tenant_name(t));
}

static void tell_overflow_end(const struct tenant *t, int64_t flows)
{
	log_write(t->around.log, LOG_INFO, "tenant=%s inbox=ok dropped_flows=%" PRId64,
		  tenant_name(t), flows);
}

static void tell_lookups_end(const struct tenant *t, int64_t lookups)
{
	log_write(t->around.log, LOG_INFO, "tenant=%s lookups=ok unanswered=%" PRId64,
		  tenant_name(t), lookups);
}

void tenant_tell_spells(struct tenant *t, int64_t now_ms, int64_t *due_ms)
{
	enum spell_news news;
	int64_t count;

	news = spell_look(&t->overflow, OVERFLOW_PAUSE_MS, now_ms, &count, due_ms);
	if (news == SPELL_GOES_ON)
		log_write(t->around.log, LOG_WARNING,
			  "tenant=%s inbox=full dropped_flows=%" PRId64 " so far",
			  tenant_name(t), count);
	if (news == SPELL_ENDED)
		tell_overflow_end(t, count);
	news = spell_look(&t->degraded, LOOKUPS_PAUSE_MS, now_ms, &count, due_ms);
	if (news == SPELL_GOES_ON)
		log_write(t->around.log, LOG_WARNING,
			  "tenant=%s lookups=unanswered unanswered=%" PRId64 " so far",
			  tenant_name(t), count);
	if (news == SPELL_ENDED)
		tell_lookups_end(t, count);
	limits_tell(&t->limits, now_ms, due_ms);
}

void tenant_end_spells(struct tenant *t)
{
	int64_t flows = spell_cut(&t->overflow), lookups = spell_cut(&t->degraded);

	if (flows)
		tell_overflow_end(t, flows);
	if (lookups)
		tell_lookups_end(t, lookups);
	limits_end(&t->limits);
}
