/* SPDX-License-Identifier: Apache-2.0 */
/* awsflowlogs.c - see awsflowlogs.h.
 *
 * Outside facts: Amazon VPC User Guide, "Flow log records" (fields, versions,
 * types, flags) and "Flow log limitations" (what is not logged); IANA's list of
 * protocol numbers. The Go exporter's record: skydive-flow-exporter of
 * 2021-09-15, whose headings srcadr and pkt-srcadr are kept as they are.
 */
#include "stage/awsflowlogs.h"

#define GO(member, key, heading)                                                         \
	FIELD_COLUMN(struct aws_exporter, member, key, 0, heading)

#define GO_VERSION_2                                                                     \
	GO(version, "Version", "version"), GO(account_id, "AccountID", "account-id"),    \
		GO(interface_id, "InterfaceID", "interface-id"),                         \
		GO(src_addr, "SrcAddr", "srcadr"), GO(dst_addr, "DstAddr", "dstaddr"),   \
		GO(src_port, "SrcPort", "srcport"), GO(dst_port, "DstPort", "dstport"),  \
		GO(protocol, "Protocol", "protocol"), GO(packets, "Packets", "packets"), \
		GO(bytes, "Bytes", "bytes"), GO(start, "Start", "start"),                \
		GO(end, "End", "end"), GO(action, "Action", "action"),                   \
		GO(log_status, "LogStatus", "log-status")

const struct shape aws_exporter_2 = {
	.name = "awsflowlogs",
	.size = sizeof(struct aws_exporter),
	.fields = (const struct field[]){ GO_VERSION_2, { 0 } },
};

const struct shape aws_exporter_3 = {
	.name = "awsflowlogs",
	.size = sizeof(struct aws_exporter),
	.fields =
		(const struct field[]){
			GO_VERSION_2,
			GO(vpc_id, "VpcID", "vpc-id"),
			GO(subnet_id, "SubnetID", "subnet-id"),
			GO(instance_id, "InstanceID", "instance-id"),
			GO(tcp_flags, "TCPFlags", "tcp-flags"),
			GO(type, "Type", "type"),
			GO(pkt_src_addr, "PktSrcAddr", "pkt-srcadr"),
			GO(pkt_dst_addr, "PktDstAddr", "pkt-dstaddr"),
			{ 0 },
		},
};

#define NUMBER(member, key, version)                                                     \
	{                                                                                \
		FIELD(struct aws_record, member, key, FIELD_OMIT_NEGATIVE), version      \
	}
#define TEXT(member, key, version)                                                       \
	{                                                                                \
		FIELD(struct aws_record, member, key, FIELD_OMIT_EMPTY), version         \
	}

const struct aws_field aws_fields[] = {
	NUMBER(version, "version", 2),
	TEXT(account_id, "account-id", 2),
	TEXT(interface_id, "interface-id", 2),
	TEXT(srcaddr, "srcaddr", 2),
	TEXT(dstaddr, "dstaddr", 2),
	NUMBER(srcport, "srcport", 2),
	NUMBER(dstport, "dstport", 2),
	NUMBER(protocol, "protocol", 2),
	NUMBER(packets, "packets", 2),
	NUMBER(bytes, "bytes", 2),
	NUMBER(start, "start", 2),
	NUMBER(end, "end", 2),
	TEXT(action, "action", 2),
	TEXT(log_status, "log-status", 2),
	TEXT(vpc_id, "vpc-id", 3),
	TEXT(subnet_id, "subnet-id", 3),
	TEXT(instance_id, "instance-id", 3),
	NUMBER(tcp_flags, "tcp-flags", 3),
	TEXT(type, "type", 3),
	TEXT(srcaddr, "pkt-srcaddr", 3),
	TEXT(dstaddr, "pkt-dstaddr", 3),
	TEXT(region, "region", 4),
	TEXT(az_id, "az-id", 4),
	TEXT(unknown, "sublocation-type", 4),
	TEXT(unknown, "sublocation-id", 4),
	TEXT(unknown, "pkt-src-aws-service", 5),
	TEXT(unknown, "pkt-dst-aws-service", 5),
	TEXT(flow_direction, "flow-direction", 5),
	TEXT(unknown, "traffic-path", 5),
	TEXT(unknown, "ecs-cluster-arn", 7),
	TEXT(unknown, "ecs-cluster-name", 7),
	TEXT(unknown, "ecs-container-instance-arn", 7),
	TEXT(unknown, "ecs-container-instance-id", 7),
	TEXT(unknown, "ecs-container-id", 7),
	TEXT(unknown, "ecs-second-container-id", 7),
	TEXT(unknown, "ecs-service-name", 7),
	TEXT(unknown, "ecs-task-definition-arn", 7),
	TEXT(unknown, "ecs-task-arn", 7),
	TEXT(unknown, "ecs-task-id", 7),
	TEXT(unknown, "reject-reason", 8),
	{ { 0 }, 0 },
};

