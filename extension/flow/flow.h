/* SPDX-License-Identifier: Apache-2.0 */
/* flow.h - one flow, as Skydive reports it.
 *
 * A flow is read-only once its batch is decoded: every tenant reads the same
 * one, from its own thread. Strings point into the batch. A layer or metric
 * that a flow does not have is NULL: ARP has no network, ICMP no transport,
 * TCPMetric is there only for captures that ask for it.
 *
 * Members, their order in JSON and what is left out when empty: Skydive's
 * flow.proto and its JSON marshallers, v0.26 to master of 2024-07. DHCPv4, DNS
 * and VRRPv2 are kept as text, because they only pass through; their spelling
 * changed between those versions, and text keeps the one that was received.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "format/shape.h"

enum flow_protocol {
	PROTOCOL_ETHERNET,
	PROTOCOL_IPV4,
	PROTOCOL_TCP,
	PROTOCOL_UDP,
	PROTOCOL_SCTP,
	PROTOCOL_IPV6,
	PROTOCOL_ICMPV4,
	PROTOCOL_ICMPV6,
};

enum flow_finish {
	FINISH_NOT,
	FINISH_TIMEOUT,
	FINISH_TCP_FIN,
	FINISH_TCP_RST,
};

struct flow_layer {
	int protocol; /* enum flow_protocol, or a number without name */
	struct str a, b;
	int64_t id; /* link: VLAN ids; network: VNI or GRE key */
};

struct flow_transport {
	int protocol;
	int64_t a, b; /* ports */
	int64_t id;
};

struct flow_icmp {
	int type;
	uint32_t code, id;
};

struct flow_metric {
	int64_t ab_packets, ab_bytes, ba_packets, ba_bytes;
	int64_t start, last; /* Unix ms */
	int64_t rtt;	     /* ns */
};

struct flow_tcp_metric {
	int64_t ab_syn_start, ba_syn_start; /* Unix ms, 0: not seen */
	uint32_t ab_syn_ttl, ba_syn_ttl;
	int64_t ab_fin_start, ba_fin_start, ab_rst_start, ba_rst_start;
	int64_t ab_segment_out_of_order, ab_segment_skipped, ab_segment_skipped_bytes;
	int64_t ab_packets, ab_bytes, ab_saw_start, ab_saw_end;
	int64_t ba_segment_out_of_order, ba_segment_skipped, ba_segment_skipped_bytes;
	int64_t ba_packets, ba_bytes, ba_saw_start, ba_saw_end;
};

struct flow_ip_metric {
	int64_t fragments, fragment_errors;
};

struct flow {
	struct str uuid, layers_path, application;
	struct flow_layer *link, *network;
	struct flow_transport *transport;
	struct flow_icmp *icmp;
	struct raw dhcpv4, dns, vrrpv2;
	struct flow_metric *last_update; /* since the previous report */
	struct flow_metric *metric;	 /* since the flow began */
	struct flow_tcp_metric *tcp_metric;
	struct flow_ip_metric *ip_metric;
	int64_t start, last; /* Unix ms */
	struct str tracking_id, l3_tracking_id, parent_uuid;
	struct str node_tid, capture_id;
	int64_t raw_packets_captured;
	int64_t finish_type; /* enum flow_finish */
};

/* Prefetches what a pipeline reads of a flow, which was decoded on another core.
 * Without it a third of the time of a row is spent waiting for memory. */
void flow_prefetch(const struct flow *);

extern const char *const flow_protocol_names[]; /* NULL-terminated */

extern const struct shape flow_shape;
extern const struct shape flow_metric_shape;

#endif
