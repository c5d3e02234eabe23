/* SPDX-License-Identifier: Apache-2.0 */
#include "player.h"

#include "hub.h"
#include "message.h"
#include "report.h"

#include <json-c/json.h>

/* So many messages at once at full pace, then the sockets get their turn. By
 * the clock one: what is queued then was not taken by the subscriber. */
#define SLICE 64

/* What is later than that is late because this program did not get to run; it
 * is not made up for, or it would look as if the subscriber were slow. */
#define LATE_US 10000

static void on_timer(lws_sorted_usec_list_t *timer)
{
	player_run(lws_container_of(timer, struct player, timer));
}

static void on_stats(lws_sorted_usec_list_t *timer)
{
	struct player *player = lws_container_of(timer, struct player, stats_timer);
	struct message *msg = message_new_stats("capture-0000");

	if (hub_idle(player->hub))
		hub_broadcast(player->hub, msg);
	message_unref(msg);
	lws_sul_schedule(player->lws, 0, timer, on_stats,
			 (lws_usec_t)player->config->stats_ms * 1000);
}

void player_init(struct player *player, const struct player_config *config,
		 const struct recording *stream, struct hub *hub, struct lws_context *lws)
{
	*player = (struct player){
		.config = config, .stream = stream, .hub = hub, .lws = lws
	};
	if (config->stats_ms)
		lws_sul_schedule(lws, 0, &player->stats_timer, on_stats,
				 (lws_usec_t)config->stats_ms * 1000);
}

void player_fini(struct player *player)
{
	lws_sul_cancel(&player->timer);
	lws_sul_cancel(&player->stats_timer);
}

void player_play(struct player *player)
{
	if (player->playing)
		return;
	player->playing = player->started = true;
	player->out = player->ended = false;
	player->next = 0;
	player->round = 0;
	player->flows = player->messages = 0;
	player->start_us = player->paused_us = clock_us();
	player_run(player);
}

void player_pause(struct player *player, bool paused)
{
	int64_t now = clock_us();

	if (paused == player->paused)
		return;
	player->paused = paused;
	if (!paused)
		player->start_us += now - player->paused_us;
	player->paused_us = now;
	player_run(player);
}

/* Microseconds until the next message is due; 0 = now, -1 = when there is
 * progress elsewhere. */
static int64_t wait_us(struct player *player, int64_t now)
{
	const struct message *msg = player->stream->messages[player->next];
	double due = 0;

	switch (player->config->pace) {
	case PACE_MAX:
		return hub_has_room(player->hub, player->config->window) ? 0 : -1;
	case PACE_RECORDED:
		due = 1e3 * ((double)player->round * (double)player->stream->length_ms +
			     (double)msg->at_ms);
		break;
	case PACE_RATE:
		due = 1e6 * (double)player->flows / player->config->rate;
		break;
	}
	due -= (double)(now - player->start_us);
	if (due < -LATE_US)
		player->start_us -= (int64_t)due + LATE_US;
	return due > 0 ? (int64_t)due + 1 : 0;
}

static void send_next(struct player *player)
{
	struct message *msg = player->stream->messages[player->next];

	if (player->config->uniq && player->round)
		msg = message_renew(msg, player->round);
	else
		message_ref(msg);
	player->flows += msg->flow_count;
	player->messages++;
	if (++player->next == player->stream->count) {
		player->next = 0;
		player->round++;
	}
	hub_broadcast(player->hub, msg);
	message_unref(msg);
}

static bool at_end(const struct player *player)
{
	return !player->stream->count ||
	       (player->config->repeat && player->round >= player->config->repeat);
}

static void run(struct player *player)
{
	int slice = player->config->pace == PACE_MAX ? SLICE : 1;
	int64_t now = clock_us(), wait;
	int i;

	for (i = 0; i < slice; i++) {
		if (!player->playing || player->paused || !hub_idle(player->hub))
			return;
		if (at_end(player)) {
			player->playing = false;
			player->out = true;
			return;
		}
		wait = wait_us(player, now);
		if (wait < 0)
			return;
		if (wait) {
			lws_sul_schedule(player->lws, 0, &player->timer, on_timer, wait);
			return;
		}
		send_next(player);
	}
	lws_sul_schedule(player->lws, 0, &player->timer, on_timer, 1);
}

static void report_end(const struct player *player)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "event", json_object_new_string("end"));
	json_object_object_add(line, "flows",
			       json_object_new_int64((int64_t)player->flows));
	json_object_object_add(line, "messages",
			       json_object_new_int64((int64_t)player->messages));
	json_object_object_add(line, "ms",
			       json_object_new_int64((clock_us() - player->start_us) /
						     1000));
	report_line(line);
}

/* A broadcast comes back here when a queue moves; the loop above goes on by
 * itself then. */
void player_run(struct player *player)
{
	if (player->running)
		return;
	if (!player->started && player->config->clients &&
	    hub_subscribers(player->hub) >= player->config->clients)
		player_play(player);
	player->running = true;
	run(player);
	player->running = false;
	if (player->out && !player->ended && hub_empty(player->hub)) {
		player->ended = true;
		report_end(player);
	}
}
