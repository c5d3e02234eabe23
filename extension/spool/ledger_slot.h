/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_slot.h - what a tenant's ledger says, as bytes of its file. Pure.
 *
 * The file has two slots, which are written in turns. A slot is one JSON object, blanks,
 * and a checksum of both, as the head of a sealed object is; it can be read with less(1).
 * A write that was cut leaves a slot without its checksum, and then the other one, which
 * is one step older, counts.
 *
 * A step is a change of files that the totals tell of. They already count the last one
 * when it is written, before the files change; whoever reads it looks at the files whether
 * it happened.
 */
#ifndef SPOOL_LEDGER_SLOT_H
#define SPOOL_LEDGER_SLOT_H

#include "base/err.h"
#include "base/stats.h"
#include "spool/text_head.h"

#define LEDGER_SLOT   TEXT_HEAD_SIZE
#define LEDGER_SLOTS  2
#define LEDGER_FORMAT 1

struct ledger_sum {
	int64_t objects, records;
	int64_t bytes; /* as stored, without envelopes */
};

enum ledger_step {
	LEDGER_REST,	  /* the files are what the totals say */
	LEDGER_SEAL,	  /* tmp/<id> becomes new/<to>, then open/<id> goes */
	LEDGER_STORE,	  /* new/<id> goes, the store has it */
	LEDGER_EVICT,	  /* new/<id> goes: lost */
	LEDGER_EVICT_BAD, /* bad/<id> goes: lost */
	LEDGER_STEPS
};

struct ledger_slot {
	int64_t sequence; /* of this write; the higher one is the newer */
	int64_t since_ms; /* Unix ms: when the ledger was begun */
	int64_t next_id;  /* of files; all that were given out before are lower */
	struct ledger_sum sealed, uploaded, evicted;
	int step;	/* enum ledger_step */
	int64_t id, to; /* its files */
	struct ledger_sum sum;
	int64_t counters[STAT_COUNT]; /* those with ledger_keeps() */
};

/* Whether a counter is kept over restarts. Not those of sealed objects, which the sums
 * above tell exactly, nor those that rise and fall. */
bool ledger_keeps(enum stat_id);

void ledger_sum_add(struct ledger_sum *, const struct ledger_sum *);
void ledger_sum_subtract(struct ledger_sum *, const struct ledger_sum *);

/* Begins a step, whose ids and sum are set: the sum is counted. */
void ledger_slot_do(struct ledger_slot *, enum ledger_step);
/* The step, if there is one, has not happened: the sum is taken back. */
void ledger_slot_undo(struct ledger_slot *);

/* Fills LEDGER_SLOT bytes. 0; -ENOMEM. */
int ledger_slot_write(const struct ledger_slot *, char *to);
/* Counters that this version does not know are left out, missing ones are 0. 0;
 * -EINVAL with the reason. */
int ledger_slot_read(const char *from, struct ledger_slot *, struct err *);

#endif
