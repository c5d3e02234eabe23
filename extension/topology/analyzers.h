/* SPDX-License-Identifier: Apache-2.0 */
/* analyzers.h - the list "analyzers": which one is asked, which are silent, and how we
 * log in. Private to topology.c, which holds its lock for all of it.
 *
 * One of them is asked until it is silent; then the next one becomes the current one.
 */
#ifndef TOPOLOGY_ANALYZERS_H
#define TOPOLOGY_ANALYZERS_H

#include "topology/login.h"
#include "topology/topology.h"

#define ANALYZERS_MAX 64 /* one bit each */

struct analyzer {
	struct buf name; /* "http://host:port", for the log */
	struct buf url;	 /* of questions */
	struct login login;
	uint64_t bit;
	int64_t silent_until_ms; /* until then others are preferred */
	int64_t answered_ms;	 /* when it answered a question last, monotonic */
};

struct analyzers {
	struct analyzer *item;
	size_t count;
	size_t current;	    /* the one that is asked */
	struct buf basic;   /* "Authorization: ...", or empty */
	struct buf form;    /* of POST /login; empty: there is no user */
	struct buf cookies; /* "name=value; ", or empty */
};

/* 0, or -EINVAL; the key of err is "analyzers[N]" when an entry is wrong. */
int analyzers_init(struct analyzers *, const struct topology_options *, struct err *);
void analyzers_fini(struct analyzers *);

/* The current one, or the first after it that was not yet tried. NULL: all were. */
struct analyzer *analyzers_next(const struct analyzers *, uint64_t tried);
/* Marks an analyzer as silent until then. If it was the current one, the next one that
 * is not silent becomes the current one. Returns whether one did. */
bool analyzers_silent(struct analyzers *, struct analyzer *, int64_t now_ms,
		      int64_t until_ms);
bool analyzers_all_silent(const struct analyzers *, int64_t now_ms);

#endif
