/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream_private.h - what flow_stream.c (a stream), flow_stream_probe.c (whether an
 * analyzer would send it) and flow_stream_options.c share.
 */
#ifndef SOURCE_FLOW_STREAM_PRIVATE_H
#define SOURCE_FLOW_STREAM_PRIVATE_H

#include "source/flow_stream.h"

/* See struct source: accepted, and the first ping came. */
int flow_stream_probe(const struct source_parts *, struct err *remark);

extern const struct shape flow_stream_shape;
/* What is asked of the analyzer; the user is not set. */
void flow_stream_ask(const struct source_parts *, struct session_options *);

#endif
