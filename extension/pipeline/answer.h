/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - the parts that are kept of a reply of the topology.
 *
 * The members of a node are those that stages read; a stage that needs another one adds
 * it here and in answer.c. Their names are paths below the node's Metadata, after a
 * slash below the node itself; a number in a path is an index into a list. Skydive
 * keeps a container's data below Docker and Runc before v0.28, below Container from
 * then on.
 */
#ifndef PIPELINE_ANSWER_H
#define PIPELINE_ANSWER_H

#include "format/shape.h"

/* Counters of an interface; 0: not known. */
struct node_metric {
	int64_t collisions;
	int64_t rx_bytes, rx_dropped, rx_errors, rx_missed_errors, rx_packets;
	int64_t tx_bytes, tx_dropped, tx_errors, tx_missed_errors, tx_packets;
};

/* A string or list that the node does not have is {NULL, 0}; a list that is
 * empty, or not one of strings, has no items but is not NULL. */
struct node {
	struct str type, name, host, tid;
	struct strs ipv4, ipv6; /* "172.17.0.2/16" */
	struct node_metric metric;
	struct str container_id, container_hostname, container_runtime;
	struct str docker_id;
	struct str runc_id, runc_hostname;
	struct str pod_namespace, pod_name;
	struct str owner_kind, owner_name;
	struct map_of_str addresses; /* of a Kubernetes node, by type */
};

extern const struct shape node_shape;

/* A parsed reply. value is the first string of a reply that is a list of strings, and
 * {NULL, 0} for null and all other replies. */
struct answer {
	const struct node *node;
	size_t count;
	struct str value;
	bool is_null;
	bool is_unknown; /* no analyzer could be asked; it may be known later */
};

#endif
