/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - StructMessage, the envelope of what an analyzer sends.
 *
 * A subscriber that asks for protobuf gets StructMessage in binary messages; others get
 * the same members as a JSON object in text messages. But analyzers before 0.24 send
 * protobuf in text messages (skydive-project/skydive issue 1873), so the content
 * decides which it is; the framing only says what it should be. Either way the flows
 * inside are JSON (a list of flows is not one protobuf message, so the analyzer falls
 * back to JSON inside the protobuf envelope); "stats" of analyzers before 2024-04 are
 * protobuf.
 */
#ifndef FLOW_MESSAGE_H
#define FLOW_MESSAGE_H

#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"

enum framing { FRAMING_PROTOBUF, FRAMING_JSON };

struct message {
	struct str namespace, type, uuid;
	int64_t status;
	bool is_protobuf; /* obj, instead of JSON */
	struct str obj;
};

/* Members point into bytes, or into the arena where JSON has escapes. Safe for any
 * bytes. 0, or -EINVAL with the reason. */
int message_parse(struct str bytes, enum framing, struct arena *, struct message *,
		  struct err *);

/* Whether it looks like JSON, not like protobuf. */
bool message_is_json(struct str bytes);

/* Whether the message holds flows: type "store" of a flow namespace. */
bool message_has_flows(const struct message *);

#endif
