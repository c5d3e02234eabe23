/* SPDX-License-Identifier: Apache-2.0 */
/* transform_awsflowlogs.c - flows as AWS VPC flow logs.
 *
 * dialect exporter is what the Go exporter calls so: one record for each report
 * of a flow, with what both directions carried since the flow began. dialect
 * aws is AWS's own: a record for each direction that carried something since
 * the flow's last report (see delta.h), so records can be summed up.
 *
 * The interface of a record is the node of the capture, and the way of its
 * traffic is known when the topology knows the node's address. Whatever
 * Skydive cannot know stands in the configuration or stays unknown.
 */
#include <errno.h>
#include <stdio.h>
#include "stage/awsflowlogs.h"
#include "stage/direction.h"
#include "stage/interfaces.h"
#include "stage/registry.h"
#include "stage/subnet.h"

enum { DIALECT_AUTO, DIALECT_EXPORTER, DIALECT_AWS };

static const char *const dialect_names[] = { "auto", "exporter", "aws", NULL };

struct aws {
	/* Options. */
	int dialect;
	int64_t version;
	struct strs fields;
	struct str account_id, region, vpc_id, subnet_id, instance_id, az_id;
	bool iana_protocol;
	int64_t known_flows;
	int64_t interval_ms;

	/* Chosen. */
	bool is_official;
	struct aws_choice choice;
	struct shape shape;

	struct deltas *deltas;
	struct delta delta; /* of the flow at hand */
	struct interfaces *interfaces;
	struct now before[TAG_COUNT]; /* the last tick */
	bool has_records[TAG_COUNT], has_lost[TAG_COUNT];
};

static const struct aws aws_defaults = { .known_flows = 100000, .interval_ms = 600000 };

#define AWS(member, flags, help) OPTION(struct aws, member, #member, flags, help)

static const struct shape aws_options = {
	.name = "awsflowlogs",
	.size = sizeof(struct aws),
	.fields =
		(const struct field[]){
			OPTION_ENUM(
				struct aws, dialect, "dialect", 0, dialect_names,
				"exporter: the Go exporter's; aws: AWS's own; auto: aws "
				"with fields or encode text, else exporter"),
			OPTION_RANGE(struct aws, version, "version", 0, 0, 5,
				     "all fields up to this version of AWS's; 0: 2"),
			AWS(fields, 0, "AWS's fields in the order wanted"),
			AWS(account_id, 0, "what AWS calls the account"),
			AWS(region, 0, "what AWS calls the region"),
			AWS(vpc_id, 0, "what AWS calls the VPC"),
			AWS(subnet_id, 0, "what AWS calls the subnet"),
			AWS(instance_id, 0, "what AWS calls the instance"),
			AWS(az_id, 0, "what AWS calls the availability zone"),
			AWS(iana_protocol, 0,
			    "dialect exporter: IANA's number instead of Skydive's"),
			OPTION_RANGE(struct aws, known_flows, "known_flows", 0, 1,
				     100000000, "flows whose totals are remembered"),
			OPTION_RANGE(struct aws, interval_ms, "interval", FIELD_DURATION,
				     60000, 86400000,
				     "an interface silent for so long has a NODATA line"),
			{ 0 },
		},
	.defaults = &aws_defaults,
};

static int aws_init(void *state, struct err *err)
{
	struct aws *self = state;

	if (self->fields.count && self->dialect == DIALECT_EXPORTER)
		return err_set_key(err, "fields",
				   "the Go exporter's record has no "
				   "choice of fields; use dialect aws");
	if (aws_fields_choose(&self->choice, &self->fields, self->version, err) < 0)
		return -EINVAL;
	self->shape = (struct shape){
		.name = "awsflowlogs-aws",
		.size = sizeof(struct aws_record),
		.fields = self->choice.field,
	};
	self->deltas = deltas_new((size_t)self->known_flows);
	self->interfaces = interfaces_new(self->interval_ms);
	return self->deltas && self->interfaces ? 0 : err_set(err, "out of memory");
}

static void aws_fini(void *state)
{
	struct aws *self = state;

	deltas_free(self->deltas);
	interfaces_free(self->interfaces);
}

static const struct shape *aws_choose(void *state, const struct encode *encode,
				      struct err *err)
{
	struct aws *self = state;

	self->is_official = self->dialect == DIALECT_AWS ||
			    (self->dialect == DIALECT_AUTO &&
			     (self->fields.count || encode == &encode_text));
	if (self->is_official)
		return &self->shape;
	if (self->version > 3) {
		err_set_key(err, "version",
			    "the Go exporter's record has versions 2 and 3; use dialect "
			    "aws");
		return NULL;
	}
	return self->version == 3 ? &aws_exporter_3 : &aws_exporter_2;
}

