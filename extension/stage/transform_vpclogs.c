/* SPDX-License-Identifier: Apache-2.0 */
/* transform_vpclogs.c - a flow as a record of IBM Cloud's VPC flow logs.
 *
 * A flow without TCPMetric (all UDP, and TCP unless the capture asks for it)
 * counts as one that was not terminated. The record needs ports, addresses and
 * both metrics: ARP and ICMP are left out.
 */
#include "stage/registry.h"
#include "stage/vpclogs.h"

#define VPC(member, flags) FIELD(struct vpclogs, member, #member, flags)
#define EMPTY		   FIELD_OMIT_EMPTY

const struct shape vpclogs_shape = {
	.name = "vpclogs",
	.size = sizeof(struct vpclogs),
	.fields =
		(const struct field[]){
			VPC(start_time, EMPTY),
			VPC(end_time, EMPTY),
			VPC(connection_start_time, EMPTY),
			VPC(direction, EMPTY),
			VPC(action, EMPTY),
			VPC(initiator_ip, EMPTY),
			VPC(target_ip, EMPTY),
			VPC(initiator_port, EMPTY),
			VPC(target_port, EMPTY),
			VPC(transport_protocol, EMPTY),
			VPC(ether_type, EMPTY),
			VPC(was_initiated, 0),
			VPC(was_terminated, 0),
			VPC(cumulative_bytes_from_initiator, EMPTY),
			VPC(cumulative_packets_from_initiator, EMPTY),
			VPC(cumulative_bytes_from_target, EMPTY),
			VPC(cumulative_packets_from_target, EMPTY),
			VPC(bytes_from_initiator, EMPTY),
			VPC(packets_from_initiator, EMPTY),
			VPC(bytes_from_target, EMPTY),
			VPC(packets_from_target, EMPTY),
			{ 0 },
		},
};

enum { IANA_TCP = 6, IANA_UDP = 17 };

static int64_t iana_protocol(int protocol)
{
	if (protocol == PROTOCOL_TCP)
		return IANA_TCP;
	return protocol == PROTOCOL_UDP ? IANA_UDP : 0;
}

static bool was_terminated(const struct flow_tcp_metric *tcp)
{
	return tcp && (tcp->ab_fin_start || tcp->ba_fin_start || tcp->ab_rst_start ||
		       tcp->ba_rst_start);
}

static enum verdict vpclogs_make(void *state, const struct flow *flow, struct now now,
				 void *out)
{
	const struct flow_metric *all = flow->metric, *delta = flow->last_update;
	struct vpclogs *record = out;

	(void)state;
	(void)now;
	if (!flow->transport)
		return DROP_NO_TRANSPORT;
	if (!flow->network)
		return DROP_NO_NETWORK;
	if (!all || !delta)
		return DROP_NO_METRIC;
	record->flow = flow;
	record->start_time = time_text_rfc3339(record->start_text, delta->start / 1000);
	record->end_time = time_text_rfc3339(record->end_text, delta->last / 1000);
	record->connection_start_time = time_text_rfc3339(record->connection_start_text,
							  all->start / 1000);
	record->initiator_ip = flow->network->a;
	record->target_ip = flow->network->b;
	record->initiator_port = flow->transport->a;
	record->target_port = flow->transport->b;
	record->transport_protocol = iana_protocol(flow->transport->protocol);
	record->ether_type = STR("IPv4"); /* for IPv6 too, as the original */
	record->was_initiated = all->ab_bytes == delta->ab_bytes ||
				all->ba_bytes == delta->ba_bytes;
	record->was_terminated = was_terminated(flow->tcp_metric);
	record->cumulative_bytes_from_initiator = all->ab_bytes;
	record->cumulative_packets_from_initiator = all->ab_packets;
	record->cumulative_bytes_from_target = all->ba_bytes;
	record->cumulative_packets_from_target = all->ba_packets;
	record->bytes_from_initiator = delta->ab_bytes;
	record->packets_from_initiator = delta->ab_packets;
	record->bytes_from_target = delta->ba_bytes;
	record->packets_from_target = delta->ba_packets;
	return KEEP;
}

/* The first address of the capture's node that is one of the flow's tells the
 * direction. Bridge-side interfaces have no address: then it stays unknown. */
static enum found vpclogs_enrich(void *state, const struct flow *flow,
				 struct queries *queries, void *out)
{
	struct vpclogs *record = out;
	const struct answer *nodes;
	size_t i;

	(void)state;
	if (flow->node_tid.len == 0)
		return ABSENT;
	nodes = query(queries, "G.V().Has(\"TID\", ?)", flow->node_tid);
	if (!nodes)
		return PENDING;
	for (i = 0; nodes->count && i < nodes->node[0].ipv4.count; i++) {
		struct str address = str_until(nodes->node[0].ipv4.item[i], '/');

		if (str_equal(address, record->initiator_ip))
			record->direction = STR("outbound");
		else if (str_equal(address, record->target_ip))
			record->direction = STR("inbound");
		else
			continue;
		return FOUND;
	}
	return ABSENT;
}

const struct transform transform_vpclogs = {
	.stage = { .name = "vpclogs" },
	.record = &vpclogs_shape,
	.make = vpclogs_make,
	.enrich = vpclogs_enrich,
};
