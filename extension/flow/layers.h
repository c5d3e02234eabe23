/* SPDX-License-Identifier: Apache-2.0 */
/* layers.h - application layers from protobuf to JSON.
 *
 * The text is what an analyzer before 2024-04 (v0.26 to v0.28) would have sent
 * for the same layer: QDCount, CNAME, VirtualRtrID, and the time of a DNS
 * answer as RFC 3339.
 */
#ifndef FLOW_LAYERS_H
#define FLOW_LAYERS_H

#include "base/arena.h"
#include "format/shape.h"

struct Layers__DHCPv4;
struct Layers__DNS;
struct Layers__VRRPv2;

/* The text is allocated from the arena; without memory the arena has an error. There is
 * no text for NULL and for a layer whose text would be longer than 1 MiB. */
struct raw layers_dhcpv4(const struct Layers__DHCPv4 *, struct arena *);
struct raw layers_dns(const struct Layers__DNS *, struct arena *);
struct raw layers_vrrpv2(const struct Layers__VRRPv2 *, struct arena *);

#endif
