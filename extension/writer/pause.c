/* SPDX-License-Identifier: Apache-2.0 */
/* pause.c - see pause.h. */
#include <inttypes.h>
#include <stdio.h>
#include "base/jitter.h"
#include "format/time_text.h"
#include "writer/pause.h"

#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 60000
#define ASKED_MAX_MS   (10 * 60000)
#define SAID_MS	       1000 /* a shorter one is not worth a word */

int64_t pause_heeded_ms(int64_t asked_ms)
{
	return asked_ms <= ASKED_MAX_MS ? asked_ms : 0;
}

void pause_begin(struct pause *p, int64_t asked_ms, struct now now)
{
	int64_t most = BACKOFF_MIN_MS, heeded_ms = pause_heeded_ms(asked_ms);
	unsigned i;

	for (i = 0; i < p->failures && most < BACKOFF_MAX_MS; i++)
		most *= 2;
	if (most > BACKOFF_MAX_MS)
		most = BACKOFF_MAX_MS;
	p->failures++;
	p->until_ms = now.mono_ms + (heeded_ms ? heeded_ms
					       : 1 + (int64_t)(jitter_next(&p->random) %
							       (uint64_t)most));
}

void pause_end(struct pause *p)
{
	p->failures = 0;
	p->until_ms = 0;
}

void pause_explain(int64_t asked_ms, struct now now, char *why, size_t size)
{
	char until[TIME_TEXT_SIZE];

	size -= strlen(why);
	why += strlen(why);
	if (asked_ms > ASKED_MAX_MS)
		snprintf(why, size,
			 "; it asks for a pause of %" PRId64
			 " s: too long, it is tried sooner",
			 asked_ms / 1000);
	else if (asked_ms >= SAID_MS)
		snprintf(why, size, "; it asks for a pause until " STR_FMT,
			 STR_ARG(time_text_rfc3339(until, (now.wall_ms + asked_ms + 999) /
								  1000)));
}
