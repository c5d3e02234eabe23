/* SPDX-License-Identifier: Apache-2.0 */
/* peer_address.h - which of the nodes with an address a flow means.
 *
 * An address may be had by many: 172.17.0.2 is on every host that runs docker. So a
 * node on the host of the capture comes first; one on another host counts only if
 * it is the only one, and if no interface of the capture's host is in a network
 * with that address, because then the address is one of that network.
 *
 * Several containers are one peer when they share a network namespace, as those of
 * a pod do.
 *
 * The questions have no path: that one takes an analyzer a second on 4,000 nodes,
 * finds no IPv6 and nothing on other hosts.
 */
#ifndef STAGE_PEER_ADDRESS_H
#define STAGE_PEER_ADDRESS_H

#include "stage/peer_resolve.h"

enum holder_kind {
	HOLDER_UNDECIDED = -1, /* PENDING */
	HOLDER_NONE,
	HOLDER_OWN,	  /* on the capture's host */
	HOLDER_OTHER,	  /* elsewhere, and the only one */
	HOLDER_AMBIGUOUS, /* several, or one that cannot be meant */
};

struct holder {
	enum holder_kind kind;
	const struct answer *nodes;
	struct str host; /* where those of nodes are that are meant */
};

/* Addresses that say nothing outside of one host or one link, and that no node is
 * asked by: loopback, link-local, unspecified, multicast, broadcast. */
bool peer_address_is_asked(struct str address);

/* Whether it is one of the asker's cluster, whose nodes the topology should know. */
bool peer_address_is_inside(const struct queries *, struct str address);

/* Containers with the address; those of runc before v0.28; hosts whose own it is. */
void peer_address_containers(struct resolution *, struct str address, struct str node_tid,
			     struct holder *);
void peer_address_runc(struct resolution *, struct str address, struct str node_tid,
		       struct holder *);
void peer_address_hosts(struct resolution *, struct str address, struct str node_tid,
			struct holder *);

#endif
