/* SPDX-License-Identifier: Apache-2.0 */
/* encode_pb.h - a flow as Skydive's protobuf message flow.Flow (proto/flow.proto).
 *
 * Fields are in the order of their numbers, and what is zero or empty is left out, as
 * protobuf's own libraries do; a layer or metric that is there is written even if it has
 * nothing but zeros.
 */
#ifndef FLOW_ENCODE_PB_H
#define FLOW_ENCODE_PB_H

#include "base/buf.h"
#include "flow/flow.h"

/* Appends the message, without its length. Returns how many of DHCPv4, DNS and VRRPv2
 * were left out, because the schema cannot hold what the analyzer sent. */
size_t encode_pb(const struct flow *, struct buf *);

#endif
