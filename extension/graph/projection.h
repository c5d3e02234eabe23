/* SPDX-License-Identifier: Apache-2.0 */
/* projection.h - what is kept of each node of a topology: what the questions can name.
 *
 * A path is a key of a question: "IPV4", "RoutingTables.Src", "@Host", or a member of
 * struct node. Those that a question begins with have an index, so that the nodes with a
 * value are found without looking at all of them.
 *
 * Filled before a graph uses it, then constant.
 */
#ifndef GRAPH_PROJECTION_H
#define GRAPH_PROJECTION_H

#include "base/err.h"
#include "pipeline/answer.h"
#include "pipeline/question.h"

#define PATHS_MAX 1024

struct path {
	struct str name;
	const struct field *field; /* of struct node; NULL: of none */
	bool is_indexed;
	bool is_address; /* what is asked for ends before a slash */
};

/* The keys of an object. */
struct branch {
	struct str name;
	int path; /* -1: of none */
	struct branch *child, *next;
};

enum { PATH_ID, PATH_HOST }; /* in every projection */

struct projection {
	struct path path[PATHS_MAX];
	int paths;
	struct branch *metadata, *attributes;
	bool has_metric;
};

struct projection *projection_new(void);   /* NULL: no memory */
void projection_free(struct projection *); /* NULL is fine */

/* Adds what is needed to answer the question. -EINVAL: a graph cannot answer it, and err
 * says why; or -ENOMEM. */
int projection_add(struct projection *, const struct question *, struct err *);
/* The number of a key; -1: it is not kept. */
int projection_find(const struct projection *, struct str key);
/* The branch of a dotted key of metadata; NULL: nothing is kept below it. */
const struct branch *projection_branch(const struct projection *, struct str key);
const struct branch *branch_child(const struct branch *, struct str name);
/* "10.0.0.1/.*": the address, borrowed. false: another regular expression. */
bool pattern_address(struct str pattern, struct str *address);
/* Whether all that the other one keeps is kept, and found, here, too. */
bool projection_covers(const struct projection *, const struct projection *other);

#endif
