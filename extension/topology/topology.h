/* SPDX-License-Identifier: Apache-2.0 */
/* topology.h - answers to Gremlin questions, for all tenants.
 *
 * All tenants share a cache, and there is only one request at a time for a text. A
 * tenant asks through its asker; texts that are not cached are requested, and the
 * tenant is woken when all of its answers are known. At most max_in_flight requests run
 * at once (each makes the analyzer search its graph); tenants take turns. Beside those
 * that take longer than half a second some more may run, four times as many in all, of
 * tenants that had no such request for a minute, a few of each: so who has questions that
 * hang holds up nobody else for long.
 *
 * An analyzer that does not answer must not hold up tenants. A question that it leaves
 * without a reply, or answers with 5xx, goes to the next analyzer, and so do all later
 * ones. When all are silent the topology is down: then uncached questions get an empty
 * answer at once, and only one is sent every error_ttl, to all analyzers, until there
 * is a reply. One that answers other questions meanwhile is not silent: then a question
 * that hangs fails alone.
 *
 * If an analyzer refuses Basic authentication, user and password are exchanged for a
 * token: see topology/login.h.
 *
 * Any thread may call. The lock is never held while askers are woken.
 */
#ifndef TOPOLOGY_TOPOLOGY_H
#define TOPOLOGY_TOPOLOGY_H

#include "base/allowance.h"
#include "base/counter.h"
#include "base/err.h"
#include "format/shape.h"
#include "mirror/mirror.h"
#include "net/tls.h"
#include "pipeline/query.h"
#include "sys/log.h"

struct http;
struct topology;
struct shared_answer;

/* Who answers: topology.mode. */
enum topology_mode {
	MODE_REST,   /* the analyzer */
	MODE_SHADOW, /* the analyzer; a mirror is compared with it */
	MODE_MIRROR, /* a mirror; the analyzer what it cannot answer */
};

extern const char *const topology_mode_names[]; /* the last one is NULL */

/* Keys of the top level: they are read with path "". */
struct topology_options {
	struct strs analyzers; /* "host:port"; one is asked as long as it answers */
	struct str username, password; /* when there is a user */
	struct str cookie;	       /* of a Cookie header, or empty */
	bool is_https;		       /* for entries without a scheme */
	struct tls_files tls;
	int mode; /* enum topology_mode */
	int64_t mirror_bytes, mirror_resync_ms;
	struct str host_id;  /* of the mirror's subscription */
	int peers_by;	     /* enum peers_by, for askers */
	int64_t timeout_ms;  /* of one request */
	int64_t patience_ms; /* an analyzer without a reply for so long counts as
			      * silent; 0: only after timeout_ms */
	int64_t max_in_flight;
	int64_t cache_entries, cache_bytes;
	int64_t ttl_ms, empty_ttl_ms, error_ttl_ms;
	struct log *log; /* logs failures; may be NULL */
};

extern const struct shape topology_shape;

/* Since topology_new(), except down, error and the present contents of the cache. */
struct topology_counters {
	uint64_t hit, miss; /* questions, by what the cache said */
	uint64_t waited;    /* questions that had to wait */
	uint64_t degraded;  /* questions answered with nothing: not asked, or
			     * failed less than error_ttl ago, or over a tenant's
			     * limit */
	uint64_t requests;
	uint64_t switches; /* to another analyzer */
	uint64_t logins;
	uint64_t empty;	     /* replies without a node */
	uint64_t failed;     /* texts without a usable reply */
	uint64_t evicted;    /* answers pushed out of the cache */
	uint64_t mirrored;   /* questions answered by the mirror */
	uint64_t mismatches; /* in which it differs from the analyzer */
	struct mirror_counters mirror;
	uint64_t cache_entries, cache_bytes;
	bool down;
	int64_t down_since_ms; /* Unix; while down */
	char error[256];       /* the last failure, or "" */
};

extern const struct counter counters_of_topology[];

/* A tenant's way to ask. It may be used by one thread at a time. */
struct asker {
	struct answers answers; /* for queries_init(); keep it first */
	struct topology *topology;
	void (*wake)(void *context);
	void *context;

	/* Private to the topology, under its lock. */
	struct shared_answer **held; /* until release() */
	size_t held_count, held_room;
	size_t pending; /* texts it waits for */
	int64_t turn;
	int64_t late_ms;   /* when a request of its was late last; 0: never */
	uint64_t degraded; /* its questions: see the counters */
	uint64_t limited;  /* of these */
	struct allowance allowance;
	uint64_t mirrored; /* since the last release(); its thread's own */
	bool gave_up;
	bool waking; /* wake() is being called */
	struct asker *next_woken;
};

/* Options are copied, http is borrowed for the topology's life. Without analyzers all
 * answers are empty. NULL: see err; its key is "analyzers[0]" when that entry is
 * wrong. */
struct topology *topology_new(const struct topology_options *, struct http *,
			      struct err *);
/* All answers come from files, at once; other questions get an empty answer. */
struct topology *topology_new_static(struct err *);
/* Gives that one a mirror, for recorded messages, in the options' mode. 0 or -EINVAL. */
int topology_mirror_static(struct topology *, const struct topology_options *,
			   struct err *);
/* Adds recorded answers, a JSON array of {"query", "status", "headers", "body"}; the
 * later of two equal queries counts. file is for the error. 0, -EINVAL or -ENOMEM. */
int topology_add_static(struct topology *, struct str json, const char *file,
			struct err *);
/* Takes what a mirror shall keep for the questions that can come; NULL: nothing. From one
 * thread. Without a mirror it does nothing. */
int topology_want(struct topology *, struct projection *, struct err *);
/* A recorded message of a topology's stream, for topology_new_static(). */
void topology_play(struct topology *, struct str message, bool is_text, int64_t now_ms);
/* Ends subscriptions, without waiting. NULL is fine. */
void topology_halt(struct topology *);
/* NULL is fine. The askers are gone; not from the net thread. */
void topology_free(struct topology *);
void topology_count(struct topology *, struct topology_counters *);

/* wake is called, mostly on the net thread, when the last answer that the asker waits
 * for is known; it must neither block nor call the topology. */
void asker_init(struct asker *, struct topology *, void (*wake)(void *), void *context);
/* Releases the answers and ends all waits; returns when no wake is running. NULL and
 * zeroed memory are fine. Not with a lock held that wake takes. */
void asker_fini(struct asker *);
/* true: ends all waits; no wake follows, except one that has begun; and until false is
 * set find() gives empty answers at once instead of waiting. */
void asker_give_up(struct asker *, bool);
/* At most so many requests a second, on average, and so many at once, begin with a question
 * of its; what the mirror, the cache or another's request answers is free. Over it find()
 * gives empty answers at once, which are degraded, and not kept. 0: no limit. */
void asker_limit(struct asker *, int64_t per_second, int64_t burst);
/* The number of its degraded questions since the last call, and how many of these were
 * over its limit. */
uint64_t asker_take_degraded(struct asker *, uint64_t *limited);

#endif
