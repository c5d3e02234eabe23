/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - flows that were decoded together.
 *
 * A batch owns the message it was decoded from and an arena; its flows point into both.
 * It is filled by one thread and never written afterwards, so any number of tenants may
 * read it without a lock. The last unref, on any thread, frees everything.
 */
#ifndef FLOW_BATCH_H
#define FLOW_BATCH_H

#include <stdatomic.h>
#include "base/arena.h"
#include "flow/flow.h"

/* Why a flow of a message was left out. */
enum bad_flow {
	BAD_FLOW_TYPE,	   /* a member of the wrong type */
	BAD_FLOW_NUMBER,   /* not a whole number, or out of range */
	BAD_FLOW_PROTOCOL, /* a protocol or ICMP type without number */
	BAD_FLOW_NULL,	   /* a null in the list */
	BAD_FLOW_MEMORY,   /* no room: see batch_new() */
	BAD_FLOW_REASONS
};

/* Bytes of all batches alive, and the number of tenants that may hold batches back. It
 * outlives the batches. */
struct batch_account {
	_Atomic int64_t bytes, readers;
	int64_t bytes_max; /* the limit that bytes should not exceed; 0: none */
};

struct batch {
	struct flow *flows;
	size_t count;
	size_t bad[BAD_FLOW_REASONS];
	size_t long_layers; /* left out of flows that were kept, see layers.h */
	int64_t clock_ms;   /* Unix, of whom time goes by messages; else 0 */

	/* Private. */
	struct arena arena;
	char *message;
	size_t size;   /* of the message */
	int64_t bytes; /* in the account: 0 until it is filled */
	struct batch_account *account;
	_Atomic unsigned refs;
	size_t room;
	size_t limit; /* of decoded flows, in bytes */
	bool is_closed;
};

/* Takes message (malloc'ed, may be NULL), also on failure: NULL. The caller
 * holds the only reference.
 *
 * "{}" takes three bytes in a message and a hundred times as many as a flow. So the
 * size of decoded flows is limited to what the account has left, but always allows what
 * a real message of that size takes, up to a quarter of the account. */
struct batch *batch_new(char *message, size_t size, struct batch_account *);
struct batch *batch_ref(struct batch *);
void batch_unref(struct batch *);

/* What it takes in memory; 0 while it is filled. */
static inline int64_t batch_bytes(const struct batch *batch)
{
	return batch->bytes;
}

/* While it is filled: adds a zeroed flow at the end. NULL: no room, no memory, or
 * closed. */
struct flow *batch_add(struct batch *);
/* Removes the last flow. */
void batch_drop_last(struct batch *);
/* Ends the adding of flows. Those that it has are complete: the error that others did
 * not fit is cleared, and the arena has room again for the delivery. */
void batch_close(struct batch *);
/* It is filled: from here on its bytes are counted in the account. */
void batch_done(struct batch *);

#endif
