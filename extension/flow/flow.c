/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c - the shapes of flow.h. */
#include "base/prefetch.h"
#include "flow/flow.h"

const char *const flow_protocol_names[] = {
	"ETHERNET", "IPV4", "TCP", "UDP", "SCTP", "IPV6", "ICMPV4", "ICMPV6", NULL,
};

static const char *const icmp_type_names[] = {
	"UNKNOWN",
	"DESTINATION_UNREACHABLE",
	"ECHO",
	"NEIGHBOR",
	"ADDRESS_MASK",
	"INFO",
	"PARAMETER_PROBLEM",
	"REDIRECT",
	"ROUTER",
	"SOURCE_QUENCH",
	"TIME_EXCEEDED",
	"TIMESTAMP",
	"PACKET_TOO_BIG",
	NULL,
};

static const struct shape layer_shape = {
	.name = "FlowLayer",
	.size = sizeof(struct flow_layer),
	.fields =
		(const struct field[]){
			FIELD_ENUM(struct flow_layer, protocol, "Protocol", 0,
				   flow_protocol_names),
			FIELD(struct flow_layer, a, "A", FIELD_OMIT_EMPTY),
			FIELD(struct flow_layer, b, "B", FIELD_OMIT_EMPTY),
			FIELD(struct flow_layer, id, "ID", 0),
			{ 0 },
		},
};

static const struct shape transport_shape = {
	.name = "TransportLayer",
	.size = sizeof(struct flow_transport),
	.fields =
		(const struct field[]){
			FIELD_ENUM(struct flow_transport, protocol, "Protocol", 0,
				   flow_protocol_names),
			FIELD(struct flow_transport, a, "A", 0),
			FIELD(struct flow_transport, b, "B", 0),
			FIELD(struct flow_transport, id, "ID", 0),
			{ 0 },
		},
};

static const struct shape icmp_shape = {
	.name = "ICMPLayer",
	.size = sizeof(struct flow_icmp),
	.fields =
		(const struct field[]){
			FIELD_ENUM(struct flow_icmp, type, "Type", 0, icmp_type_names),
			FIELD(struct flow_icmp, code, "Code", FIELD_OMIT_EMPTY),
			FIELD(struct flow_icmp, id, "ID", FIELD_OMIT_EMPTY),
			{ 0 },
		},
};

const struct shape flow_metric_shape = {
	.name = "FlowMetric",
	.size = sizeof(struct flow_metric),
	.fields =
		(const struct field[]){
			FIELD(struct flow_metric, ab_packets, "ABPackets", 0),
			FIELD(struct flow_metric, ab_bytes, "ABBytes", 0),
			FIELD(struct flow_metric, ba_packets, "BAPackets", 0),
			FIELD(struct flow_metric, ba_bytes, "BABytes", 0),
			FIELD(struct flow_metric, start, "Start", 0),
			FIELD(struct flow_metric, last, "Last", 0),
			FIELD(struct flow_metric, rtt, "RTT", FIELD_OMIT_EMPTY),
			{ 0 },
		},
};

#define TCP(member, key, flags) FIELD(struct flow_tcp_metric, member, key, flags)

static const struct shape tcp_metric_shape = {
	.name = "TCPMetric",
	.size = sizeof(struct flow_tcp_metric),
	.fields =
		(const struct field[]){
			TCP(ab_syn_start, "ABSynStart", 0),
			TCP(ba_syn_start, "BASynStart", 0),
			TCP(ab_syn_ttl, "ABSynTTL", FIELD_OMIT_EMPTY),
			TCP(ba_syn_ttl, "BASynTTL", FIELD_OMIT_EMPTY),
			TCP(ab_fin_start, "ABFinStart", 0),
			TCP(ba_fin_start, "BAFinStart", 0),
			TCP(ab_rst_start, "ABRstStart", 0),
			TCP(ba_rst_start, "BARstStart", 0),
			TCP(ab_segment_out_of_order, "ABSegmentOutOfOrder", 0),
			TCP(ab_segment_skipped, "ABSegmentSkipped", 0),
			TCP(ab_segment_skipped_bytes, "ABSegmentSkippedBytes", 0),
			TCP(ab_packets, "ABPackets", 0),
			TCP(ab_bytes, "ABBytes", 0),
			TCP(ab_saw_start, "ABSawStart", 0),
			TCP(ab_saw_end, "ABSawEnd", 0),
			TCP(ba_segment_out_of_order, "BASegmentOutOfOrder", 0),
			TCP(ba_segment_skipped, "BASegmentSkipped", 0),
			TCP(ba_segment_skipped_bytes, "BASegmentSkippedBytes", 0),
			TCP(ba_packets, "BAPackets", 0),
			TCP(ba_bytes, "BABytes", 0),
			TCP(ba_saw_start, "BASawStart", 0),
			TCP(ba_saw_end, "BASawEnd", 0),
			{ 0 },
		},
};

