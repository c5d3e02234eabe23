/* SPDX-License-Identifier: Apache-2.0 */
/* watchdog.h - detects that an analyzer no longer sends to a connected subscriber.
 *
 * When any subscriber leaves, an analyzer sends nothing to the others until a new one
 * comes, and tells nobody. So silence is suspicious. How long it may last is learned
 * from the stream: three times the longest gap between its messages in the last five
 * minutes, at least a second, at most the configured time, ± 20 % so that several
 * exporters do not renew together. Only the stream's own gaps are learned: not one that
 * a renewal ended, unless that renewal was fruitless, which shows that there was
 * nothing to send.
 *
 * "stats" come every 10 s. If two in a row are missing while flows come, for 25 to 30 s,
 * again so that several do not renew together, the analyzer sends only in part; a
 * renewal that brings no stats is not repeated until some have come.
 *
 * A fruitless renewal doubles the time, and there are at most three of them an hour;
 * other renewals are not limited. Pure: time is an argument, monotonic, in
 * milliseconds.
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
	int64_t seen_ms;    /* the time of the stream, the sum of its gaps */
	int64_t heard_ms;   /* the last message, on any connection; 0: none */
	int64_t stats_ms;   /* the last stats, or the admission after it */
	int64_t renewed_ms; /* a renewal whose result is not yet known; 0: none */
	int64_t admitted_ms;
	int64_t fruitless_ms[WATCHDOG_RENEWALS]; /* the last ones, the oldest first */
	int64_t patience;  /* the factor for the time: 1, 2, 4, ... */
	uint16_t random;   /* of this connection */
	bool knows_stats;  /* some have come */
	bool misses_stats; /* a renewal was made because they were missing */
	bool lacks_stats;  /* and did not bring them */
	bool heard_here;   /* on this connection */
	bool was_fruitless, has_renewed;
};

void watchdog_init(struct watchdog *, int64_t limit_ms);
/* A new connection was admitted; random is any number. */
void watchdog_admitted(struct watchdog *, int64_t now_ms, uint16_t random);
void watchdog_heard(struct watchdog *, int64_t now_ms, bool is_stats);

/* Whether to renew the connection now; if not, *next_ms is when to call again at the
 * latest. */
enum suspicion watchdog_look(struct watchdog *, int64_t now_ms, int64_t *next_ms);
/* The connection is given up because of that. */
void watchdog_renewed(struct watchdog *, int64_t now_ms, enum suspicion);

/* Since when nothing has come: the last message, or the admission. */
int64_t watchdog_since(const struct watchdog *);
/* Since when flows come without stats, although the connection was renewed; 0: they come
 * with them. */
int64_t watchdog_lacks_stats_since(const struct watchdog *);
/* Whether the stream is known to have had messages that no longer come. */
bool watchdog_misses(const struct watchdog *);

#endif
