/* SPDX-License-Identifier: Apache-2.0 */
/* encode_protobuf.c - each flow as Skydive's message flow.Flow, for who takes records one
 * by one. */
#include "flow/encode_pb.h"
#include "stage/registry.h"

static size_t protobuf_row(const void *state, const struct shape *shape,
			   const void *record, bool has_header, struct buf *rows)
{
	(void)state;
	(void)shape;
	(void)has_header;
	return encode_pb(record, rows);
}

const struct encode encode_protobuf = {
	.stage = { .name = "protobuf" },
	.content_type = "application/x-protobuf",
	.record = &flow_shape,
	.labelled_type = LABELLED_PROTOBUF_TYPE,
	.row = protobuf_row,
};
