/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream.h - flows over a websocket, from an analyzer.
 *
 * When any subscriber leaves, an analyzer (v0.26 to master of 2024-07) stops sending to
 * all others, without telling them. So the "stats" namespace, with a message every 10
 * s, serves as a heartbeat: when neither it nor flows come the connection is renewed.
 * That may also happen before the first message; so the connection to an analyzer that
 * never sent any, which may have no captures, is renewed once.
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
