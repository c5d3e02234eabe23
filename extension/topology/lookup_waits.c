/* SPDX-License-Identifier: Apache-2.0 */
/* lookup_waits.c - who waits for a text. See lookup.h. */
#include <errno.h>
#include <stdlib.h>
#include "topology/lookup.h"

int lookup_wait(struct lookup_wait **waits, struct asker *asker)
{
	struct lookup_wait *w;

	for (w = *waits; w; w = w->next)
		if (w->asker == asker)
			return 0;
	w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct lookup_wait){ .next = *waits, .asker = asker };
	*waits = w;
	asker->pending++;
	return 0;
}

void lookup_withdraw(struct lookup_wait **waits, const struct asker *asker)
{
	struct lookup_wait **at, *w;

	for (at = waits; *at && (*at)->asker != asker; at = &(*at)->next)
		;
	w = *at;
	if (!w)
		return;
	*at = w->next;
	free(w);
}

void lookup_drop_waits(struct lookup_wait **waits)
{
	struct lookup_wait *w;

	while ((w = *waits)) {
		*waits = w->next;
		free(w);
	}
}

void lookup_end_waits(struct lookup_wait **waits, struct asker **woken)
{
	struct lookup_wait *w;

	for (w = *waits; w; w = w->next) {
		if (--w->asker->pending)
			continue;
		w->asker->waking = true;
		w->asker->next_woken = *woken;
		*woken = w->asker;
	}
	lookup_drop_waits(waits);
}
