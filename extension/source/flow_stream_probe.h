/* SPDX-License-Identifier: Apache-2.0 */
/* flow_stream_probe.h - whether an analyzer would send us its flows.
 */
#ifndef SOURCE_FLOW_STREAM_PROBE_H
#define SOURCE_FLOW_STREAM_PROBE_H

#include "source/source.h"

/* See struct source: accepted, and the first ping came. */
int flow_stream_probe(const struct source_parts *, struct err *remark);

/* What is asked of the analyzer; the user is not set. In flow_stream.c. */
void flow_stream_ask(const struct source_parts *, struct session_options *);

#endif
