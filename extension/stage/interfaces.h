/* SPDX-License-Identifier: Apache-2.0 */
/* interfaces.h - finds interfaces without traffic for an interval.
 *
 * An interface is known by its name and the tag of its traffic, from its first traffic
 * on. Each interval without any is reported once, at most INTERFACES_TOLD_MAX times in
 * a row; then the interface counts as gone. At most INTERFACES_MAX are known; others
 * are not watched.
 */
#ifndef STAGE_INTERFACES_H
#define STAGE_INTERFACES_H

#include "base/now.h"
#include "pipeline/object.h"

#define INTERFACES_MAX	    4096
#define INTERFACES_BYTES    ((size_t)2 << 20) /* of a tag, with their names */
#define INTERFACES_TOLD_MAX 6

struct interfaces;

/* NULL: no memory. */
struct interfaces *interfaces_new(int64_t interval_ms);
void interfaces_free(struct interfaces *);

/* The interface has traffic. */
void interfaces_seen(struct interfaces *, enum tag, struct str name, struct now);

/* An interval without traffic. The name is borrowed, for at least an interval. */
struct silence {
	struct str name;
	int64_t start_ms, end_ms; /* Unix ms */
};

/* The next silent interface of the tag; false: there is none. */
bool interfaces_silent(struct interfaces *, enum tag, struct now, struct silence *);
/* No interface will be silent before this time (monotonic); NEVER_MS: there is none. */
int64_t interfaces_due(const struct interfaces *, enum tag);

#endif
