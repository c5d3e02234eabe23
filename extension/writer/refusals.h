/* SPDX-License-Identifier: Apache-2.0 */
/* refusals.h - whether a refusal is the object's fault or the store's.
 *
 * A store that refuses everything (a wrong key, a bucket that is gone) answers
 * as one that refuses a single object does. So a refused object is kept and the
 * next one is tried. It is refused for good only if another object was stored
 * since, and it is refused again.
 *
 * A pass goes through the objects from the oldest to the youngest and skips
 * those that it has seen refused. Ids rise with age: the oldest has the lowest.
 * One thread at a time.
 */
#ifndef WRITER_REFUSALS_H
#define WRITER_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: nothing was tried yet. */
struct refusals {
	bool has_stored;     /* the last object that ended was stored */
	unsigned count;	     /* since one was stored */
	uint64_t doubted_id; /* refused up to it in this pass; 0: a pass begins */
	uint64_t judged_id;  /* refused up to it before another one was stored */
};

enum refusal {
	REFUSAL_FINAL, /* give the object up */
	REFUSAL_NEXT,  /* keep it, try the next one at once */
	REFUSAL_SOON,  /* keep it, try the next one after a short pause */
	REFUSAL_STORE, /* keep it; it is the store that fails */
};

/* An object was stored: the next pass judges those that were refused before. */
void refusals_note_stored(struct refusals *);
/* The store failed, which says nothing about the object. */
void refusals_note_failed(struct refusals *);
/* The store refused the object; so many wait in all, this one included. */
enum refusal refusals_note(struct refusals *, uint64_t id, size_t waiting);

#endif
