/* SPDX-License-Identifier: Apache-2.0 */
/* decode_pb.c - see decode.h.
 *
 * protobuf-c unpacks into the batch's arena, so strings need no second copy.
 */
#include <errno.h>
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

static struct flow_layer *layer_of(const Flow__FlowLayer *from, struct arena *arena)
{
	struct flow_layer *layer = from ? arena_alloc(arena, sizeof(*layer)) : NULL;

	if (layer)
		*layer = (struct flow_layer){
			.protocol = from->protocol,
			.a = str_of(from->a),
			.b = str_of(from->b),
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

static void decode_pb_fill(struct flow *flow, const Flow__Flow *from, struct arena *arena)
{
	*flow = (struct flow){
		.uuid = str_of(from->uuid),
		.layers_path = str_of(from->layerspath),
		.application = str_of(from->application),
		.link = layer_of(from->link, arena),
		.network = layer_of(from->network, arena),
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
		.tracking_id = str_of(from->trackingid),
		.l3_tracking_id = str_of(from->l3trackingid),
		.parent_uuid = str_of(from->parentuuid),
		.node_tid = str_of(from->nodetid),
		.capture_id = str_of(from->captureid),
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
static bool decode_pb_one(const Flow__Flow *from, struct batch *batch)
{
	struct flow *flow = batch_add(batch);

	if (!flow)
		return false;
	decode_pb_fill(flow, from, &batch->arena);
	/* A flow without some of its layers would be another flow. */
	if (arena_error(&batch->arena)) {
		batch_drop_last(batch);
		return false;
	}
	batch->long_layers += count_long(flow, from);
	return true;
}

int decode_pb(struct str bytes, struct batch *batch, struct err *err)
{
	ProtobufCAllocator allocator = { arena_take, arena_keep, &batch->arena };
	Flow__Message *message;
	size_t i;

	message = flow__message__unpack(&allocator, bytes.len,
					(const uint8_t *)(bytes.ptr ? bytes.ptr : ""));
	if (!message && arena_error(&batch->arena)) {
		batch_close(batch);
		return err_set(err, "flows: too large for the memory of a batch");
	}
	if (!message)
		return err_set(err, "not a protobuf flow.Message of %zu bytes",
			       bytes.len);
	for (i = 0; i < message->n_flows; i++)
		if (!decode_pb_one(message->flows[i], batch))
			break;
	if (i < message->n_flows) {
		batch->bad[BAD_FLOW_MEMORY] += message->n_flows - i;
		batch_close(batch);
	}
	return 0;
}
