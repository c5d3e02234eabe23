/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - one StructMessage, ready to be sent in either framing.
 *
 * A message is shared: the stream, the queues and the writers hold references.
 * It does not change after it was made; what goes over the wire is encoded
 * when the first subscriber of that framing needs it and then shared.
 */
#ifndef ANALYZER_MESSAGE_H
#define ANALYZER_MESSAGE_H

#include "bytes.h"
#include "scan.h"

#include <stdbool.h>
#include <stdint.h>

/* Where something is in Obj; len 0 = absent. */
struct object_place {
	size_t at;
	size_t len;
};

struct flow {
	struct object_place text; /* the whole JSON object */
	struct object_place uuid; /* contents of the strings, without quotes */
	struct object_place parent;
	struct object_place capture;
};

struct message {
	unsigned refs;
	char *ns;
	char *type;
	char uuid[40];
	int64_t status;
	int64_t format;	      /* 1 on OLD analyzers' stats */
	bool obj_is_protobuf; /* only stats of an OLD analyzer */
	char *obj;
	size_t obj_len;
	struct flow *flows;
	unsigned flow_count;
	int64_t at_ms;	      /* since the start of the stream */
	struct bytes wire[2]; /* text and binary frames */
};

/* A message of namespace and type; the object is taken, the strings are
 * copied. An uuid of length 0 makes a fresh one. Finds the flows of a store. */
struct message *message_new(struct text ns, struct text type, struct text uuid, char *obj,
			    size_t obj_len);
struct message *message_from_json(const char *text, size_t len);
/* NULL if it is not a protobuf StructMessage. */
struct message *message_from_protobuf(const char *data, size_t len);
/* A stats message with counters of 0, as an idle flow table sends it. */
struct message *message_new_stats(const char *capture);

struct message *message_ref(struct message *);
void message_unref(struct message *);

/* The frames of the message; borrowed from it. */
const struct bytes *message_wire(struct message *, bool protobuf);
/* The message once more with other flow and message UUIDs of the same length,
 * a different set for every round. A flow that occurs several times in the
 * stream gets the same new UUID everywhere; ParentUUID follows. */
struct message *message_renew(const struct message *, uint32_t round);
/* What the namespace flow/<capture> gets of a message of the namespace flow:
 * the flows of that capture, or NULL if there is none. */
struct message *message_pick(const struct message *, const char *capture);

#endif
