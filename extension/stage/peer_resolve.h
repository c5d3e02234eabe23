/* SPDX-License-Identifier: Apache-2.0 */
/* peer_resolve.h - the questions that find a peer. */
#ifndef STAGE_PEER_RESOLVE_H
#define STAGE_PEER_RESOLVE_H

#include "stage/peer.h"

/* Where an analyzer keeps data of containers. */
enum topology_age { AGE_UNKNOWN, AGE_BEFORE_028, AGE_SINCE_028 };

struct resolution {
	struct queries *queries;
	enum topology_age *age; /* set once it is known */
	bool is_unknown;	/* a question had no answer */
	bool is_ambiguous;	/* several have the address */
};

/* Adds what it asks. */
void peer_resolve_questions(struct question_list *);

/* With ABSENT the peer is unchanged. */
enum found peer_resolve(struct resolution *, struct str address, struct str node_tid,
			struct peer *);

#endif
