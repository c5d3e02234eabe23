/* SPDX-License-Identifier: Apache-2.0 */
/* source_instance.h - a source of flows and the tenants that it feeds.
 *
 * There is one per distinct URL, whatever the number of tenants: a message is
 * received and decoded once, on the source's thread.
 */
#ifndef SOURCE_SOURCE_INSTANCE_H
#define SOURCE_SOURCE_INSTANCE_H

#include "base/counter.h"
#include "source/router.h"
#include "source/source_options.h"

struct source_instance;

/* Received since the start. */
struct source_stats {
	_Atomic int64_t batches, flows, bytes;
	_Atomic int64_t bad_messages;
	_Atomic int64_t bad_flows[BAD_FLOW_REASONS];
	_Atomic int64_t layers_dropped; /* too long, of flows that were kept */
};

/* Options are copied, the rest is borrowed: of the identity what all sources share,
 * users and cookies are the options'. NULL: no memory. */
struct source_instance *source_instance_new(const struct source_options *,
					    const struct session_identity *,
					    struct batch_account *, struct log *);
void source_instance_free(struct source_instance *);
/* Whether it has these options. */
bool source_instance_is(const struct source_instance *, const struct source_options *);
/* As it can be shown to anybody: of two that differ in their queries it is the same. */
struct str source_instance_url(const struct source_instance *);

/* Takes the router, which replaces the present one; when it returns, receivers of the
 * old one are no longer called. */
void source_instance_route(struct source_instance *, struct router *);
/* Does nothing if it is already started. */
int source_instance_start(struct source_instance *, struct err *);
/* Asks it to stop, without waiting; see source.h. */
void source_instance_halt(struct source_instance *);
void source_instance_stop(struct source_instance *);

bool source_instance_is_ready(const struct source_instance *); /* it was admitted, or
							        * needs no admission */
/* Whether its thread makes progress: false when it has been busy with the same message
 * since the last call. From one thread. */
bool source_instance_moves(struct source_instance *);
const struct source_stats *source_instance_stats(const struct source_instance *);

/* Its status at one moment. */
struct source_status {
	enum source_state state;
	bool is_ready;			  /* subscribed and not starved, or open */
	int64_t connects, gaps, renewals; /* see struct source_progress */
	int64_t messages, flows, bytes;
	int64_t bad_messages, bad_flows[BAD_FLOW_REASONS];
	int64_t layers_dropped, kernel_drops;
	struct source_partitions partitions;
	int64_t half_silent_s;	    /* how long it has had flows without stats */
	int64_t down_s;		    /* how long it has not been ready */
	char error[OUTAGE_WHY_MAX]; /* and why, or "" */
};
extern const struct counter counters_of_source[];
const char *source_state_name(enum source_state);
/* Any thread, also after it was stopped. */
void source_instance_status(const struct source_instance *, struct source_status *);

/* Delivers a message from a recording. Takes it. */
enum heard source_instance_deliver(struct source_instance *, char *message, size_t size,
				   enum recording_kind);

#endif
