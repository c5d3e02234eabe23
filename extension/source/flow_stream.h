/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream.h - flows over a websocket, from an analyzer.
 *
 * Whenever any subscriber leaves, an analyzer (v0.26 to master of 2024-07) sends
 * all others nothing more, without telling them. So the "stats" namespace, which
 * says something every 10 s, serves as a heartbeat: when it and the flows stay
 * away the connection is made anew. That may happen before the first of them has
 * come; so from an analyzer that never said anything, which may have no captures,
 * that is done once.
 */
#ifndef SOURCE_FLOW_STREAM_H
#define SOURCE_FLOW_STREAM_H

#include "source/source.h"

/* Its keys of pipeline.subscriber. */
struct flow_stream_options {
	int protocol;	       /* 0: protobuf, 1: JSON */
	int64_t starvation_ms; /* 0: no watchdog */
};

extern const struct flow_stream_options flow_stream_defaults;

#endif
