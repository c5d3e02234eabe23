/* SPDX-License-Identifier: Apache-2.0 */
/* gremlin.h - questions to a Skydive analyzer, and its replies. Pure.
 *
 * POST /api/topology with {"GremlinQuery": text}. Replies are read as the Go flow
 * exporter does: nodes in a list, or in a list in the list, count; the first one is
 * used. Only this folder uses json-c.
 */
#ifndef TOPOLOGY_GREMLIN_H
#define TOPOLOGY_GREMLIN_H

#include "base/err.h"
#include "pipeline/query.h"

#define GREMLIN_REPLY_MAX (16 * 1024 * 1024)

/* An answer with several holders; constant but for their number, which is not atomic:
 * holders on several threads need a lock. */
struct shared_answer {
	struct answer answer; /* its data follows in memory */
	size_t bytes;	      /* all of it */
	int64_t since_ms;     /* when it came, monotonic; set by the cache */
	size_t holders;
	struct node nodes[];
};

void gremlin_put_body(struct buf *, struct str text);

/* Parses a reply into an answer with one holder. Status 204 and null give an answer
 * without nodes. NULL: the reply is an error, not JSON, or not about nodes; see err. */
struct shared_answer *gremlin_read(int status, struct str body, struct err *);

/* A copy, with one holder. NULL: no memory. */
struct shared_answer *shared_answer_new(const struct answer *);
struct shared_answer *shared_answer_ref(struct shared_answer *);
void shared_answer_unref(struct shared_answer *); /* NULL is fine */

#endif
