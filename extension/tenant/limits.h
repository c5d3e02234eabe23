/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - what becomes of a tenant that wants more than pipeline.limits gives it.
 *
 *	flows_per_second	parcels over the rate are dropped, before they cost anything
 *	records_in_memory	parcels that do not fit are dropped
 *	spool_bytes		the spool drops its oldest objects (spool_room.c)
 *	uploads_at_once		objects wait (writer/uploader.c)
 *	questions_per_second	the answer is unknown at once (topology/asker.c)
 *
 * Each time one of them takes effect is counted, in the row of stats.h that has its name.
 * A time in which it does so is a spell: the log is told when it begins, each minute, and
 * when it is over.
 */
#ifndef TENANT_LIMITS_H
#define TENANT_LIMITS_H

#include "base/allowance.h"
#include "base/stats.h"
#include "settings/limits_settings.h"
#include "sys/log.h"
#include "tenant/spell.h"

enum limit {
	LIMIT_FLOWS,
	LIMIT_RECORDS,
	LIMIT_SPOOL,
	LIMIT_UPLOADS,
	LIMIT_QUESTIONS,
	LIMITS
};

struct limits {
	const struct limits_settings *settings;
	const char *name; /* the tenant's */
	struct stats *stats;
	struct log *log;
	struct allowance flows; /* of the source's thread */
	struct spell spell[LIMITS];
	int64_t seen[LIMITS]; /* of those that others count */
};

/* For other threads, at one moment. */
struct limits_status {
	int64_t max[LIMITS];	  /* 0: no limit */
	int64_t since_ms[LIMITS]; /* monotonic; NEVER_MS: it does not take effect */
};

/* Everything is borrowed; memory that was zeroed. */
void limits_init(struct limits *, const struct limits_settings *, const char *name,
		 struct stats *, struct log *);
/* Whether flows may come in while so many flows and records wait. If not they are counted
 * as dropped. *begins: the tenant is to be woken, so that the end is told, too. On the
 * source's thread; for tenants that have such a limit. */
bool limits_admit(struct limits *, int64_t flows, int64_t waiting, int64_t now_ms,
		  bool *begins);
/* So many questions were not asked. On a worker. */
void limits_note_questions(struct limits *, int64_t n, int64_t now_ms);
/* Tells what has begun, goes on or has ended; *due_ms may be lowered. On a worker. */
void limits_tell(struct limits *, int64_t now_ms, int64_t *due_ms);
/* The tenant ends: tells the end of all. */
void limits_end(struct limits *);
void limits_get(const struct limits *, struct limits_status *);

/* The key of a limit, below pipeline.limits. */
extern const char *const limit_names[LIMITS];

#endif
