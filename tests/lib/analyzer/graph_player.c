/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_player.h"

#include "graph_hub.h"
#include "hub.h"
#include "message.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define SLICE  64
#define WINDOW 16

static bool is_reply(const struct message *msg)
{
	return !strcmp(msg->type, "SyncReply");
}

/* The place of the first SyncReply; the count of messages if there is none. */
static size_t first_reply(const struct recording *stream, const char *path)
{
	size_t i = 0;

	while (i < stream->count && !is_reply(stream->messages[i]))
		i++;
	if (i == stream->count)
		fprintf(stderr, "analyzer: %s: there is no SyncReply in it\n", path);
	return i;
}

static int load(struct recording *stream, struct graph_hub *hub, const char *path,
		size_t *at)
{
	if (recording_load(stream, path))
		return -1;
	*at = first_reply(stream, path);
	if (*at == stream->count)
		return -1;
	graph_apply(&hub->graph, stream->messages[*at]);
	hub->given = true;
	return 0;
}

int graph_player_load(struct graph_player *player, struct graph_hub *hub,
		      const char *path)
{
	if (load(&player->stream, hub, path, &player->first))
		return -1;
	player->next = player->first + 1;
	return 0;
}

int graph_player_load_graph(struct graph_hub *hub, const char *path)
{
	struct recording stream = { .messages = NULL };
	size_t at;
	int rc = load(&stream, hub, path, &at);

	recording_free(&stream);
	return rc;
}

void graph_player_init(struct graph_player *player, struct graph_hub *hub,
		       struct lws_context *lws)
{
	player->hub = hub;
	player->lws = lws;
}

void graph_player_fini(struct graph_player *player)
{
	lws_sul_cancel(&player->timer);
	player->ended = true;
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
	graph_player_run(lws_container_of(timer, struct graph_player, timer));
}

/* Microseconds until the next message is due; -1 = when there is progress. */
static int64_t wait_us(const struct graph_player *player, int64_t now)
{
	const struct message *msg = player->stream.messages[player->next];
	double due = 0;

	if (graph_hub_locked(player->hub))
		return -1;
	switch (player->pace.pace) {
	case PACE_MAX:
		return graph_hub_has_room(player->hub, WINDOW) ? 0 : -1;
	case PACE_RECORDED:
		due = 1e3 * (double)(msg->at_ms -
				     player->stream.messages[player->first]->at_ms);
		break;
	case PACE_RATE:
		due = 1e6 * (double)(player->next - player->first) / player->pace.rate;
		break;
	}
	due -= (double)(now - player->start_us);
	return due > 0 ? (int64_t)due + 1 : 0;
}

/* By how many elements the graph differs from what was recorded. */
static void report_refill(const struct graph_hub *hub, const struct message *reply)
{
	struct graph recorded = { .nodes = { .buckets = NULL } };
	struct json_object *line = json_object_new_object();

	graph_apply(&recorded, reply);
	json_object_object_add(line, "event", json_object_new_string("graph-filled"));
	json_object_object_add(line, "differ",
			       json_object_new_int64(
				       (int64_t)graph_differ(&hub->graph, &recorded)));
	report_line(line);
	graph_clear(&recorded);
}

static void play_next(struct graph_player *player)
{
	struct message *msg = player->stream.messages[player->next++];

	if (is_reply(msg))
		report_refill(player->hub, msg);
	graph_hub_event(player->hub, msg,
			is_reply(msg) ? GRAPH_APPLY : GRAPH_APPLY | GRAPH_TELL);
}

static void run(struct graph_player *player)
{
	int64_t now = clock_us(), wait = 0;
	int i;

	for (i = 0; i < SLICE && player->next < player->stop; i++) {
		wait = wait_us(player, now);
		if (wait)
			break;
		play_next(player);
	}
	if (player->next < player->stop && wait >= 0)
		lws_sul_schedule(player->lws, 0, &player->timer, on_timer, wait + 1);
}

static void report_end(const struct graph_player *player)
{
	report_event("graph-end", "messages",
		     json_object_new_int64((int64_t)player->next));
}

void graph_player_run(struct graph_player *player)
{
	if (player->running || !player->stream.count || player->ended)
		return;
	if (!player->started && player->pace.clients &&
	    player->hub->replies >= player->pace.clients)
		graph_player_play(player, 0);
	player->running = true;
	if (player->started)
		run(player);
	player->running = false;
	if (player->next == player->stream.count && graph_hub_empty(player->hub)) {
		player->ended = true;
		report_end(player);
	}
}

void graph_player_play(struct graph_player *player, size_t count)
{
	size_t left = player->stream.count - player->next;

	if (!player->started)
		player->start_us = clock_us();
	player->started = true;
	player->stop = player->next + (count && count < left ? count : left);
	graph_player_run(player);
}
