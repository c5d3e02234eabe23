/* SPDX-License-Identifier: Apache-2.0 */
/* encode_pb.c - see encode_pb.h. */
#include "flow/encode_layers.h"
#include "flow/encode_pb.h"
#include "flow/pb_write.h"

enum pb_kind {
	PB_STR = 1,
	PB_I64,
	PB_INT,
	PB_U32,
	PB_I32, /* of an int64_t */
	PB_MESSAGE,
};

struct pb_field {
	unsigned number; /* 0: the end */
	enum pb_kind kind;
	size_t offset;
	const struct pb_field *inside; /* MESSAGE */
};

/* clang-format off */
#define PB_KIND_OF(lvalue)                                                               \
	_Generic((lvalue), struct str : PB_STR, int64_t : PB_I64, int : PB_INT,          \
		 uint32_t : PB_U32)
/* clang-format on */
#define PB(type, member, field)                                                          \
	{                                                                                \
		.number = (field), .kind = PB_KIND_OF(((type *)0)->member),              \
		.offset = offsetof(type, member)                                         \
	}
#define PB_INSIDE(member, field, of)                                                     \
	{                                                                                \
		.number = (field), .kind = PB_MESSAGE,                                   \
		.offset = offsetof(struct flow, member), .inside = (of)                  \
	}

static const struct pb_field pb_layer[] = {
	PB(struct flow_layer, protocol, 1),
	PB(struct flow_layer, a, 3),
	PB(struct flow_layer, b, 4),
	PB(struct flow_layer, id, 5),
	{ 0 },
};

static const struct pb_field pb_transport[] = {
	PB(struct flow_transport, protocol, 1),
	PB(struct flow_transport, a, 2),
	PB(struct flow_transport, b, 3),
	PB(struct flow_transport, id, 4),
	{ 0 },
};

static const struct pb_field pb_icmp[] = {
	PB(struct flow_icmp, type, 1),
	PB(struct flow_icmp, code, 2),
	PB(struct flow_icmp, id, 3),
	{ 0 },
};

static const struct pb_field pb_metric[] = {
	PB(struct flow_metric, ab_packets, 2), PB(struct flow_metric, ab_bytes, 3),
	PB(struct flow_metric, ba_packets, 4), PB(struct flow_metric, ba_bytes, 5),
	PB(struct flow_metric, start, 6),      PB(struct flow_metric, last, 7),
	PB(struct flow_metric, rtt, 8),	       { 0 },
};

static const struct pb_field pb_ip_metric[] = {
	PB(struct flow_ip_metric, fragments, 1),
	PB(struct flow_ip_metric, fragment_errors, 2),
	{ 0 },
};

static const struct pb_field pb_tcp_metric[] = {
	PB(struct flow_tcp_metric, ab_syn_start, 1),
	PB(struct flow_tcp_metric, ba_syn_start, 2),
	PB(struct flow_tcp_metric, ab_syn_ttl, 3),
	PB(struct flow_tcp_metric, ba_syn_ttl, 4),
	PB(struct flow_tcp_metric, ab_fin_start, 5),
	PB(struct flow_tcp_metric, ba_fin_start, 6),
	PB(struct flow_tcp_metric, ab_rst_start, 7),
	PB(struct flow_tcp_metric, ba_rst_start, 8),
	PB(struct flow_tcp_metric, ab_segment_out_of_order, 9),
	PB(struct flow_tcp_metric, ab_segment_skipped, 10),
	PB(struct flow_tcp_metric, ab_segment_skipped_bytes, 11),
	PB(struct flow_tcp_metric, ab_packets, 12),
	PB(struct flow_tcp_metric, ab_bytes, 13),
	PB(struct flow_tcp_metric, ab_saw_start, 14),
	PB(struct flow_tcp_metric, ab_saw_end, 15),
	PB(struct flow_tcp_metric, ba_segment_out_of_order, 16),
	PB(struct flow_tcp_metric, ba_segment_skipped, 17),
	PB(struct flow_tcp_metric, ba_segment_skipped_bytes, 18),
	PB(struct flow_tcp_metric, ba_packets, 19),
	PB(struct flow_tcp_metric, ba_bytes, 20),
	PB(struct flow_tcp_metric, ba_saw_start, 21),
	PB(struct flow_tcp_metric, ba_saw_end, 22),
	{ 0 },
};

