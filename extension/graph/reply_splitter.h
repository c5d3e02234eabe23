/* SPDX-License-Identifier: Apache-2.0 */
/* reply_splitter.h - the nodes and edges of a SyncReply, one after the other, from pieces
 * of any size: a reply may have hundreds of megabytes, and is never in memory whole.
 */
#ifndef GRAPH_REPLY_SPLITTER_H
#define GRAPH_REPLY_SPLITTER_H

#include "base/buf.h"
#include "base/err.h"

#define ELEMENT_MAX ((size_t)16 << 20) /* bytes of a node or an edge */

enum reply_list { LIST_OTHER, LIST_NODES, LIST_EDGES };

struct reply_splitter {
	unsigned depth;
	bool in_string, is_escaped, has_ended;
	enum reply_list list;
	char key[8]; /* the last of the object, as far as it matters */
	size_t key_len;
	struct buf element; /* what came of it in earlier pieces */
};

void reply_splitter_init(struct reply_splitter *);
void reply_splitter_fini(struct reply_splitter *);
/* For the next reply. */
void reply_splitter_reset(struct reply_splitter *);

/* Takes bytes of {"Nodes":[...],"Edges":[...]}. Calls take for each element, with its
 * whole text, until it returns an error, which is returned. Or -EINVAL: see err. Bytes
 * after the object are not looked at. */
int reply_splitter_feed(struct reply_splitter *, struct str bytes,
			int (*take)(void *context, enum reply_list, struct str json,
				    struct err *),
			void *context, struct err *);

#endif
