/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c - when all of the topology is asked for. See mirror.h and mirror_private.h. */
#include <stdio.h>
#include "mirror/mirror_private.h"
#include "sys/spread.h"

#define AFTER_CONNECT_MS 10000
#define APART_MS	 30000 /* at least, when something was missed */
#define LATER_MS	 300000
#define PATIENCE_MS	 15000 /* for a reply to begin, or to go on */

static void sync_at(struct sync *s, int64_t ms, uint64_t *reason)
{
	if (s->due_ms && s->due_ms <= ms)
		return;
	s->due_ms = ms;
	s->reason = reason;
}

void sync_restart(struct sync *s, uint64_t *connect, int64_t now_ms)
{
	s->asked_ms = 0;
	s->due_ms = now_ms;
	s->reason = connect;
	s->is_first = true;
}

void sync_anew(struct sync *s, uint64_t *connect, int64_t now_ms)
{
	int64_t asked_ms = s->asked_ms;

	sync_restart(s, connect, now_ms);
	if (asked_ms)
		s->due_ms = asked_ms + PATIENCE_MS;
}

void sync_soon(struct sync *s, uint64_t *reason, int64_t now_ms)
{
	int64_t ms = s->last_ms + APART_MS;

	sync_at(s, ms > now_ms ? ms : now_ms, reason);
}

void sync_later(struct sync *s, uint64_t *reason, int64_t now_ms)
{
	sync_at(s, now_ms + LATER_MS, reason);
}

bool sync_is_due(struct sync *s, int64_t now_ms, char uuid[64], int64_t *until_ms)
{
	if (s->asked_ms || !s->due_ms)
		return false;
	if (now_ms < s->due_ms) {
		if (s->due_ms < *until_ms)
			*until_ms = s->due_ms;
		return false;
	}
	if (s->reason)
		++*s->reason;
	s->due_ms = 0;
	s->asked_ms = now_ms;
	snprintf(uuid, 64, "skydive-exporter-sync-%u", ++s->serial);
	return true;
}

bool sync_is_late(const struct sync *s, int64_t heard_ms, int64_t now_ms,
		  int64_t *until_ms)
{
	int64_t late_ms = (heard_ms > s->asked_ms ? heard_ms : s->asked_ms) + PATIENCE_MS;

	if (!s->asked_ms)
		return false;
	if (late_ms < *until_ms)
		*until_ms = late_ms;
	return now_ms >= late_ms;
}

void sync_done(struct sync *s, int64_t period_ms, uint64_t *period, int64_t now_ms)
{
	bool was_first = s->is_first;

	s->asked_ms = 0;
	s->due_ms = 0;
	s->last_ms = now_ms;
	s->broken = 0;
	s->is_first = false;
	sync_at(s, now_ms + (was_first ? AFTER_CONNECT_MS : spread_time(period_ms)),
		period);
}

bool sync_broke(struct sync *s)
{
	if (!s->asked_ms)
		return false;
	s->asked_ms = 0;
	return ++s->broken > 1;
}
