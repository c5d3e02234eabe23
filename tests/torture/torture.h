/* SPDX-License-Identifier: Apache-2.0 */
/* torture.h - operations of the core, run with each allocation failing in turn.
 *
 * An operation does something whole, says in its outcome what came of it, and
 * frees everything. It may fail when memory does: then it returns an error. It
 * may not succeed with another outcome than usual, crash, leak, or hang.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <stdint.h>
#include "base/str.h"

#define OUTCOME_MAX ((size_t)1 << 20)

/* Of fixed size: it allocates nothing. */
struct outcome {
	size_t len;
	char text[OUTCOME_MAX];
};

struct operation {
	const char *name;
	/* 0, or an error: memory was short. */
	int (*run)(struct outcome *);
	/* Whether an outcome that is less than usual is still right, because
	 * what is missing was counted; NULL: it must be the usual one. */
	bool (*allows)(const struct outcome *, const struct outcome *usual);
	/* When it fails, its outcome is a beginning of the usual one. */
	bool keeps_first;
};

extern const struct operation torture_base[], torture_format[], torture_flow[],
	torture_pipeline[], torture_stage[]; /* each ends with one without a name */

void outcome_put(struct outcome *, struct str);
void outcome_puts(struct outcome *, const char *);
void outcome_put_i64(struct outcome *, int64_t);

#endif
