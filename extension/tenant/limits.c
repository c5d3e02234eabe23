/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - see limits.h. */
#include <inttypes.h>
#include "base/now.h"
#include "tenant/limits.h"

#define PAUSE_MS 10000 /* without effect for so long: a spell is over */

const char *const limit_names[LIMITS] = {
	[LIMIT_FLOWS] = "flows_per_second",
	[LIMIT_RECORDS] = "records_in_memory",
	[LIMIT_SPOOL] = "spool_bytes",
	[LIMIT_UPLOADS] = "uploads_at_once",
	[LIMIT_QUESTIONS] = "questions_per_second",
};

static const struct {
	enum stat_id count;
	bool is_counted_elsewhere;
	const char *what, *unit;
} effects[LIMITS] = {
	[LIMIT_FLOWS] = { STAT_LIMIT_FLOWS, false, "flows are dropped", "dropped_flows" },
	[LIMIT_RECORDS] = { STAT_LIMIT_RECORDS, false, "flows are dropped",
			    "dropped_flows" },
	[LIMIT_SPOOL] = { STAT_LIMIT_SPOOL, true, "the oldest objects are dropped",
			  "dropped_objects" },
	[LIMIT_UPLOADS] = { STAT_LIMIT_UPLOADS, true,
			    "objects wait while others are sent", "waits" },
	[LIMIT_QUESTIONS] = { STAT_LIMIT_QUESTIONS, false, "records lack answers",
			      "not_asked" },
};

static int64_t limits_max(const struct limits_settings *s, enum limit limit)
{
	const int64_t max[LIMITS] = {
		[LIMIT_FLOWS] = s->flows_per_second,
		[LIMIT_RECORDS] = s->records_in_memory,
		[LIMIT_SPOOL] = s->spool_bytes,
		[LIMIT_UPLOADS] = s->uploads_at_once,
		[LIMIT_QUESTIONS] = s->questions_per_second,
	};

	return max[limit];
}

void limits_init(struct limits *l, const struct limits_settings *settings,
		 const char *name, struct stats *stats, struct log *log)
{
	int limit;

	l->settings = settings;
	l->name = name;
	l->stats = stats;
	l->log = log;
	allowance_init(&l->flows, settings->flows_per_second, settings->flows_burst);
	/* A predecessor has told of its own. */
	for (limit = 0; limit < LIMITS; limit++)
		l->seen[limit] = stats_get(stats, effects[limit].count);
}

/* true: it begins. */
static bool limits_note(struct limits *l, enum limit limit, int64_t n, int64_t now_ms)
{
	if (!spell_note(&l->spell[limit], n, now_ms))
		return false;
	log_write(l->log, LOG_WARNING,
		  "tenant=%s limit=%s reached: %s; see pipeline.limits.%s (now %" PRId64
		  ")",
		  l->name, limit_names[limit], effects[limit].what, limit_names[limit],
		  limits_max(l->settings, limit));
	return true;
}

bool limits_admit(struct limits *l, int64_t flows, int64_t waiting, int64_t now_ms,
		  bool *begins)
{
	int64_t most = l->settings->records_in_memory;
	enum limit limit = LIMIT_RECORDS;
	enum stat_id dropped = STAT_FLOWS_DROPPED_OVER_MEMORY;

	/* What is larger than the limit by itself goes when nothing else is there. */
	if (!most || waiting <= 0 || waiting + flows <= most) {
		if (allowance_take(&l->flows, flows, now_ms))
			return true;
		limit = LIMIT_FLOWS;
		dropped = STAT_FLOWS_DROPPED_OVER_RATE;
	}
	stats_add(l->stats, dropped, flows);
	stats_add(l->stats, effects[limit].count, flows);
	*begins = limits_note(l, limit, flows, now_ms);
	return false;
}

void limits_note_questions(struct limits *l, int64_t n, int64_t now_ms)
{
	if (!n)
		return;
	stats_add(l->stats, effects[LIMIT_QUESTIONS].count, n);
	limits_note(l, LIMIT_QUESTIONS, n, now_ms);
}

/* What the spool and the uploader have counted since. */
static void limits_look(struct limits *l, enum limit limit, int64_t now_ms)
{
	int64_t count;

	if (!effects[limit].is_counted_elsewhere)
		return;
	count = stats_get(l->stats, effects[limit].count);
	if (count > l->seen[limit])
		limits_note(l, limit, count - l->seen[limit], now_ms);
	l->seen[limit] = count;
}

static void tell_end(const struct limits *l, enum limit limit, int64_t count)
{
	log_write(l->log, LOG_INFO, "tenant=%s limit=%s ok %s=%" PRId64, l->name,
		  limit_names[limit], effects[limit].unit, count);
}

void limits_tell(struct limits *l, int64_t now_ms, int64_t *due_ms)
{
	int limit;

	for (limit = 0; limit < LIMITS; limit++) {
		enum spell_news news;
		int64_t count;

		limits_look(l, (enum limit)limit, now_ms);
		news = spell_look(&l->spell[limit], PAUSE_MS, now_ms, &count, due_ms);
		if (news == SPELL_GOES_ON)
			log_write(l->log, LOG_WARNING,
				  "tenant=%s limit=%s reached: %s=%" PRId64 " so far",
				  l->name, limit_names[limit], effects[limit].unit,
				  count);
		if (news == SPELL_ENDED)
			tell_end(l, (enum limit)limit, count);
	}
}

void limits_end(struct limits *l)
{
	int limit;

	for (limit = 0; limit < LIMITS; limit++) {
		int64_t count = spell_cut(&l->spell[limit]);

		if (count)
			tell_end(l, (enum limit)limit, count);
	}
}

void limits_get(const struct limits *l, struct limits_status *status)
{
	int limit;

	for (limit = 0; limit < LIMITS; limit++) {
		status->max[limit] = limits_max(l->settings, (enum limit)limit);
		status->since_ms[limit] = spell_since_ms(&l->spell[limit]);
	}
}
