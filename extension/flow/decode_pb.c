/* SPDX-License-Identifier: Apache-2.0 */
/* decode_pb.c - see decode.h.
 *
 * protobuf-c unpacks a list of flows into the batch's arena, so strings need no second
 * copy. What it makes of a flow is larger than the flow: one that comes alone is unpacked
 * on the stack, and its strings are copied.
 */
#include <errno.h>
#include <stdalign.h>
#include "flow/decode.h"
#include "flow/layers.h"
#include "flow.pb-c.h"

static void *arena_take(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void arena_keep(void *arena, void *pointer)
{
	(void)arena;
	(void)pointer;
}

/* Where a flow goes. */
struct target {
	struct arena *arena;
	bool keeps_strings; /* what they are in goes away */
};

static struct str text_of(const char *text, const struct target *to)
{
	return to->keeps_strings ? arena_str(to->arena, str_of(text)) : str_of(text);
}

static struct flow_layer *layer_of(const Flow__FlowLayer *from, const struct target *to)
{
	struct flow_layer *layer = from ? arena_alloc(to->arena, sizeof(*layer)) : NULL;

	if (layer)
		*layer = (struct flow_layer){
			.protocol = from->protocol,
			.a = text_of(from->a, to),
			.b = text_of(from->b, to),
			.id = from->id,
		};
	return layer;
}

static struct flow_transport *transport_of(const Flow__TransportLayer *from,
					   struct arena *arena)
{
	struct flow_transport *transport;

	transport = from ? arena_alloc(arena, sizeof(*transport)) : NULL;
	if (transport)
		*transport = (struct flow_transport){
			.protocol = from->protocol,
			.a = from->a,
			.b = from->b,
			.id = from->id,
		};
	return transport;
}

static struct flow_icmp *icmp_of(const Flow__ICMPLayer *from, struct arena *arena)
{
	struct flow_icmp *icmp = from ? arena_alloc(arena, sizeof(*icmp)) : NULL;

	if (icmp)
		*icmp = (struct flow_icmp){ from->type, from->code, from->id };
	return icmp;
}

static struct flow_metric *metric_of(const Flow__FlowMetric *from, struct arena *arena)
{
	struct flow_metric *metric = from ? arena_alloc(arena, sizeof(*metric)) : NULL;

	if (metric)
		*metric = (struct flow_metric){
			.ab_packets = from->abpackets,
			.ab_bytes = from->abbytes,
			.ba_packets = from->bapackets,
			.ba_bytes = from->babytes,
			.start = from->start,
			.last = from->last,
			.rtt = from->rtt,
		};
	return metric;
}

static struct flow_ip_metric *ip_metric_of(const Flow__IPMetric *from,
					   struct arena *arena)
{
	struct flow_ip_metric *metric = from ? arena_alloc(arena, sizeof(*metric)) : NULL;

	if (metric)
		*metric = (struct flow_ip_metric){ from->fragments,
						   from->fragmenterrors };
	return metric;
}

static struct flow_tcp_metric *tcp_metric_of(const Flow__TCPMetric *from,
					     struct arena *arena)
{
	struct flow_tcp_metric *m = from ? arena_alloc(arena, sizeof(*m)) : NULL;

	if (m)
		*m = (struct flow_tcp_metric){
			.ab_syn_start = from->absynstart,
			.ba_syn_start = from->basynstart,
			.ab_syn_ttl = from->absynttl,
			.ba_syn_ttl = from->basynttl,
			.ab_fin_start = from->abfinstart,
			.ba_fin_start = from->bafinstart,
			.ab_rst_start = from->abrststart,
			.ba_rst_start = from->barststart,
			.ab_segment_out_of_order = from->absegmentoutoforder,
			.ab_segment_skipped = from->absegmentskipped,
			.ab_segment_skipped_bytes = from->absegmentskippedbytes,
			.ab_packets = from->abpackets,
			.ab_bytes = from->abbytes,
			.ab_saw_start = from->absawstart,
			.ab_saw_end = from->absawend,
			.ba_segment_out_of_order = from->basegmentoutoforder,
			.ba_segment_skipped = from->basegmentskipped,
			.ba_segment_skipped_bytes = from->basegmentskippedbytes,
			.ba_packets = from->bapackets,
			.ba_bytes = from->babytes,
			.ba_saw_start = from->basawstart,
			.ba_saw_end = from->basawend,
		};
	return m;
}

static void decode_pb_fill(struct flow *flow, const Flow__Flow *from,
			   const struct target *to)
{
	struct arena *arena = to->arena;

	*flow = (struct flow){
		.uuid = text_of(from->uuid, to),
		.layers_path = text_of(from->layerspath, to),
		.application = text_of(from->application, to),
		.link = layer_of(from->link, to),
		.network = layer_of(from->network, to),
		.transport = transport_of(from->transport, arena),
		.icmp = icmp_of(from->icmp, arena),
		.dhcpv4 = layers_dhcpv4(from->dhcpv4, arena),
		.dns = layers_dns(from->dns, arena),
		.vrrpv2 = layers_vrrpv2(from->vrrpv2, arena),
		.last_update = metric_of(from->lastupdatemetric, arena),
		.metric = metric_of(from->metric, arena),
		.tcp_metric = tcp_metric_of(from->tcpmetric, arena),
		.ip_metric = ip_metric_of(from->ipmetric, arena),
		.start = from->start,
		.last = from->last,
		.tracking_id = text_of(from->trackingid, to),
		.l3_tracking_id = text_of(from->l3trackingid, to),
		.parent_uuid = text_of(from->parentuuid, to),
		.node_tid = text_of(from->nodetid, to),
		.capture_id = text_of(from->captureid, to),
		.raw_packets_captured = from->rawpacketscaptured,
		.finish_type = from->finishtype,
	};
}

/* A layer that is there and has no text was too long. */
static size_t count_long(const struct flow *flow, const Flow__Flow *from)
{
	return (size_t)(from->dhcpv4 && !flow->dhcpv4.text.len) +
	       (size_t)(from->dns && !flow->dns.text.len) +
	       (size_t)(from->vrrpv2 && !flow->vrrpv2.text.len);
}

/* false: there is no room for it. */
static bool decode_pb_one(const Flow__Flow *from, bool keeps_strings, struct batch *batch)
{
	const struct target to = { &batch->arena, keeps_strings };
	struct flow *flow = batch_add(batch);

	if (!flow)
		return false;
	decode_pb_fill(flow, from, &to);
	/* A flow without some of its layers would be another flow. */
	if (arena_error(&batch->arena)) {
		batch_drop_last(batch);
		return false;
	}
	batch->long_layers += count_long(flow, from);
	return true;
}

static int too_large(struct batch *batch, struct err *err)
{
	batch_close(batch);
	return err_set(err, "flows: too large for the memory of a batch");
}

int decode_pb(struct str bytes, struct batch *batch, struct err *err)
{
	ProtobufCAllocator allocator = { arena_take, arena_keep, &batch->arena };
	Flow__Message *message;
	size_t i;

	message = flow__message__unpack(&allocator, bytes.len,
					(const uint8_t *)(bytes.ptr ? bytes.ptr : ""));
	if (!message && arena_error(&batch->arena))
		return too_large(batch, err);
	if (!message)
		return err_set(err, "not a protobuf flow.Message of %zu bytes",
			       bytes.len);
	for (i = 0; i < message->n_flows; i++)
		if (!decode_pb_one(message->flows[i], false, batch))
			break;
	if (i < message->n_flows) {
		batch->bad[BAD_FLOW_MEMORY] += message->n_flows - i;
		batch_close(batch);
	}
	return 0;
}

/* What becomes of one flow: a usual one fits. */
struct unpacked {
	alignas(max_align_t) char bytes[8 * 1024];
	size_t used;
	struct arena more;
};

static void *unpacked_take(void *unpacked, size_t size)
{
	struct unpacked *u = unpacked;
	size_t at = u->used;

	if (size > sizeof(u->bytes) - at)
		return arena_alloc(&u->more, size);
	u->used += (size + alignof(max_align_t) - 1) / alignof(max_align_t) *
		   alignof(max_align_t);
	return u->bytes + at;
}

int decode_pb_flow(struct str bytes, struct batch *batch, struct err *err)
{
	struct unpacked unpacked;
	ProtobufCAllocator allocator = { unpacked_take, arena_keep, &unpacked };
	Flow__Flow *flow;
	int error = 0;

	unpacked.used = 0;
	unpacked.more = (struct arena)ARENA_INIT(batch->limit);
	flow = flow__flow__unpack(&allocator, bytes.len,
				  (const uint8_t *)(bytes.ptr ? bytes.ptr : ""));
	if (!flow && arena_error(&unpacked.more)) {
		error = too_large(batch, err);
	} else if (!flow) {
		error = err_set(err, "not a protobuf flow.Flow of %zu bytes", bytes.len);
	} else if (!decode_pb_one(flow, true, batch)) {
		batch->bad[BAD_FLOW_MEMORY]++;
		batch_close(batch);
	}
	arena_fini(&unpacked.more);
	return error;
}
