/* SPDX-License-Identifier: Apache-2.0 */
/* transform_secadvisor.c - a flow as a record for a Security Advisor: its status
 * among the reports of the flow, who its peers are, and what else the operator
 * asks the topology for. Every flow has a record, ARP and ICMP too.
 */
#include <errno.h>
#include <stdlib.h>
#include "base/map.h"
#include "stage/extend.h"
#include "stage/peer.h"
#include "stage/registry.h"
#include "stage/secadvisor.h"

/* How long the reports of a flow are counted after the last one. */
#define COUNT_MS       600000
#define COUNT_ENDED_MS 60000
#define COUNT_BYTES    64	     /* of a counter, about */
#define REPORT_BYTES   ((size_t)256) /* of a counter, with its UUID */

struct secadvisor_options {
	bool exclude_started_flows;
	struct strs extend;
	int attribute_names; /* enum attribute_names */
	int64_t tracked_flows;

	struct map *reports; /* by UUID, how many there were */
	struct peers *peers;
	struct extends *extends;
};

static const char *const attribute_names_words[] = { "auto", "literal", NULL };

static const struct secadvisor_options secadvisor_defaults = { .tracked_flows = 200000 };

static const struct shape options_shape = {
	.name = "secadvisor",
	.size = sizeof(struct secadvisor_options),
	.defaults = &secadvisor_defaults,
	.fields =
		(const struct field[]){
			OPTION(struct secadvisor_options, exclude_started_flows,
			       "exclude_started_flows", 0,
			       "leave out the first report of a flow"),
			OPTION(struct secadvisor_options, extend, "extend", 0,
			       "NAME=QUERY: more members, asked of the topology"),
			OPTION_ENUM(struct secadvisor_options, attribute_names,
				    "attribute_names", 0, attribute_names_words,
				    "auto: Host, ID and Origin also as @Host, @ID, "
				    "@Origin"),
			OPTION_RANGE(struct secadvisor_options, tracked_flows,
				     "tracked_flows", 0, 1000, 100000000,
				     "flows whose reports are counted, at most"),
			{ 0 },
		},
};

static int secadvisor_init(void *state, struct err *err)
{
	struct secadvisor_options *self = state;

	self->extends = extends_new(&self->extend, &secadvisor_shape,
				    (enum attribute_names)self->attribute_names, err);
	if (!self->extends)
		return -EINVAL;
	self->reports = map_new((size_t)self->tracked_flows,
				(size_t)self->tracked_flows * REPORT_BYTES, NULL);
	self->peers = peers_new();
	return self->reports && self->peers ? 0 : err_set(err, "out of memory");
}

static void secadvisor_fini(void *state)
{
	struct secadvisor_options *self = state;

	map_free(self->reports);
	peers_free(self->peers);
	extends_free(self->extends);
}

/* How many reports of the flow there were before this one. */
static int64_t count_report(struct secadvisor_options *self, const struct flow *flow,
			    int64_t now_ms)
{
	bool has_ended = flow->finish_type == FINISH_TCP_FIN ||
			 flow->finish_type == FINISH_TCP_RST;
	intptr_t count = (intptr_t)map_get(self->reports, flow->uuid, now_ms);

	if (flow->finish_type == FINISH_TIMEOUT)
		map_remove(self->reports, flow->uuid);
	else
		map_put(self->reports, flow->uuid, (void *)(count + 1), COUNT_BYTES,
			now_ms + (has_ended ? COUNT_ENDED_MS : COUNT_MS));
	return count;
}

static struct str status_of(const struct flow *flow, int64_t count)
{
	if (flow->finish_type != FINISH_NOT)
		return STR("ENDED");
	return count ? STR("UPDATED") : STR("STARTED");
}

static struct str finish_of(const struct flow *flow)
{
	switch (flow->finish_type) {
	case FINISH_TIMEOUT:
		return STR("Timeout");
	case FINISH_TCP_FIN:
		return STR("SYN_FIN");
	case FINISH_TCP_RST:
		return STR("SYN_RST");
	default:
		return STR("");
	}
}

static struct str number_text(char text[NUMBER_ROOM], int64_t value)
{
	char *to = text;

	if (value < 0)
		*to++ = '-';
	to = digits_put(to, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
	return (struct str){ text, (size_t)(to - text) };
}

static struct str secadvisor_protocol_text(char text[NUMBER_ROOM], int protocol)
{
	int i;

