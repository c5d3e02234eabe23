/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h - decodes the flows of a message.
 *
 * A bad flow is left out, and counted by reason in the batch. Where the message is not
 * valid JSON or protobuf the rest of it is lost: the flows before are kept, and -EINVAL
 * is returned.
 */
#ifndef FLOW_DECODE_H
#define FLOW_DECODE_H

#include "base/err.h"
#include "flow/batch.h"

/* A JSON list of flows, as in obj of a "store" message; it must be part of the batch's
 * message, or live as long. null and [] have no flows. Both generations of analyzer are
 * understood. */
int decode_json(struct str obj, struct batch *, struct err *);

/* A protobuf flow.Message, as agents send them. DHCPv4, DNS and VRRPv2 become JSON in
 * the spelling of analyzers before 2024-04; a layer that is too long is left out and
 * counted. */
int decode_pb(struct str message, struct batch *, struct err *);
/* The same of one flow.Flow; its bytes are not kept. */
int decode_pb_flow(struct str flow, struct batch *, struct err *);

#endif
