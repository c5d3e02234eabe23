/* SPDX-License-Identifier: Apache-2.0 */
/* encode_layers.h - application layers from JSON to protobuf: what layers.h does, in the
 * other direction, from the spelling of any analyzer.
 */
#ifndef FLOW_ENCODE_LAYERS_H
#define FLOW_ENCODE_LAYERS_H

#include "base/buf.h"
#include "format/shape.h"

struct layer_schema;

extern const struct layer_schema layer_dhcpv4, layer_dns, layer_vrrpv2;

/* Appends the text of a layer as a message of that field number. Members that the schema
 * does not know are left out. false: the schema cannot hold it, a member has another
 * type; then nothing is appended. Errors are the buffer's, and out of memory is one. */
bool encode_layer(const struct layer_schema *, unsigned number, struct raw, struct buf *);

#endif
