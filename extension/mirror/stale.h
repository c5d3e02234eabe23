/* SPDX-License-Identifier: Apache-2.0 */
/* stale.h - nodes that must be fetched again, and when to ask for them. Not locked. */
#ifndef MIRROR_STALE_H
#define MIRROR_STALE_H

#include "base/buf.h"
#include "base/map.h"

#define STALE_MAX	 1000 /* above it all is synchronized instead */
#define STALE_A_QUESTION 200
#define STALE_EVERY_MS	 200

struct stale {
	struct map *ids; /* its values are not used */
	int64_t due_ms;	 /* of the next question, monotonic */
	bool is_too_many;
};

int stale_init(struct stale *); /* 0 or -ENOMEM */
void stale_fini(struct stale *);
void stale_add(struct stale *, struct str id, int64_t now_ms);
/* Writes a question for some of them, which are forgotten. false: it is not due, or
 * there are none; *until_ms may be lowered to when it will be. */
bool stale_ask(struct stale *, struct buf *question, int64_t now_ms, int64_t *until_ms);
/* All are synchronized. */
void stale_clear(struct stale *);

#endif
