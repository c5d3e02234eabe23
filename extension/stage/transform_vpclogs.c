/* SPDX-License-Identifier: Apache-2.0 */
/* transform_vpclogs.c - a flow as a record of IBM Cloud's VPC flow logs.
 *
 * A flow without TCPMetric (all UDP, and TCP unless the capture asks for it)
 * counts as one that was not terminated. The record needs ports, addresses and
 * both metrics: ARP and ICMP are left out.
 *
 * dialect exporter is what the Go exporter writes, dialect ibm what IBM
 * documents today: every member always, counters of the window that can be
 * summed up (see delta.h), only TCP and UDP over IPv4.
 */
#include "stage/delta.h"
#include "stage/direction.h"
#include "stage/registry.h"
#include "stage/subnet.h"
#include "stage/vpclogs.h"

enum { DIALECT_EXPORTER, DIALECT_IBM };

static const char *const dialect_names[] = { "exporter", "ibm", NULL };

struct vpclogs_options {
	int dialect;
	int64_t known_flows;
	struct deltas *deltas; /* dialect ibm */
};

static const struct vpclogs_options vpclogs_defaults = { .known_flows = 100000 };

static const struct shape vpclogs_options_shape = {
	.name = "vpclogs",
	.size = sizeof(struct vpclogs_options),
	.fields =
		(const struct field[]){
			OPTION_ENUM(
				struct vpclogs_options, dialect, "dialect", 0,
				dialect_names,
				"exporter: the Go exporter's records; ibm: IBM's own"),
			OPTION_RANGE(struct vpclogs_options, known_flows, "known_flows",
				     0, 1, 100000000,
				     "dialect ibm: flows whose totals are remembered"),
			{ 0 },
		},
	.defaults = &vpclogs_defaults,
};

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

