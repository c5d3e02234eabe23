/* SPDX-License-Identifier: Apache-2.0 */
/* troubles.h - what is wrong at present: since when, and what to do about it.
 *
 * Whatever is watched is a row of TROUBLES_EACH; /healthz, /readyz, the
 * page, /metrics and the service manager's status all say what was found with them. Of a
 * tenant only the worst is a trouble, so that there is one line for each.
 */
#ifndef MONITOR_TROUBLES_H
#define MONITOR_TROUBLES_H

#include "base/buf.h"
#include "exporter/exporter.h"

enum trouble_weight {
	TROUBLE_LIMITS,	   /* as it was configured to be: the page shows it */
	TROUBLE_WARNS,	   /* it is said */
	TROUBLE_UNREADY,   /* and flows are not received: /readyz is 503 */
	TROUBLE_UNHEALTHY, /* and nothing goes on: /healthz is 503 */
};

/* Identifier, name, weight, whether nobody else logs it, what it is, what to do. */
#define TROUBLES_EACH(X)                                                                 \
	X(WORKER, "stuck_worker", TROUBLE_UNHEALTHY, true, "a worker has done the same", \
	  "a disk or a file server may not answer, else it is a mistake of the "         \
	  "program: restart it, what is in the spool stays")                             \
	X(CONNECTING, "source_connecting", TROUBLE_UNREADY, false, "connecting",         \
	  "see whether the analyzer runs and can be reached from here")                  \
	X(UNREAD, "source_not_read", TROUBLE_UNREADY, false, "no partition is read",     \
	  "see whether the brokers run and can be reached from here")                    \
	X(STARVED, "source_starved", TROUBLE_UNREADY, false, "starved",                  \
	  "see whether captures run; else restart the analyzer")                         \
	X(HALF_SILENT, "source_half_silent", TROUBLE_WARNS, true,                        \
	  "flows come without stats",                                                    \
	  "the analyzer sends only in part, flows may be missing: restart it")           \
	X(TOPOLOGY, "topology_down", TROUBLE_WARNS, false,                               \
	  "no analyzer answers questions about its topology",                            \
	  "records lack what it knows: see whether it runs, and the password")           \
	X(MIRROR, "mirror_old", TROUBLE_WARNS, true,                                     \
	  "the mirror of the topology is old",                                           \
	  "the analyzer is asked where it can be; see whether it runs, or set "          \
	  "topology.mode to rest")                                                       \
	X(SEALER, "stuck_sealer", TROUBLE_WARNS, true, "an object is being made",        \
	  "see whether the disk of the spool answers")                                   \
	X(UPLOAD, "stuck_upload", TROUBLE_WARNS, true, "an upload is under way",         \
	  "see whether the store answers, and the line to it")                           \
	X(PENDING, "old_pending", TROUBLE_WARNS, true, "objects wait for the store",     \
	  "see what the store says, and that the spool has room until it takes them")    \
	X(STORE, "store_fails", TROUBLE_WARNS, false, "the store takes nothing",         \
	  "objects are kept and tried again: see what it says")                          \
	X(LIMIT, "limit", TROUBLE_LIMITS, false, "a limit holds it back",                \
	  "raise it in pipeline.limits, if the tenant may have more")

#define TROUBLE_ENUM(id, ...) TROUBLE_##id,
enum trouble_kind { TROUBLES_EACH(TROUBLE_ENUM) TROUBLES };
#undef TROUBLE_ENUM

struct trouble_meaning {
	const char *name; /* of the metric's reason */
	enum trouble_weight weight;
	bool is_logged; /* by whoever watches: nobody else does */
	const char *what, *remedy;
};
extern const struct trouble_meaning trouble_kinds[TROUBLES];

#define NO_TENANT SIZE_MAX

struct trouble {
	enum trouble_kind kind;
	const char *who;    /* a tenant, or a source's URL; "": the program */
	const char *detail; /* in the words of whom it concerns, or "" */
	int64_t since_ms;   /* Unix */
	size_t tenant;	    /* who it is, by its number in the snapshot; NO_TENANT */
};

struct snapshot;

/* Fills the snapshot's list, which borrows from it: the heaviest first, then the oldest. */
void troubles_find(struct snapshot *);
/* The worker that has done the same for too long, also without a snapshot. who is its
 * tenant. */
bool troubles_find_stuck(const struct exporter_busy *, struct now, struct trouble *);

/* WHO: WHAT since TIME (AGE): DETAIL; REMEDY */
void trouble_put(const struct trouble *, int64_t wall_ms, struct buf *);
/* Lines of those that weigh at least so much, the rest as their number. How many. */
size_t troubles_put(const struct snapshot *, enum trouble_weight, struct buf *);

#endif