	for (i = 0; i < protocol && flow_protocol_names[i]; i++)
		;
	if (protocol >= 0 && i == protocol && flow_protocol_names[i])
		return str_of(flow_protocol_names[i]);
	return number_text(text, protocol);
}

static void fill_layers(struct secadvisor *record, const struct flow *flow)
{
	const struct flow_layer *network = flow->network;
	const struct flow_transport *transport = flow->transport;

	if (network) {
		record->network = &record->network_layer;
		record->network_layer = (struct secadvisor_layer){
			.protocol = secadvisor_protocol_text(record->network_protocol,
							     network->protocol),
			.a = network->a,
			.b = network->b,
		};
	}
	if (transport) {
		record->transport = &record->transport_layer;
		record->transport_layer = (struct secadvisor_layer){
			.protocol = secadvisor_protocol_text(record->transport_protocol,
							     transport->protocol),
			.a = number_text(record->port_a, transport->a),
			.b = number_text(record->port_b, transport->b),
		};
	}
}

static enum verdict secadvisor_make(void *state, enum tag tag, const struct flow *flow,
				    struct now now, void *out)
{
	struct secadvisor_options *self = state;
	struct secadvisor *record = out;
	int64_t count = count_report(self, flow, now.mono_ms);

	(void)tag;
	if (self->exclude_started_flows && !count && flow->finish_type == FINISH_NOT)
		return EXCLUDE;
	record->link_id = flow->link ? flow->link->id : 0;
	record->l3_tracking_id = flow->l3_tracking_id;
	record->uuid = flow->uuid;
	record->layers_path = flow->layers_path;
	record->version = STR("1.1.0");
	record->status = status_of(flow, count);
	record->finish_type = finish_of(flow);
	fill_layers(record, flow);
	record->last_update = flow->last_update;
	record->metric = flow->metric;
	record->start = flow->start;
	record->last = flow->last;
	record->update_count = count;
	return KEEP;
}

static void put_peer(struct secadvisor_peer *to, struct secadvisor_peer **at,
		     const struct peer *peer)
{
	*to = (struct secadvisor_peer){ peer->type, peer->name, peer->set };
	*at = to;
}

/* Both are asked for at once. */
static bool find_peers(struct secadvisor_options *self, const struct flow *flow,
		       struct queries *q, struct secadvisor *record)
{
	struct peer a, b;
	enum found found_a, found_b;

	if (!record->network)
		return true;
	found_a = peer_find(self->peers, q, record->network->a, flow->node_tid, &a);
	found_b = peer_find(self->peers, q, record->network->b, flow->node_tid, &b);
	if (found_a == PENDING || found_b == PENDING)
		return false;
	record->network->a_name = a.label;
	record->network->b_name = b.label;
	if (found_a == FOUND)
		put_peer(&record->peer_a, &record->peers.a, &a);
	if (found_b == FOUND)
		put_peer(&record->peer_b, &record->peers.b, &b);
	if (found_a == FOUND || found_b == FOUND)
		record->context = &record->peers;
	return true;
}

static enum found secadvisor_enrich(void *state, const struct flow *flow,
				    struct queries *q, void *out)
{
	struct secadvisor_options *self = state;
	struct secadvisor *record = out;
	enum found type = peer_node_type(self->peers, q, flow->node_tid,
					 &record->node_type);
	bool is_complete = find_peers(self, flow, q, record) && type != PENDING;
	enum found extends = extends_fill(self->extends, q, record, is_complete,
					  &record->extend);

	return is_complete ? extends : PENDING;
}

static void secadvisor_questions(const void *state, struct question_list *list)
{
	const struct secadvisor_options *self = state;

	peers_questions(list);
	extends_questions(self->extends, list);
}

/* Records do not tell the interface. */
static struct str secadvisor_key(const void *record, enum row_key key)
{
	const struct secadvisor *r = record;
	const struct flow flow = { .l3_tracking_id = r->l3_tracking_id, .uuid = r->uuid };

	return row_key_of(key, &flow);
}

const struct transform transform_secadvisor = {
	.stage = { .name = "secadvisor",
		   .section = "pipeline.transform.secadvisor",
		   .state = &options_shape,
		   .init = secadvisor_init,
		   .fini = secadvisor_fini,
		   .questions = secadvisor_questions },
	.record = &secadvisor_shape,
	.encoder = "secadvisor",
	.make = secadvisor_make,
	.enrich = secadvisor_enrich,
	.key = secadvisor_key,
};
