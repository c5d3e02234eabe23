/* SPDX-License-Identifier: Apache-2.0 */
/* spell.h - a time in which something goes wrong again and again: it is told when it
 * begins, now and then how much it was, and when it is over.
 *
 * One thread notes, another looks. Times are monotonic, in milliseconds.
 */
#ifndef TENANT_SPELL_H
#define TENANT_SPELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SPELL_TELL_MS 60000 /* while it goes on */

struct spell {
	_Atomic int64_t count;	 /* since it began; 0: all is well */
	_Atomic int64_t last_ms; /* when it was noted last */

	/* Of who looks. */
	int64_t told_ms; /* 0: not looked at yet */
};

enum spell_news {
	SPELL_NONE,
	SPELL_GOES_ON,
	SPELL_ENDED,
};

/* n more. true: it begins. */
bool spell_note(struct spell *, int64_t n, int64_t now_ms);
/* What is to be told now, and the count since it began; it is over after pause_ms
 * without anything wrong. *due_ms is made less if there will be news sooner. */
enum spell_news spell_look(struct spell *, int64_t pause_ms, int64_t now_ms,
			   int64_t *count, int64_t *due_ms);
/* Nobody looks again: the count that was not told to have ended. */
int64_t spell_cut(struct spell *);

#endif
