/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h - bytes to flows.
 *
 * One bad flow costs that flow, counted by reason in the batch. Text that is
 * not JSON, or not protobuf, loses what comes after the fault: the flows before
 * it are kept and -EINVAL says so.
 */
#ifndef FLOW_DECODE_H
#define FLOW_DECODE_H

#include "base/err.h"
#include "flow/batch.h"

/* A JSON list of flows, as in obj of a "store" message; it must lie in the
 * batch's message, or live as long. null and [] are no flows. Both generations
 * of analyzer are understood. */
int decode_json(struct str obj, struct batch *, struct err *);

/* A protobuf flow.Message, as agents send them. DHCPv4, DNS and VRRPv2 become
 * JSON in the spelling of analyzers before 2024-04; what is too long is counted. */
int decode_pb(struct str message, struct batch *, struct err *);

#endif
