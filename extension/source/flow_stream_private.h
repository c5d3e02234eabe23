/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream_private.h - shared by flow_stream.c (a stream), flow_stream_probe.c
 * (whether an analyzer would send it) and flow_stream_options.c.
 */
#ifndef SOURCE_FLOW_STREAM_PRIVATE_H
#define SOURCE_FLOW_STREAM_PRIVATE_H

#include "source/flow_stream.h"

/* See struct source. It works if the subscription is accepted and the first ping
 * comes. */
int flow_stream_probe(const struct source_parts *, struct err *remark);

extern const struct shape flow_stream_shape;
/* Sets the options of the session, except its user. */
void flow_stream_ask(const struct source_parts *, struct session_options *);

#endif