const struct shape vpclogs_ibm_shape = {
	.name = "vpclogs-ibm",
	.size = sizeof(struct vpclogs),
	.fields =
		(const struct field[]){
			VPC(start_time, 0),
			VPC(end_time, 0),
			VPC(connection_start_time, 0),
			VPC(direction, EMPTY),
			VPC(action, 0),
			VPC(initiator_ip, 0),
			VPC(target_ip, 0),
			VPC(initiator_port, 0),
			VPC(target_port, 0),
			VPC(transport_protocol, 0),
			VPC(ether_type, 0),
			VPC(was_initiated, 0),
			VPC(was_terminated, 0),
			VPC(bytes_from_initiator, 0),
			VPC(packets_from_initiator, 0),
			VPC(bytes_from_target, 0),
			VPC(packets_from_target, 0),
			VPC(cumulative_bytes_from_initiator, 0),
			VPC(cumulative_packets_from_initiator, 0),
			VPC(cumulative_bytes_from_target, 0),
			VPC(cumulative_packets_from_target, 0),
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

static void set_times(struct vpclogs *record, int64_t start_ms, int64_t last_ms,
		      int64_t connection_ms)
{
	record->start_time = time_text_rfc3339(record->start_text, start_ms / 1000);
	record->end_time = time_text_rfc3339(record->end_text, last_ms / 1000);
	record->connection_start_time = time_text_rfc3339(record->connection_start_text,
							  connection_ms / 1000);
}

static void set_connection(struct vpclogs *record, const struct flow *flow)
{
	const struct flow_metric *all = flow->metric;

	record->flow = flow;
	record->initiator_ip = flow->network->a;
	record->target_ip = flow->network->b;
	record->initiator_port = flow->transport->a;
	record->target_port = flow->transport->b;
	record->transport_protocol = iana_protocol(flow->transport->protocol);
	record->ether_type = STR("IPv4"); /* for IPv6 too, as the original */
	record->cumulative_bytes_from_initiator = all->ab_bytes;
	record->cumulative_packets_from_initiator = all->ab_packets;
	record->cumulative_bytes_from_target = all->ba_bytes;
	record->cumulative_packets_from_target = all->ba_packets;
}

static void vpclogs_make_exporter(const struct flow *flow, struct vpclogs *record)
{
	const struct flow_metric *all = flow->metric, *delta = flow->last_update;

	set_times(record, delta->start, delta->last, all->start);
	set_connection(record, flow);
	record->was_initiated = all->ab_bytes == delta->ab_bytes ||
				all->ba_bytes == delta->ba_bytes;
	record->was_terminated = was_terminated(flow->tcp_metric);
	record->bytes_from_initiator = delta->ab_bytes;
	record->packets_from_initiator = delta->ab_packets;
	record->bytes_from_target = delta->ba_bytes;
	record->packets_from_target = delta->ba_packets;
}

static int64_t between(int64_t low, int64_t value, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static void set_cumulative_at_least_0(struct vpclogs *record)
{
	int64_t *const total[] = { &record->cumulative_bytes_from_initiator,
				   &record->cumulative_packets_from_initiator,
				   &record->cumulative_bytes_from_target,
				   &record->cumulative_packets_from_target };
	size_t i;

	for (i = 0; i < sizeof(total) / sizeof(total[0]); i++)
		*total[i] = between(0, *total[i], INT64_MAX);
}

static bool is_ibm(const struct flow *flow)
{
	return flow->network->protocol == PROTOCOL_IPV4 &&
	       iana_protocol(flow->transport->protocol) != 0;
}

static bool vpclogs_is_port(int64_t number)
{
	return number >= 0 && number <= UINT16_MAX;
}

/* A flow that did not move is a record only if it ended. */
static enum verdict make_ibm(struct vpclogs_options *self, enum tag tag,
			     const struct flow *flow, struct now now,
			     struct vpclogs *record)
{
	struct delta delta;

	if (!is_ibm(flow))
		return DROP_NOT_LOGGED;
	if (tag == TAG_OTHER && !subnet_has_addresses(flow))
		return DROP_NO_NETWORK;
	if (!vpclogs_is_port(flow->transport->a) || !vpclogs_is_port(flow->transport->b))
		return DROP_NO_TRANSPORT;
	deltas_take(self->deltas, flow, now, &delta);
	if (!delta.ab_packets && !delta.ab_bytes && !delta.ba_packets &&
	    !delta.ba_bytes && !(delta.events & DELTA_END))
		return DROP_NO_TRAFFIC;
	set_times(record, delta.start_ms, delta.last_ms,
		  between(0, flow->metric->start, delta.start_ms));
	set_connection(record, flow);
	set_cumulative_at_least_0(record);
	record->direction = tag == TAG_EGRESS	 ? STR("O")
			    : tag == TAG_INGRESS ? STR("I")
						 : STR("");
	record->action = STR("accepted");
	record->was_initiated = delta.is_first;
	record->was_terminated = (delta.events & DELTA_END) != 0;
	record->bytes_from_initiator = delta.ab_bytes;
	record->packets_from_initiator = delta.ab_packets;
	record->bytes_from_target = delta.ba_bytes;
	record->packets_from_target = delta.ba_packets;
	return KEEP;
}

static enum verdict vpclogs_make(void *state, enum tag tag, const struct flow *flow,
				 struct now now, void *record)
{
	struct vpclogs_options *self = state;

	if (!flow->transport)
		return DROP_NO_TRANSPORT;
	if (!flow->network)
		return DROP_NO_NETWORK;
	if (!flow->metric || !flow->last_update)
		return DROP_NO_METRIC;
	if (self->dialect == DIALECT_IBM)
		return make_ibm(self, tag, flow, now, record);
	vpclogs_make_exporter(flow, record);
	return KEEP;
}

/* What the node does not tell stays unknown, or what the flow's tag says. */
static enum found vpclogs_enrich(void *state, const struct flow *flow,
				 struct queries *queries, void *out)
{
	const struct vpclogs_options *self = state;
	bool is_short = self->dialect == DIALECT_IBM;
	struct vpclogs *record = out;
	enum direction direction;
	enum found found = direction_find(queries, flow, DIRECTION_BY_IPV4,
					  record->initiator_ip, record->target_ip,
					  &direction);

	if (direction == DIRECTION_OUTBOUND)
		record->direction = is_short ? STR("O") : STR("outbound");
	if (direction == DIRECTION_INBOUND)
		record->direction = is_short ? STR("I") : STR("inbound");
	return found;
}

static int vpclogs_init(void *state, struct err *err)
{
	struct vpclogs_options *self = state;

	if (self->dialect != DIALECT_IBM)
		return 0;
	self->deltas = deltas_new((size_t)self->known_flows);
	return self->deltas ? 0 : err_set(err, "out of memory");
}

static void vpclogs_fini(void *state)
{
	struct vpclogs_options *self = state;

	deltas_free(self->deltas);
}

static const struct shape *vpclogs_choose(void *state, const struct encode *encode,
					  struct err *err)
{
	const struct vpclogs_options *self = state;

	(void)encode;
	(void)err;
	return self->dialect == DIALECT_IBM ? &vpclogs_ibm_shape : &vpclogs_shape;
}

static void vpclogs_questions(const void *state, struct question_list *list)
{
	(void)state;
	direction_questions(list);
}

static struct str vpclogs_key(const void *record, enum row_key key)
{
	return row_key_of(key, ((const struct vpclogs *)record)->flow);
}

const struct transform transform_vpclogs = {
	.stage = { .name = "vpclogs",
		   .section = "pipeline.transform.vpclogs",
		   .state = &vpclogs_options_shape,
		   .init = vpclogs_init,
		   .fini = vpclogs_fini,
		   .questions = vpclogs_questions },
	.record = &vpclogs_shape,
	.choose = vpclogs_choose,
	.make = vpclogs_make,
	.enrich = vpclogs_enrich,
	.key = vpclogs_key,
};