static int64_t awsflowlogs_sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static void awsflowlogs_make_exporter(const struct aws *self, const struct flow *flow,
				      struct aws_exporter *record)
{
	static const struct flow_metric none;
	const struct flow_metric *all = flow->metric ? flow->metric : &none;
	int len;

	record->version = self->version == 3 ? 3 : 2;
	record->account_id = self->account_id.len ? self->account_id : STR("12345678");
	len = snprintf(record->interface_text, sizeof(record->interface_text), "%lld",
		       flow->link ? (long long)flow->link->id : 0LL);
	record->interface_id = (struct str){ record->interface_text, (size_t)len };
	if (flow->network) {
		record->src_addr = flow->network->a;
		record->dst_addr = flow->network->b;
	}
	if (flow->transport) {
		record->src_port = flow->transport->a;
		record->dst_port = flow->transport->b;
		record->protocol = flow->transport->protocol;
	}
	if (self->iana_protocol)
		record->protocol = aws_protocol(flow) < 0 ? 0 : aws_protocol(flow);
	record->packets = awsflowlogs_sum(all->ab_packets, all->ba_packets);
	record->bytes = awsflowlogs_sum(all->ab_bytes, all->ba_bytes);
	record->start = flow->start / 1000;
	record->end = flow->last / 1000;
	record->action = STR("ACCEPT");
	record->log_status = STR("OK");
	record->vpc_id = self->vpc_id;
	record->subnet_id = self->subnet_id;
	record->instance_id = self->instance_id;
	record->type = aws_type(flow);
}

static int64_t start_of(const struct delta *delta)
{
	return delta->start_ms > 0 ? delta->start_ms / 1000 : 0;
}

/* The last packet, if it is of this time; else when the report was made. */
static int64_t end_of(const struct flow *flow, const struct delta *delta)
{
	int64_t last_ms = delta->last_ms, start = start_of(delta);

	if (flow->last >= delta->start_ms && flow->last <= last_ms)
		last_ms = flow->last;
	return last_ms / 1000 > start ? last_ms / 1000 : start;
}

static int64_t awsflowlogs_port(int64_t number)
{
	return number >= 0 && number <= UINT16_MAX ? number : -1;
}

static void fill_record(const struct aws *self, const struct flow *flow, bool is_reverse,
			struct aws_record *record)
{
	const struct flow_layer *network = flow->network;
	const struct flow_transport *transport = flow->transport;
	const struct delta *delta = &self->delta;

	record->version = self->choice.version;
	record->account_id = self->account_id;
	record->interface_id = flow->node_tid;
	record->srcaddr = is_reverse ? network->b : network->a;
	record->dstaddr = is_reverse ? network->a : network->b;
	if (transport) {
		record->srcport = awsflowlogs_port(is_reverse ? transport->b
							      : transport->a);
		record->dstport = awsflowlogs_port(is_reverse ? transport->a
							      : transport->b);
	}
	record->protocol = aws_protocol(flow);
	record->packets = is_reverse ? delta->ba_packets : delta->ab_packets;
	record->bytes = is_reverse ? delta->ba_bytes : delta->ab_bytes;
	record->start = start_of(delta);
	record->end = end_of(flow, delta);
	record->action = STR("ACCEPT");
	record->log_status = STR("OK");
	record->vpc_id = self->vpc_id;
	record->subnet_id = self->subnet_id;
	record->instance_id = self->instance_id;
	record->tcp_flags = aws_tcp_flags(flow, delta->events, is_reverse);
	record->type = aws_type(flow);
	record->region = self->region;
	record->az_id = self->az_id;
	record->is_reverse = is_reverse;
}

static bool has_forward(const struct delta *delta)
{
	return delta->ab_packets || delta->ab_bytes;
}

static bool has_reverse(const struct delta *delta)
{
	return delta->ba_packets || delta->ba_bytes;
}