static const struct shape ip_metric_shape = {
	.name = "IPMetric",
	.size = sizeof(struct flow_ip_metric),
	.fields =
		(const struct field[]){
			FIELD(struct flow_ip_metric, fragments, "Fragments", 0),
			FIELD(struct flow_ip_metric, fragment_errors, "FragmentErrors",
			      0),
			{ 0 },
		},
};

const struct shape flow_shape = {
	.name = "Flow",
	.size = sizeof(struct flow),
	.fields =
		(const struct field[]){
			FIELD(struct flow, uuid, "UUID", FIELD_OMIT_EMPTY),
			FIELD(struct flow, layers_path, "LayersPath", FIELD_OMIT_EMPTY),
			FIELD(struct flow, application, "Application", FIELD_OMIT_EMPTY),
			FIELD_OBJECT(struct flow, link, "Link", FIELD_OMIT_EMPTY,
				     &layer_shape),
			FIELD_OBJECT(struct flow, network, "Network", FIELD_OMIT_EMPTY,
				     &layer_shape),
			FIELD_OBJECT(struct flow, transport, "Transport",
				     FIELD_OMIT_EMPTY, &transport_shape),
			FIELD_OBJECT(struct flow, icmp, "ICMP", FIELD_OMIT_EMPTY,
				     &icmp_shape),
			FIELD(struct flow, dhcpv4, "DHCPv4", FIELD_OMIT_EMPTY),
			FIELD(struct flow, dns, "DNS", FIELD_OMIT_EMPTY),
			FIELD(struct flow, vrrpv2, "VRRPv2", FIELD_OMIT_EMPTY),
			FIELD_OBJECT(struct flow, last_update, "LastUpdateMetric",
				     FIELD_OMIT_EMPTY, &flow_metric_shape),
			FIELD_OBJECT(struct flow, metric, "Metric", FIELD_OMIT_EMPTY,
				     &flow_metric_shape),
			FIELD_OBJECT(struct flow, tcp_metric, "TCPMetric",
				     FIELD_OMIT_EMPTY, &tcp_metric_shape),
			FIELD_OBJECT(struct flow, ip_metric, "IPMetric", FIELD_OMIT_EMPTY,
				     &ip_metric_shape),
			FIELD(struct flow, start, "Start", 0),
			FIELD(struct flow, last, "Last", 0),
			FIELD(struct flow, tracking_id, "TrackingID", FIELD_OMIT_EMPTY),
			FIELD(struct flow, l3_tracking_id, "L3TrackingID",
			      FIELD_OMIT_EMPTY),
			FIELD(struct flow, parent_uuid, "ParentUUID", 0),
			FIELD(struct flow, node_tid, "NodeTID", FIELD_OMIT_EMPTY),
			FIELD(struct flow, capture_id, "CaptureID", FIELD_OMIT_EMPTY),
			FIELD(struct flow, raw_packets_captured, "RawPacketsCaptured", 0),
			FIELD(struct flow, finish_type, "FinishType", FIELD_OMIT_EMPTY),
			{ 0 },
		},
};

/* The text of a flow is behind its first string, its layers and metrics are behind
 * the first of them: they were decoded one after the other. */
void flow_prefetch(const struct flow *flow)
{
	prefetch(flow->uuid.ptr, 512);
	prefetch(flow->link, 512);
}
