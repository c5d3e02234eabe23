/* SPDX-License-Identifier: Apache-2.0 */
/* subscription.h - one source of flows and the tenants that it feeds.
 *
 * There is one per distinct URL, whatever the number of tenants: a message is
 * received and decoded once, on the source's thread.
 */
#ifndef SOURCE_SUBSCRIPTION_H
#define SOURCE_SUBSCRIPTION_H

#include "source/recording.h"
#include "source/router.h"
#include "source/subscriber.h"

struct subscription;

/* What was received, since the start. */
struct subscription_stats {
	_Atomic int64_t batches, flows, bytes;
	_Atomic int64_t bad_messages;
	_Atomic int64_t bad_flows[BAD_FLOW_REASONS];
	_Atomic int64_t layers_dropped; /* too long, of flows that were kept */
	_Atomic int64_t kernel_drops;	/* of datagrams */
};

/* Options and their strings are copied; account and log are borrowed. NULL: no
 * memory. */
struct subscription *subscription_new(const struct subscriber_options *,
				      struct batch_account *, struct log *);
void subscription_free(struct subscription *);
/* Whether it is what these options ask for. */
bool subscription_is(const struct subscription *, const struct subscriber_options *);
struct str subscription_url(const struct subscription *);

/* Takes the router in the place of the one there was; when it returns, nobody
 * of the old one is offered anything any more. */
void subscription_route(struct subscription *, struct router *);
/* Nothing happens when it is started already. */
int subscription_start(struct subscription *, struct err *);
void subscription_stop(struct subscription *);

bool subscription_is_ready(const struct subscription *); /* it was admitted */
const struct subscription_stats *subscription_stats(const struct subscription *);
/* NULL when the source is not a websocket. */
const struct subscriber_stats *subscription_connection(const struct subscription *);

/* What is known of it at a moment. */
struct subscription_status {
	const char *state;		  /* "subscribed", "starved", "connecting"; of
					 * what is no websocket "open" */
	bool is_ready;			  /* subscribed and not starved, or open */
	int64_t connects, gaps, renewals; /* see source/subscriber.h */
	int64_t messages, flows, bytes;
	int64_t bad_messages, bad_flows[BAD_FLOW_REASONS];
	int64_t layers_dropped, kernel_drops;
};
/* Any thread, also when it has been stopped. */
void subscription_status(const struct subscription *, struct subscription_status *);

/* A message that came another way: from a recording. Takes it. */
enum heard subscription_deliver(struct subscription *, char *message, size_t size,
				enum recording_kind);

#endif
