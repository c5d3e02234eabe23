/* SPDX-License-Identifier: Apache-2.0 */
/* graph_player.h - plays a recorded stream of the topology.
 *
 * The first SyncReply of the recording is the graph to begin with; what was
 * recorded before it is in it and left out. Events change the graph and are
 * told to the subscribers; another SyncReply fills it anew and is told to
 * nobody. It starts when so many SyncRequests have come, or when it is told
 * to. At full pace it waits for subscribers and plays as fast as they read.
 */
#ifndef ANALYZER_GRAPH_PLAYER_H
#define ANALYZER_GRAPH_PLAYER_H

#include "player.h"
#include "recording.h"

#include <libwebsockets.h>
#include <stdbool.h>

struct graph_hub;

struct graph_pace {
	enum player_pace pace;
	double rate;	  /* events a second */
	unsigned clients; /* start after so many SyncRequests; 0 = when told */
};

struct graph_player {
	struct graph_pace pace;
	struct recording stream;
	struct graph_hub *hub;
	struct lws_context *lws;
	lws_sorted_usec_list_t timer;
	bool started;
	bool ended;
	bool running; /* inside graph_player_run() */
	size_t first; /* the SyncReply before all that is played */
	size_t next;
	size_t stop; /* messages before which it stops */
	int64_t start_us;
};

/* Reads a recording, and gives the hub its first SyncReply. Returns 0 or -1,
 * having said on stderr what is wrong. */
int graph_player_load(struct graph_player *, struct graph_hub *, const char *path);
/* The same without playing it: also of NAME.json[.gz], a recorded SyncReply. */
int graph_player_load_graph(struct graph_hub *, const char *path);
void graph_player_init(struct graph_player *, struct graph_hub *, struct lws_context *);
void graph_player_fini(struct graph_player *);

/* Plays so many messages more, 0 = all. */
void graph_player_play(struct graph_player *, size_t count);
/* Does what can be done now. */
void graph_player_run(struct graph_player *);

#endif
