/* SPDX-License-Identifier: Apache-2.0 */
/* gremlin.h - a question to a Skydive analyzer, and what it answered. Pure.
 *
 * POST /api/topology with {"GremlinQuery": text}. How replies are read is the
 * Go flow exporter's way: a node anywhere in a list, or in a list in the list,
 * counts; the first is the one. Only this folder uses json-c.
 */
#ifndef TOPOLOGY_GREMLIN_H
#define TOPOLOGY_GREMLIN_H

#include "base/err.h"
#include "pipeline/query.h"

#define GREMLIN_REPLY_MAX (16 * 1024 * 1024)

/* An answer that several hold; all but its counter is constant. The counter is
 * not atomic: whoever shares answers between threads holds a lock. */
struct shared_answer {
	struct answer answer; /* all of it stands behind */
	size_t bytes;	      /* of everything */
	int64_t since_ms;     /* when it came, monotonic; set by who keeps it */
	size_t holders;
	struct node nodes[];
};

void gremlin_put_body(struct buf *, struct str text);

/* The answer in a reply, with one holder. Status 204, and null, are an answer
 * without nodes. NULL: the reply is an error, is not JSON, or is not about
 * nodes; see err. */
struct shared_answer *gremlin_read(int status, struct str body, struct err *);

/* A copy, with one holder. NULL: no memory. */
struct shared_answer *shared_answer_new(const struct answer *);
struct shared_answer *shared_answer_ref(struct shared_answer *);
void shared_answer_unref(struct shared_answer *); /* NULL is fine */

#endif