static enum verdict make_official(struct aws *self, enum tag tag, const struct flow *flow,
				  struct now now, struct aws_record *record)
{
	if (!flow->network || (tag == TAG_OTHER && !subnet_has_addresses(flow)))
		return DROP_NO_NETWORK;
	if (!flow->metric || !flow->last_update)
		return DROP_NO_METRIC;
	if (aws_is_silent(flow->network->a) || aws_is_silent(flow->network->b))
		return DROP_NOT_LOGGED;
	deltas_take(self->deltas, flow, now, &self->delta);
	if (!has_forward(&self->delta) && !has_reverse(&self->delta))
		return DROP_NO_TRAFFIC;
	self->has_records[tag] = true;
	interfaces_seen(self->interfaces, tag, flow->node_tid, now);
	fill_record(self, flow, !has_forward(&self->delta), record);
	if (record->is_reverse)
		self->delta = (struct delta){ 0 };
	return KEEP;
}

static enum verdict aws_make(void *state, enum tag tag, const struct flow *flow,
			     struct now now, void *record)
{
	struct aws *self = state;

	if (self->is_official)
		return make_official(self, tag, flow, now, record);
	awsflowlogs_make_exporter(self, flow, record);
	return KEEP;
}

/* The way back, once. */
static bool aws_more(void *state, const struct flow *flow, void *record)
{
	struct aws *self = state;

	if (!self->is_official || !has_reverse(&self->delta))
		return false;
	fill_record(self, flow, true, record);
	self->delta = (struct delta){ 0 };
	return true;
}

static void aws_lost(void *state, int64_t flows)
{
	struct aws *self = state;
	int tag;

	(void)flows;
	for (tag = 0; tag < TAG_COUNT; tag++)
		self->has_lost[tag] = true;
}

/* A line without traffic: of an interface, or of we do not know which. */
static void fill_status(const struct aws *self, struct str interface, int64_t start_ms,
			int64_t end_ms, struct str status, struct aws_record *record)
{
	*record = (struct aws_record){
		.version = self->choice.version,
		.account_id = self->account_id,
		.interface_id = interface,
		.srcport = -1,
		.dstport = -1,
		.protocol = -1,
		.packets = -1,
		.bytes = -1,
		.start = start_ms / 1000,
		.end = end_ms / 1000,
		.log_status = status,
		.vpc_id = self->vpc_id,
		.subnet_id = self->subnet_id,
		.instance_id = self->instance_id,
		.tcp_flags = -1,
		.region = self->region,
		.az_id = self->az_id,
	};
}

/* false: no memory, or nothing to tell. */
static bool add_status(struct aws *self, enum tag tag, struct records *records,
		       struct now now)
{
	int64_t since_ms = self->before[tag].wall_ms;
	struct silence silence = { .start_ms = since_ms ? since_ms : now.wall_ms,
				   .end_ms = now.wall_ms };
	struct str status = STR("SKIPDATA");
	struct aws_record *record;

	if (self->has_lost[tag]) {
		self->has_lost[tag] = false;
	} else {
		if (!interfaces_silent(self->interfaces, tag, now, &silence))
			return false;
		status = STR("NODATA");
	}
	record = records_add(records, silence.end_ms);
	if (!record)
		return false;
	fill_status(self, silence.name, silence.start_ms, silence.end_ms, status, record);
	return true;
}

static int64_t aws_tick(void *state, enum tag tag, struct records *records,
			struct now now)
{
	struct aws *self = state;

	if (!self->is_official || !self->has_records[tag])
		return NEVER_MS;
	while (add_status(self, tag, records, now))
		;
	self->before[tag] = now;
	return interfaces_due(self->interfaces, tag);
}

/* What the interface sends is egress. */
static enum found aws_enrich(void *state, const struct flow *flow,
			     struct queries *queries, void *out)
{
	const struct aws *self = state;
	struct aws_record *record = out;
	enum direction direction;
	enum found found;

	if (!self->is_official || !self->choice.needs_direction)
		return ABSENT;
	found = direction_find(queries, flow, DIRECTION_BY_BOTH, record->srcaddr,
			       record->dstaddr, &direction);
	if (direction == DIRECTION_OUTBOUND)
		record->flow_direction = STR("egress");
	if (direction == DIRECTION_INBOUND)
		record->flow_direction = STR("ingress");
	return found;
}

static void aws_questions(const void *state, struct question_list *list)
{
	const struct aws *self = state;

	if (self->is_official && self->choice.needs_direction)
		direction_questions(list);
}

const struct transform transform_awsflowlogs = {
	.stage = { .name = "awsflowlogs",
		   .section = "pipeline.transform.awsflowlogs",
		   .state = &aws_options,
		   .init = aws_init,
		   .fini = aws_fini,
		   .questions = aws_questions },
	.record = &aws_exporter_2,
	.choose = aws_choose,
	.make = aws_make,
	.more = aws_more,
	.tick = aws_tick,
	.lost = aws_lost,
	.enrich = aws_enrich,
};
