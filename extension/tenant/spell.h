/* SPDX-License-Identifier: Apache-2.0 */
/* spell.h - a period in which something goes wrong repeatedly: its begin is reported,
 * now and then the count, and its end.
 *
 * One thread notes failures, another one reports. Times are monotonic, in milliseconds.
 */
#ifndef TENANT_SPELL_H
#define TENANT_SPELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/now.h"

#define SPELL_TELL_MS 60000 /* between reports */

struct spell {
	_Atomic int64_t count;	 /* since it began; 0: there is none */
	_Atomic int64_t last_ms; /* when the last failure was noted */
	_Atomic int64_t since_ms;

	/* Of the thread that reports. */
	int64_t told_ms; /* 0: not yet */
};

enum spell_news {
	SPELL_NONE,
	SPELL_GOES_ON,
	SPELL_ENDED,
};

/* Notes n failures. true: a spell begins. */
bool spell_note(struct spell *, int64_t n, int64_t now_ms);
/* What to report now, and the count since it began; it ends after pause_ms without
 * failures. *due_ms is lowered if there will be news sooner. */
enum spell_news spell_look(struct spell *, int64_t pause_ms, int64_t now_ms,
			   int64_t *count, int64_t *due_ms);
/* When it began; NEVER_MS: there is none. Any thread. */
int64_t spell_since_ms(const struct spell *);
/* Before the last use: the count of a spell whose end was not yet reported. */
int64_t spell_cut(struct spell *);

#endif
