/* SPDX-License-Identifier: Apache-2.0 */
/* player.h - hands the stream to the hub at its pace.
 *
 * By the clock (the pace of the recording, or so many flows a second) it
 * broadcasts whatever the subscribers do, as the agents of a real analyzer
 * would; that is how a slow reader is seen. At full pace it broadcasts when
 * there is a subscriber and nobody has more than a few messages queued.
 */
#ifndef ANALYZER_PLAYER_H
#define ANALYZER_PLAYER_H

#include "recording.h"

#include <libwebsockets.h>
#include <stdbool.h>

struct hub;

enum player_pace { PACE_MAX, PACE_RECORDED, PACE_RATE };

struct player_config {
	enum player_pace pace;
	double rate;	   /* flows a second */
	unsigned repeat;   /* 0 = for ever */
	unsigned clients;  /* start when so many are there; 0 = when told */
	size_t window;	   /* messages queued at PACE_MAX */
	bool uniq;	   /* other UUIDs in each repetition */
	unsigned stats_ms; /* a stats message so often; 0 = never */
};

struct player {
	const struct player_config *config;
	const struct recording *stream;
	struct hub *hub;
	struct lws_context *lws;
	lws_sorted_usec_list_t timer;
	lws_sorted_usec_list_t stats_timer;
	bool playing;
	bool paused;
	bool started; /* once */
	bool out;     /* everything was handed out */
	bool ended;   /* and written */
	bool running; /* inside player_run() */
	size_t next;
	uint32_t round;
	uint64_t flows;
	uint64_t messages;
	int64_t start_us;
	int64_t paused_us; /* when */
};

void player_init(struct player *, const struct player_config *, const struct recording *,
		 struct hub *, struct lws_context *);
void player_fini(struct player *);

/* Starts, or starts again after the end. */
void player_play(struct player *);
/* The clock stands still while paused; stats messages go on. */
void player_pause(struct player *, bool paused);
/* Does what can be done now, also the start when enough subscribers are there;
 * called whenever the hub made progress. */
void player_run(struct player *);

#endif
