/* SPDX-License-Identifier: Apache-2.0 */
/* graph_query.h - questions to the REST API that are answered from the graph.
 *
 * Skydive analyzer: G.V("ID") finds the node, 400 if there is none; of
 * G.V("ID","ID",...) those that there are. Strings may have either quotes.
 */
#ifndef ANALYZER_GRAPH_QUERY_H
#define ANALYZER_GRAPH_QUERY_H

#include <stdbool.h>

struct bytes;
struct graph;

/* Appends the answer; false if it is another kind of question. */
bool graph_query(const struct graph *, const char *query, int *status,
		 struct bytes *body);

#endif
