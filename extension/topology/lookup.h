/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - questions that have no answer yet; private to topology.c, which holds its
 * lock for all of it.
 *
 * A lookup waits for its turn, then runs. Askers take turns: each asker's next text
 * comes after one text of every other asker (start-time fair queueing), so a tenant
 * with thousands of questions does not starve one with two. An asker that waits for many
 * texts leaves room in the queue to those that wait for few.
 *
 * What is not answered for LOOKUP_LATE_MS is late, and its asker slow until it is answered.
 * So others can be preferred, who then do not wait for what hangs. Who was slow within a
 * minute is preferred for one question at a time.
 */
#ifndef TOPOLOGY_LOOKUP_H
#define TOPOLOGY_LOOKUP_H

#include "base/heap.h"
#include "base/map.h"
#include "net/http.h"
#include "topology/topology.h"

/* Of all that wait or run, with their texts: a tenant's flows make them. */
#define LOOKUPS_BYTES ((size_t)64 << 20)

#define LOOKUP_LATE_MS 500

struct analyzer;

/* One asker that waits for a lookup. */
struct lookup_wait {
	struct lookup_wait *next;
	struct asker *asker;
};

struct lookup {
	struct heap_node place; /* in the queue, by turn; first */
	struct topology *topology;
	struct lookup_wait *waits;
	struct lookup *next; /* of the running ones, or of those that are held */
	struct asker *owner; /* that added it; NULL: it is gone */
	bool running, probe;
	bool is_fetch; /* its reply is the mirror's */

	/* For its requests, one after the other. */
	struct analyzer *analyzer;
	uint64_t tried;		   /* analyzers, by their bits */
	int64_t asked_ms, sent_ms; /* of the first and the last of them; monotonic */
	bool is_stale;		   /* cancelled, to be asked again */
	bool is_second;		   /* at this analyzer, after a login */
	bool is_parked;		   /* until the login is over */
	struct lookup *next_parked;
	struct lookup *next_long; /* of topology's replies */
	unsigned login_number;
	struct buf body, cookie;
	const char *header[5];
	struct http_request request;
	size_t text_len;
	char text[];
};

struct lookups {
	struct map *by_text; /* to struct lookup, which it does not own */
	struct heap queue;
	/* Passed over: those of an asker that is slow, or has its part, until one of its
	 * has run. */
	struct lookup *held, **held_end;
	struct lookup *running;
	size_t running_count;
	int64_t turn;
	uint64_t serial;
};

bool lookups_wait(const struct lookups *); /* whether some do, for a place */
int lookups_init(struct lookups *);	   /* 0 or -ENOMEM */
void lookups_fini(struct lookups *);	   /* none is running */

struct lookup *lookup_find(struct lookups *, struct str text);
/* Queues it at the asker's turn. NULL: no memory, too many lookups, or the text is too
 * long. */
struct lookup *lookup_add(struct lookups *, struct asker *, struct str text);
/* Another asker wants the same text: if it has not run because of whose it is, it is this
 * one's from here on. */
void lookup_join(struct lookups *, struct lookup *, struct asker *, int64_t now_ms);
/* Adds the asker, once, to those that wait: for a lookup, or for something else. 0 or
 * -ENOMEM. */
int lookup_wait(struct lookup_wait **, struct asker *);

/* How many run and are late; when the next one will be, or NEVER_MS. */
size_t lookups_late(const struct lookups *, int64_t now_ms);
int64_t lookups_late_ms(const struct lookups *, int64_t now_ms);
/* Takes the next one from the queue and counts it as running: of anybody, or, with a
 * number that is not 0, of an asker that is not slow, and of which less than so many run.
 * Those without waiting askers are dropped, except a probe. NULL: none. */
struct lookup *lookups_run_next(struct lookups *, size_t of_each, int64_t now_ms);
/* Removes and frees a lookup that has run. */
void lookup_remove(struct lookups *, struct lookup *, int64_t now_ms);

/* Ends the wait of all of them; those that now wait for nothing are put before
 * *woken. */
void lookup_end_waits(struct lookup_wait **, struct asker **woken);
/* The same for all lookups; those in the queue are freed. */
void lookups_end_waits(struct lookups *, struct asker **woken);
/* The asker goes. */
void lookups_disown(struct lookups *, const struct asker *);
/* Ends all waits of the asker for lookups; and one among those. */
void lookups_withdraw(struct lookups *, struct asker *);
void lookup_withdraw(struct lookup_wait **, const struct asker *);
/* Frees all; nobody is told. */
void lookup_drop_waits(struct lookup_wait **);

#endif
