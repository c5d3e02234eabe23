/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - what a projection keeps of JSON: of a whole node, of a value that is set in
 * it, of an edge.
 *
 * No tree is built and nothing is kept but what the projection names; a hostile text
 * costs no more than reading it.
 */
#ifndef GRAPH_FACTS_H
#define GRAPH_FACTS_H

#include <stdint.h>
#include "base/arena.h"
#include "graph/projection.h"

enum fact_kind {
	FACT_TEXT,
	FACT_NUMBER, /* as it is written */
	FACT_LIST,   /* there is a list; its items follow */
	FACT_OTHER,  /* an object, true or false; or text that is too long to be kept */
};

#define FACT_BYTES_MAX 60000 /* of text */

struct fact {
	uint16_t path;
	uint8_t kind;	 /* enum fact_kind */
	bool is_in_list; /* not itself what stands at the path */
	struct str text; /* borrowed from the JSON, or in the arena */
};

struct facts {
	const struct projection *projection;
	struct arena *arena;
	struct fact *item; /* in the order of the text */
	size_t count, room;
};

/* What stands beside the metadata of a node or an edge. */
struct element {
	struct str id;
	struct str parent, child; /* of an edge */
	int64_t created_ms, revision;
};

void facts_init(struct facts *, const struct projection *, struct arena *);
void facts_fini(struct facts *);

/* Both forget what they had. -EINVAL: not a node or an edge, or not JSON; see err. Or
 * -ENOMEM. */
int facts_read_node(struct facts *, struct str json, struct element *, struct err *);
int facts_read_edge(struct facts *, struct str json, struct element *, struct err *);
/* The value of a dotted key of metadata. */
int facts_read_value(struct facts *, struct str key, struct str json, struct err *);

#endif
