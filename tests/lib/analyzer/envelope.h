/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h - StructMessage, what Skydive puts around everything it sends.
 *
 * JSON form: an object with Namespace, Type, UUID, Status, Format, Obj, in
 * this order, zero values omitted. Protobuf form (proto3): 1 Namespace, 2 Type,
 * 3 UUID strings; 4 Status int64; 5 Format enum (0 JSON, 1 protobuf); 6 Obj
 * bytes. Skydive analyzer: a store is JSON text inside either form, byte for
 * byte the same; only the stats of an OLD analyzer are protobuf in the
 * protobuf form, and their JSON form then says Format 1 all the same.
 */
#ifndef ANALYZER_ENVELOPE_H
#define ANALYZER_ENVELOPE_H

#include "bytes.h"

struct message;

void envelope_add_json(struct bytes *, const struct message *);
void envelope_add_protobuf(struct bytes *, const struct message *);

#endif
