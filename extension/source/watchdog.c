/* SPDX-License-Identifier: Apache-2.0 */
/* watchdog.c - see watchdog.h. */
#include "source/watchdog.h"

#define LEAST_MS	1000
#define LEARNED_MS	1500 /* of the stream, before its gaps tell anything */
#define GAPS		3    /* of silence are one too many */
#define MINUTE_MS	60000
#define HOUR_MS		3600000
#define LONGEST_MS	600000
#define STATS_LATE_MS	25000 /* two of 10 s, and some time on the way */
#define STATS_AFTER_MS	30000
#define STATS_SPREAD_MS 5000 /* of several exporters the first spares the others it */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void watchdog_init(struct watchdog *w, int64_t limit_ms)
{
	*w = (struct watchdog){ .limit_ms = limit_ms, .patience = 1 };
}

static int64_t longest_gap(const struct watchdog *w)
{
	int64_t longest = 0;
	int i;

	for (i = 0; i < WATCHDOG_GAPS; i++)
		longest = most(longest, w->gap_ms[i]);
	return longest;
}

static void learn_gap(struct watchdog *w, int64_t gap_ms, int64_t now_ms)
{
	int64_t minute = now_ms / MINUTE_MS;

	if (minute - w->minute >= WATCHDOG_GAPS)
		w->minute = minute - WATCHDOG_GAPS;
	while (w->minute < minute)
		w->gap_ms[++w->minute % WATCHDOG_GAPS] = 0;
	w->gap_ms[minute % WATCHDOG_GAPS] = most(w->gap_ms[minute % WATCHDOG_GAPS],
						 gap_ms);
	w->seen_ms = least(w->seen_ms + gap_ms, HOUR_MS);
}

/* How long silence may last, before what is random about it. */
static int64_t usual_ms(const struct watchdog *w)
{
	int64_t ms = w->limit_ms;

	if (w->seen_ms >= LEARNED_MS)
		ms = least(ms, most(least(LEAST_MS, ms), GAPS * longest_gap(w)));
	return ms;
}

static int64_t allowed_ms(const struct watchdog *w)
{
	int64_t ms = usual_ms(w);

	ms = most(ms, least(ms * w->patience, LONGEST_MS));
	return ms * 4 / 5 + ms * 2 / 5 * w->random / UINT16_MAX;
}

void watchdog_admitted(struct watchdog *w, int64_t now_ms, uint16_t random)
{
	w->random = random;
	w->admitted_ms = now_ms;
	w->stats_ms = now_ms;
	w->heard_here = false;
	w->was_fruitless = false;
}

void watchdog_heard(struct watchdog *w, int64_t now_ms, bool is_stats)
{
	int64_t gap_ms = now_ms - w->heard_ms;
	bool is_own = w->heard_here || w->was_fruitless;

	if (w->heard_ms && is_own)
		learn_gap(w, least(gap_ms, w->limit_ms), now_ms);
	w->heard_ms = now_ms;
	w->heard_here = true;
	w->was_fruitless = false;
	w->renewed_ms = 0;
	w->patience = 1;
	if (!is_stats)
		return;
	w->stats_ms = now_ms;
	w->knows_stats = true;
	w->misses_stats = w->lacks_stats = false;
}

/* Nothing came of the renewal, though something would have by now. */
static void note_fruitless(struct watchdog *w, int64_t now_ms)
{
	int i;

	for (i = 1; i < WATCHDOG_RENEWALS; i++)
		w->fruitless_ms[i - 1] = w->fruitless_ms[i];
	w->fruitless_ms[WATCHDOG_RENEWALS - 1] = now_ms;
	w->renewed_ms = 0;
	w->was_fruitless = true;
	w->patience = least(w->patience * 2, LONGEST_MS);
}

/* An analyzer that never said anything may have nothing to say: it is asked again
 * once, because the other who left may have left just then. */
static bool may_renew(const struct watchdog *w, int64_t now_ms)
{
	if (!w->heard_ms && w->has_renewed)
		return false;
	return !w->fruitless_ms[0] || now_ms - w->fruitless_ms[0] >= HOUR_MS;
}

static int64_t stats_due_ms(const struct watchdog *w)
{
	int64_t ms = w->misses_stats ? STATS_AFTER_MS : STATS_LATE_MS;

	return w->stats_ms + ms + (int64_t)STATS_SPREAD_MS * w->random / UINT16_MAX;
}

static enum suspicion look_at_stats(struct watchdog *w, int64_t now_ms, int64_t *next_ms)
{
	int64_t due_ms = stats_due_ms(w);

	if (!w->knows_stats || w->lacks_stats || !w->heard_here)
		return SUSPICION_NONE;
	if (now_ms < due_ms) {
		*next_ms = least(*next_ms, due_ms);
		return SUSPICION_NONE;
	}
	if (!w->misses_stats)
		return SUSPICION_NO_STATS;
	w->lacks_stats = true;
	return SUSPICION_NONE;
}

enum suspicion watchdog_look(struct watchdog *w, int64_t now_ms, int64_t *next_ms)
{
	int64_t due_ms = watchdog_since(w) + allowed_ms(w);
	int64_t fruit_ms = w->admitted_ms + most(LEAST_MS, usual_ms(w) / GAPS * 2);

	if (!w->limit_ms)
		return SUSPICION_NONE;
	if (w->renewed_ms && !w->heard_here && now_ms >= fruit_ms) {
		note_fruitless(w, now_ms);
		due_ms = watchdog_since(w) + allowed_ms(w);
	} else if (w->renewed_ms && !w->heard_here) {
		*next_ms = least(*next_ms, fruit_ms);
	}
	if (may_renew(w, now_ms)) {
		*next_ms = least(*next_ms, due_ms);
		if (now_ms >= due_ms)
			return SUSPICION_SILENCE;
	}
	return look_at_stats(w, now_ms, next_ms);
}

void watchdog_renewed(struct watchdog *w, int64_t now_ms, enum suspicion why)
{
	if (why == SUSPICION_NO_STATS)
		w->misses_stats = true;
	else if (w->renewed_ms && !w->heard_here)
		note_fruitless(w, now_ms);
	w->renewed_ms = now_ms;
	w->has_renewed = true;
}

int64_t watchdog_since(const struct watchdog *w)
{
	return w->heard_here ? w->heard_ms : w->admitted_ms;
}

int64_t watchdog_lacks_stats_since(const struct watchdog *w)
{
	return w->lacks_stats ? w->stats_ms : 0;
}

bool watchdog_misses(const struct watchdog *w)
{
	return w->heard_ms != 0;
}
