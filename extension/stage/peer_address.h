/* SPDX-License-Identifier: Apache-2.0 */
/* peer_address.h - which of several nodes with an address is a flow's peer.
 *
 * Many nodes may have the same address: 172.17.0.2 is on every host that runs docker.
 * So a node on the host of the capture comes first; one on another host counts only if
 * it is the only one, and if no interface of the capture's host is in a network with
 * that address, because then the address is one of that network.
 *
 * Several containers are one peer when they share a network namespace, as those of
 * a pod do.
 *
 * The questions do not search for paths: that takes an analyzer a second on 4,000
 * nodes, and finds neither IPv6 nor other hosts.
 */
#ifndef STAGE_PEER_ADDRESS_H
#define STAGE_PEER_ADDRESS_H

#include "stage/peer_resolve.h"

enum holder_kind {
	HOLDER_UNDECIDED = -1, /* PENDING */
	HOLDER_NONE,
	HOLDER_OWN,	  /* on the capture's host */
	HOLDER_OTHER,	  /* elsewhere, and the only one */
	HOLDER_AMBIGUOUS, /* several, or one that cannot be the peer */
};

struct holder {
	enum holder_kind kind;
	const struct answer *nodes;
	struct str host; /* the host of the matching nodes */
};

/* Adds what it asks. */
void peer_address_questions(struct question_list *);

/* false: an address that identifies no node beyond one host or link, so it is not asked
 * for: loopback, link-local, unspecified, multicast, broadcast. */
bool peer_address_is_asked(struct str address);

/* Whether it belongs to the asker's cluster, whose nodes the topology should know. */
bool peer_address_is_inside(const struct queries *, struct str address);

/* Containers with the address; those of runc before v0.28; hosts with the address. */
void peer_address_containers(struct resolution *, struct str address, struct str node_tid,
			     struct holder *);
void peer_address_runc(struct resolution *, struct str address, struct str node_tid,
		       struct holder *);
void peer_address_hosts(struct resolution *, struct str address, struct str node_tid,
			struct holder *);

#endif
