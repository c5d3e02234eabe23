/* SPDX-License-Identifier: Apache-2.0 */
/* secadvisor.h - the record for a Security Advisor, as the Go flow exporter writes it:
 * members, order, and which are left out when empty.
 *
 * link_id and l3_tracking_id are not written; templates may use them.
 */
#ifndef STAGE_SECADVISOR_H
#define STAGE_SECADVISOR_H

#include "flow/flow.h"
#include "format/digits.h"

#define NUMBER_ROOM (DIGITS_ROOM + 1) /* with a sign */

struct secadvisor_layer {
	struct str protocol, a, b;
	struct str a_name, b_name; /* of pods, in the network layer */
};

struct secadvisor_peer {
	struct str type, name, set;
};

struct secadvisor_context {
	struct secadvisor_peer *a, *b;
};

struct secadvisor {
	int64_t link_id;
	struct str l3_tracking_id;
	struct str uuid, layers_path, version;
	struct str status; /* STARTED, UPDATED, ENDED */
	struct str finish_type;
	struct secadvisor_layer *network, *transport;
	struct secadvisor_context *context;
	struct flow_metric *last_update, *metric;
	int64_t start, last; /* Unix ms */
	int64_t update_count;
	struct str node_type;
	struct str log_status; /* set by mangle logstatus */
	struct map_of_str extend;

	/* What the pointers above point to. */
	struct secadvisor_layer network_layer, transport_layer;
	struct secadvisor_context peers;
	struct secadvisor_peer peer_a, peer_b;
	char port_a[NUMBER_ROOM], port_b[NUMBER_ROOM];
	char network_protocol[NUMBER_ROOM], transport_protocol[NUMBER_ROOM];
};

extern const struct shape secadvisor_shape;

#endif
