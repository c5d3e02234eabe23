/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - who has an address, and what a capture's node is: pod, container or
 * host, from the topology.
 *
 * The rules are those of the Go flow exporter: a container that runc started,
 * else one of docker, else a host; a container that belongs to a pod is that
 * pod. Analyzers before v0.28 and those since keep containers in different
 * members; which one it is shows with the first container that is found and is
 * remembered, because it saves a question per address.
 *
 * What was concluded is kept for a minute, so that a batch does not spell out
 * the same questions again; what the topology could not answer is not kept.
 */
#ifndef STAGE_PEER_H
#define STAGE_PEER_H

#include "pipeline/query.h"

struct peers;

struct peer {
	struct str type;  /* pod, container, host */
	struct str name;  /* of a pod: "namespace/name" */
	struct str set;	  /* of a pod, who owns it: "ReplicaSet:namespace/name" */
	struct str label; /* of a pod with a name: "0_0_namespace-name_0" */
};

/* NULL: no memory. */
struct peers *peers_new(void);
void peers_free(struct peers *); /* NULL is fine */

/* Who has the address, seen from the capture's node. The strings live until the
 * queries are reset. */
enum found peer_find(struct peers *, struct queries *, struct str address,
		     struct str node_tid, struct peer *);
/* "veth", "bridge", ...; likewise. */
enum found peer_node_type(struct peers *, struct queries *, struct str node_tid,
			  struct str *type);

#endif
