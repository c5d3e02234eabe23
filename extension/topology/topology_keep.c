/* SPDX-License-Identifier: Apache-2.0 */
/* topology_keep.c - what is remembered of an answer, and for how long. See
 * topology_private.h.
 */
#include <errno.h>
#include "base/now.h"
#include "topology/topology_private.h"

#define ENTRY_OVERHEAD 128 /* of a cached answer beside its bytes */

static int64_t ttl_of(const struct topology *t, const struct shared_answer *a,
		      bool failed)
{
	if (failed)
		return t->error_ttl_ms;
	return a->answer.count || a->answer.value.ptr ? t->ttl_ms : t->empty_ttl_ms;
}

void topology_keep(struct topology *t, struct str text, struct shared_answer *a,
		   int64_t now_ms)
{
	bool failed = !a;
	int error = -ENOMEM;
	int64_t expires_ms;

	if (!a && t->failure)
		a = shared_answer_ref(t->failure);
	if (a) {
		if (!failed)
			a->since_ms = now_ms;
		expires_ms = t->http ? now_ms + ttl_of(t, a, failed) : NEVER_MS;
		error = map_put(t->cache, text, a, a->bytes + ENTRY_OVERHEAD, expires_ms);
	}
	/* Too large for the cache: it would be asked for again and again. */
	if (error == -EFBIG && !failed) {
		t->counters.failed++;
		topology_keep(t, text, NULL, now_ms);
	}
}
