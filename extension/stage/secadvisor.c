/* SPDX-License-Identifier: Apache-2.0 */
/* secadvisor.c - the shape of secadvisor.h. */
#include "stage/secadvisor.h"

#define SA(member, key, flags) FIELD(struct secadvisor, member, key, flags)
#define LAYER(member, key)     FIELD(struct secadvisor_layer, member, key, EMPTY)
#define PEER(member, key)      FIELD(struct secadvisor_peer, member, key, EMPTY)
#define OBJECT(member, key, what)                                                        \
	FIELD_OBJECT(struct secadvisor, member, key, EMPTY, what)
#define EMPTY FIELD_OMIT_EMPTY

static const struct shape layer_shape = {
	.name = "layer",
	.size = sizeof(struct secadvisor_layer),
	.fields =
		(const struct field[]){
			LAYER(protocol, "Protocol"),
			LAYER(a, "A"),
			LAYER(b, "B"),
			LAYER(a_name, "A_Name"),
			LAYER(b_name, "B_Name"),
			{ 0 },
		},
};

static const struct shape peer_shape = {
	.name = "peer",
	.size = sizeof(struct secadvisor_peer),
	.fields =
		(const struct field[]){
			PEER(type, "Type"),
			PEER(name, "Name"),
			PEER(set, "Set"),
			{ 0 },
		},
};

static const struct shape context_shape = {
	.name = "context",
	.size = sizeof(struct secadvisor_context),
	.fields =
		(const struct field[]){
			FIELD_OBJECT(struct secadvisor_context, a, "A", EMPTY,
				     &peer_shape),
			FIELD_OBJECT(struct secadvisor_context, b, "B", EMPTY,
				     &peer_shape),
			{ 0 },
		},
};

const struct shape secadvisor_shape = {
	.name = "secadvisor",
	.size = sizeof(struct secadvisor),
	.fields =
		(const struct field[]){
			SA(link_id, "LinkID", FIELD_SILENT),
			SA(l3_tracking_id, "L3TrackingID", FIELD_SILENT),
			SA(uuid, "UUID", EMPTY),
			SA(layers_path, "LayersPath", EMPTY),
			SA(version, "Version", EMPTY),
			SA(status, "Status", EMPTY),
			SA(finish_type, "FinishType", EMPTY),
			OBJECT(network, "Network", &layer_shape),
			OBJECT(transport, "Transport", &layer_shape),
			OBJECT(context, "Context", &context_shape),
			OBJECT(last_update, "LastUpdateMetric", &flow_metric_shape),
			OBJECT(metric, "Metric", &flow_metric_shape),
			SA(start, "Start", 0),
			SA(last, "Last", 0),
			SA(update_count, "UpdateCount", 0),
			SA(node_type, "NodeType", EMPTY),
			SA(log_status, "LogStatus", EMPTY),
			SA(extend, "Extend", EMPTY),
			{ 0 },
		},
};
