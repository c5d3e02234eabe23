/* SPDX-License-Identifier: Apache-2.0 */
/* graph_control.h - commands about the topology.
 *
 * graph TYPE JSON	 the event happens: the graph changes, subscribers hear
 *			 of it according to their policy
 * graph-only TYPE JSON	 the graph changes and nobody hears of it: lost
 * tell-only TYPE JSON	 all subscribers hear exactly that, nothing changes
 * graph-play [N]	 plays all, or N messages, of --graph-stream
 * graph-hold on|off	 SyncReplies wait, and are made when it ends
 * graph-cut		 ends all connections of the topology
 *
 * TYPE is NodeAdded, EdgePartiallyUpdated and so on, or, where nobody is told,
 * SyncReply for a whole new graph.
 */
#ifndef ANALYZER_GRAPH_CONTROL_H
#define ANALYZER_GRAPH_CONTROL_H

struct analyzer;
struct json_object;

/* Returns 0, or -EINVAL if it is no such command. */
int graph_control(struct analyzer *, const char *name, const char *value);
void graph_control_stats(struct json_object *line, const struct analyzer *);

#endif
