/* SPDX-License-Identifier: Apache-2.0 */
/* analyzers.h - the list "analyzers": who is asked, who is silent, and what
 * they want to see before they answer. The inside of topology.c, which holds a
 * lock around all of it.
 *
 * One is asked until it is silent; then another one is, which is remembered.
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
	int64_t silent_until_ms; /* till then another one is rather asked */
};

struct analyzers {
	struct analyzer *item;
	size_t count;
	size_t current;	    /* the one that is asked */
	struct buf basic;   /* "Authorization: ...", or empty */
	struct buf form;    /* of POST /login; empty: there is no user */
	struct buf cookies; /* "name=value; ", or empty */
};

/* 0, or -EINVAL: its key is "analyzers[N]" when an entry is what is wrong. */
int analyzers_init(struct analyzers *, const struct topology_options *, struct err *);
void analyzers_fini(struct analyzers *);

/* The current one, or the first after it that is not among those tried. NULL:
 * all were. */
struct analyzer *analyzers_next(const struct analyzers *, uint64_t tried);
/* It is silent, until then. If it was the current one, the next that is not
 * silent becomes that. Returns whether one did. */
bool analyzers_silent(struct analyzers *, struct analyzer *, int64_t now_ms,
		      int64_t until_ms);
bool analyzers_all_silent(const struct analyzers *, int64_t now_ms);

#endif
