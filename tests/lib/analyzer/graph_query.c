/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_query.h"

#include "graph.h"

#include <string.h>

/* The next quoted argument; false at the end, or if it is anything else. */
static bool next_id(const char **at, struct text *id)
{
	const char *text = *at + strspn(*at, ", "), *end;

	if (*text != '"' && *text != '\'')
		return false;
	end = strchr(text + 1, *text);
	if (!end)
		return false;
	*id = (struct text){ text + 1, (size_t)(end - text - 1) };
	*at = end + 1;
	return true;
}

bool graph_query(const struct graph *graph, const char *query, int *status,
		 struct bytes *body)
{
	struct bytes found = { .data = NULL };
	const char *at = query + strlen("G.V(");
	struct text id, node;
	size_t asked = 0;

	if (strncmp(query, "G.V(", 4))
		return false;
	for (; next_id(&at, &id); asked++) {
		node = graph_node(graph, id);
		bytes_add(&found, ",", node.len && found.len ? 1 : 0);
		bytes_add(&found, node.at, node.len);
	}
	if (!asked || strcmp(at, ")")) {
		bytes_free(&found);
		return false;
	}
	if (asked == 1 && !found.len) {
		*status = 400;
		bytes_addf(body, "Node '%.*s' does not exist\n", (int)id.len, id.at);
	} else {
		bytes_addf(body, "[");
		bytes_add(body, found.data, found.len);
		bytes_addf(body, "]\n");
	}
	bytes_free(&found);
	return true;
}