const struct aws_field *aws_field_find(struct str name)
{
	const struct aws_field *field;

	for (field = aws_fields; field->field.name; field++)
		if (str_is(name, field->field.name))
			return field;
	return NULL;
}

/* Whether one of the layers has that name. */
static bool has_layer(const struct flow *flow, struct str layer)
{
	struct str rest = flow->layers_path;

	while (rest.len) {
		struct str part = str_until(rest, '/');

		if (str_equal(part, layer))
			return true;
		rest = str_skip(rest, part.len + 1);
	}
	return false;
}

static int64_t protocol_of_layers(const struct flow *flow)
{
	static const struct {
		struct str layer;
		int64_t number;
	} layers[] = {
		{ { "ICMPv4", 6 }, 1 }, { { "ICMPv6", 6 }, 58 }, { { "TCP", 3 }, 6 },
		{ { "UDP", 3 }, 17 },	{ { "SCTP", 4 }, 132 },	 { { "GRE", 3 }, 47 },
		{ { "VRRP", 4 }, 112 }, { { "IGMP", 4 }, 2 },	 { { "OSPF", 4 }, 89 },
	};
	size_t i;

	for (i = 0; i < sizeof(layers) / sizeof(*layers); i++)
		if (has_layer(flow, layers[i].layer))
			return layers[i].number;
	return -1;
}

int64_t aws_protocol(const struct flow *flow)
{
	switch (flow->transport ? flow->transport->protocol : -1) {
	case PROTOCOL_TCP:
		return 6;
	case PROTOCOL_UDP:
		return 17;
	case PROTOCOL_SCTP:
		return 132;
	default:
		return protocol_of_layers(flow);
	}
}

struct str aws_type(const struct flow *flow)
{
	if (flow->network && flow->network->protocol == PROTOCOL_IPV4)
		return STR("IPv4");
	if (flow->network && flow->network->protocol == PROTOCOL_IPV6)
		return STR("IPv6");
	return STR("");
}

bool aws_is_silent(struct str address)
{
	if (str_starts(address, STR("169.254.169.")))
		return str_is(str_skip(address, 12), "254") || /* metadata */
		       str_is(str_skip(address, 12), "123");   /* time */
	return str_starts(address, STR("fd00:ec2::")) &&
	       (str_is(str_skip(address, 10), "254") ||
		str_is(str_skip(address, 10), "123"));
}

int64_t aws_tcp_flags(const struct flow *flow, unsigned events, bool is_reverse)
{
	unsigned syn = is_reverse ? DELTA_BA_SYN : DELTA_AB_SYN;
	unsigned fin = is_reverse ? DELTA_BA_FIN : DELTA_AB_FIN;
	unsigned rst = is_reverse ? DELTA_BA_RST : DELTA_AB_RST;
	int64_t flags = 0;

	if (!flow->transport || flow->transport->protocol != PROTOCOL_TCP)
		return 0;
	if (!flow->tcp_metric)
		return -1;
	/* Who did not begin answers with SYN and ACK. */
	if (events & syn)
		flags |= is_reverse ? 18 : 2;
	flags |= events & fin ? 1 : 0;
	flags |= events & rst ? 4 : 0;
	return flags;
}