static const struct pb_field pb_flow[] = {
	PB(struct flow, uuid, 1),
	PB(struct flow, layers_path, 2),
	PB(struct flow, application, 3),
	PB(struct flow, parent_uuid, 6),
	PB(struct flow, start, 10),
	PB(struct flow, last, 11),
	PB_INSIDE(link, 20, pb_layer),
	PB_INSIDE(network, 21, pb_layer),
	PB_INSIDE(transport, 22, pb_transport),
	PB_INSIDE(icmp, 23, pb_icmp),
	PB_INSIDE(last_update, 31, pb_metric),
	PB_INSIDE(metric, 32, pb_metric),
	PB(struct flow, node_tid, 33),
	PB(struct flow, capture_id, 34),
	PB(struct flow, raw_packets_captured, 37),
	PB_INSIDE(tcp_metric, 38, pb_tcp_metric),
	PB_INSIDE(ip_metric, 39, pb_ip_metric),
	PB(struct flow, tracking_id, 50),
	PB(struct flow, l3_tracking_id, 51),
	{ .number = 60, .kind = PB_I32, .offset = offsetof(struct flow, finish_type) },
	{ 0 },
};

/* What the fields of a record take at most, layers of applications aside. */
static size_t room_of(const struct pb_field *field, const void *record)
{
	size_t room = 0;

	for (; field->number; field++) {
		const void *value = (const char *)record + field->offset;

		if (field->kind == PB_STR)
			room += PB_TEXT_MAX(((const struct str *)value)->len);
		else if (field->kind != PB_MESSAGE)
			room += PB_NUMBER_MAX;
		else if (*(void *const *)value)
			room += PB_HEAD_MAX + PB_VARINT_MAX +
				room_of(field->inside, *(void *const *)value);
	}
	return room;
}

/* Negative numbers of all types have 64 bits on the wire. */
static uint64_t number_of(const struct pb_field *field, const void *value)
{
	int64_t wide;

	if (field->kind == PB_U32)
		return *(const uint32_t *)value;
	if (field->kind == PB_INT)
		return (uint64_t)(int64_t) * (const int *)value;
	wide = *(const int64_t *)value;
	/* Readers would see the lower half of it: another one. */
	if (field->kind == PB_I32 && (wide < INT32_MIN || wide > INT32_MAX))
		return 0;
	return (uint64_t)wide;
}

static char *write_fields(char *to, const struct pb_field *field, const void *record);

static char *write_message(char *to, const struct pb_field *field, const void *record)
{
	char *begun = pb_write_tag(to, field->number, PB_BYTES) + 1;

	return pb_write_length(begun, write_fields(begun, field->inside, record));
}

/* There is room for it. */
static char *write_fields(char *to, const struct pb_field *field, const void *record)
{
	for (; field->number; field++) {
		const void *value = (const char *)record + field->offset;
		const struct str *text = value;
		uint64_t number;

		if (field->kind == PB_STR) {
			if (text->len)
				to = pb_write_text(to, field->number, *text);
		} else if (field->kind == PB_MESSAGE) {
			if (*(void *const *)value)
				to = write_message(to, field, *(void *const *)value);
		} else {
			number = number_of(field, value);
			if (!number)
				continue;
			to = pb_write_tag(to, field->number, PB_VARINT);
			to = pb_write_varint(to, number);
		}
	}
	return to;
}

/* Whether it had to be left out. */
static bool is_lost(const struct layer_schema *schema, unsigned number, struct raw layer,
		    struct buf *b)
{
	return layer.text.len && !encode_layer(schema, number, layer, b);
}

/* The layers have the highest numbers, so they come last. */
size_t encode_pb(const struct flow *flow, struct buf *b)
{
	char *room = buf_room(b, room_of(pb_flow, flow));
	size_t lost = 0;

	if (!room)
		return 0;
	buf_added(b, (size_t)(write_fields(room, pb_flow, flow) - room));
	lost += is_lost(&layer_dhcpv4, 1000, flow->dhcpv4, b);
	lost += is_lost(&layer_dns, 1001, flow->dns, b);
	lost += is_lost(&layer_vrrpv2, 1002, flow->vrrpv2, b);
	return lost;
}
