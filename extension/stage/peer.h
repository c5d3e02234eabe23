/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - the pod, container or host that has an address, and the type of a capture's
 * node, from the topology.
 *
 * The rules are those of the Go flow exporter: a container that runc started, else one
 * of docker, else a host; a container that belongs to a pod is that pod. Analyzers
 * before v0.28 and later ones keep containers in different members; which one it is is
 * known from the first container found, and is remembered to save a question per
 * address.
 *
 * Results are kept for a minute, so that batches do not repeat the same questions;
 * without an answer nothing is kept, and what a graph at hand answers for no longer than
 * it stays as it is.
 */
#ifndef STAGE_PEER_H
#define STAGE_PEER_H

#include "pipeline/stage.h"

struct peers;

struct peer {
	struct str type;  /* pod, container, host */
	struct str name;  /* of a pod: "namespace/name" */
	struct str set;	  /* of a pod, its owner: "ReplicaSet:namespace/name" */
	struct str label; /* of a pod with a name: "0_0_namespace-name_0" */
};

/* NULL: no memory. */
struct peers *peers_new(void);
void peers_free(struct peers *); /* NULL is fine */

/* Adds what they ask. */
void peers_questions(struct question_list *);
/* The peer that has the address, seen from the capture's node. The strings live until
 * the queries are reset. */
enum found peer_find(struct peers *, struct queries *, struct str address,
		     struct str node_tid, struct peer *);
/* The type of a node: "veth", "bridge", ...; likewise. */
enum found peer_node_type(struct peers *, struct queries *, struct str node_tid,
			  struct str *type);

#endif
