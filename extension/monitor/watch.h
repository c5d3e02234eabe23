/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - looks for troubles (monitor/troubles.h) now and then: for the log, which is
 * told when the first of a kind begins and when the last one is over, and for a status of
 * one line. It never waits.
 */
#ifndef MONITOR_WATCH_H
#define MONITOR_WATCH_H

#include "monitor/troubles.h"
#include "sys/log.h"

#define WATCH_MS 5000

/* One thread; zeroed memory has not looked yet. */
struct watch {
	int64_t looked_ms;	  /* monotonic */
	int64_t before[TROUBLES]; /* how many there were */
	char line[384];		  /* " troubles=3: ...", or "" */
};

/* Looks again, if it is time to, and appends the line. */
void watch_put(struct watch *, struct exporter *, struct log *, struct buf *);

#endif
