/* SPDX-License-Identifier: Apache-2.0 */
/* watchdog.h - whether an analyzer has forgotten a subscriber that is connected.
 *
 * Whenever any subscriber leaves, an analyzer sends nothing to the others until one
 * comes, and tells nobody. So silence is suspicious, but how long it may last is the
 * stream's own: three times the longest gap between its messages in the last five
 * minutes, a second at least, the configured time at most, ± 20 % so that several
 * exporters do not renew together. Only gaps that are a stream's own are learned: not
 * one that a renewal ended, unless that renewal was fruitless, which shows that there
 * was nothing to be sent.
 *
 * "stats" come every 10 s. Two in a row that are missing while flows come say that
 * the analyzer's gate is half open; a renewal that brings none is not repeated until
 * some came.
 *
 * A fruitless renewal doubles the time, and there are three an hour at most; others
 * are as many as it takes. Pure: time is an argument, monotonic, in milliseconds.
 */
#ifndef SOURCE_WATCHDOG_H
#define SOURCE_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

enum suspicion {
	SUSPICION_NONE,
	SUSPICION_SILENCE,  /* nothing comes */
	SUSPICION_NO_STATS, /* flows come, stats do not */
};

#define WATCHDOG_GAPS	  6 /* a minute each, the present one included */
#define WATCHDOG_RENEWALS 3 /* fruitless ones an hour */

struct watchdog {
	int64_t limit_ms; /* configured; 0: it is off */
	int64_t gap_ms[WATCHDOG_GAPS], minute;
	int64_t seen_ms;    /* of the stream's time, gap by gap */
	int64_t heard_ms;   /* the last message, on whatever connection; 0: none */
	int64_t stats_ms;   /* the last stats, or the admission after it */
	int64_t renewed_ms; /* not yet known what it brought; 0: none */
	int64_t admitted_ms;
	int64_t fruitless_ms[WATCHDOG_RENEWALS]; /* the last ones, the oldest first */
	int64_t patience;  /* by which the time is multiplied: 1, 2, 4, ... */
	uint16_t random;   /* of this connection */
	bool knows_stats;  /* they came once */
	bool misses_stats; /* a renewal was made for them */
	bool lacks_stats;  /* and did not bring them */
	bool heard_here;   /* on this connection */
	bool was_fruitless, has_renewed;
};

void watchdog_init(struct watchdog *, int64_t limit_ms);
/* A new connection, whose messages count from its admission on; random is any. */
void watchdog_admitted(struct watchdog *, int64_t now_ms, uint16_t random);
void watchdog_heard(struct watchdog *, int64_t now_ms, bool is_stats);

/* Whether to subscribe again, now; else when to ask again at the latest. */
enum suspicion watchdog_look(struct watchdog *, int64_t now_ms, int64_t *next_ms);
/* The connection is given up for that. */
void watchdog_renewed(struct watchdog *, int64_t now_ms, enum suspicion);

/* Since when nothing has come, or the connection is there. */
int64_t watchdog_since(const struct watchdog *);
/* Whether the stream is known to have had something that does not come any more. */
bool watchdog_misses(const struct watchdog *);

#endif
