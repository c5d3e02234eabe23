/* SPDX-License-Identifier: Apache-2.0 */
/* pause.h - how long uploads wait after a failure: exponential back-off with
 * full jitter, 0.5 s to 60 s, or as long as the store asks for.
 *
 * A store may ask for ten minutes at most; a longer wish is ignored.
 * One thread at a time.
 */
#ifndef WRITER_PAUSE_H
#define WRITER_PAUSE_H

#include <stddef.h>
#include "base/now.h"

struct pause {
	unsigned failures; /* in a row; may be set to shorten the next pause */
	int64_t until_ms;  /* monotonic; 0: there is none */
	uint64_t random;   /* not 0 */
};

/* Another failure. asked_ms: what the store asks for, or 0. */
void pause_begin(struct pause *, int64_t asked_ms, struct now);
/* How much of what is asked for is heeded: all of it, or 0 if it is too long. */
int64_t pause_heeded_ms(int64_t asked_ms);
/* It works again. */
void pause_end(struct pause *);

/* Appends to the reason of a failure what was asked for, and what comes of it. */
void pause_explain(int64_t asked_ms, struct now, char *why, size_t size);

#endif
