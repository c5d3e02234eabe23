/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_control.h"

#include "analyzer.h"
#include "message.h"
#include "server.h"
#include "subscriber.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* JSON is checked, because what scans it later trusts it. */
static int event(struct analyzer *an, unsigned what, const char *value)
{
	size_t len = strcspn(value, " ");
	const char *obj = value + len + (value[len] == ' ');
	struct json_object *json = json_tokener_parse(obj);
	bool good = json_object_is_type(json, json_type_object);
	struct message *msg;

	json_object_put(json);
	if (!good)
		return -EINVAL;
	msg = message_new((struct text){ "Graph", 5 }, (struct text){ value, len },
			  (struct text){ NULL, 0 }, mem_strndup(obj, strlen(obj)),
			  strlen(obj));
	good = what & GRAPH_VERBATIM || graph_change(msg) != CHANGE_NONE ||
	       (what == GRAPH_APPLY && !strcmp(msg->type, "SyncReply"));
	if (good)
		graph_hub_event(&an->graph, msg, what);
	message_unref(msg);
	return good ? 0 : -EINVAL;
}

static int hold(struct analyzer *an, const char *value)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return -EINVAL;
	graph_hub_hold(&an->graph, !strcmp(value, "on"));
	return 0;
}

static void cut(struct analyzer *an)
{
	struct conn *conn, *next;

	for (conn = an->conns; conn; conn = next) {
		next = conn->next;
		if (conn->sub && conn->sub->endpoint == &graph_endpoint)
			conn_drop(conn, false, "cut");
	}
}

int graph_control(struct analyzer *an, const char *name, const char *value)
{
	if (!strcmp(name, "graph"))
		return event(an, GRAPH_APPLY | GRAPH_TELL, value);
	if (!strcmp(name, "graph-only"))
		return event(an, GRAPH_APPLY, value);
	if (!strcmp(name, "tell-only"))
		return event(an, GRAPH_VERBATIM, value);
	if (!strcmp(name, "graph-hold"))
		return hold(an, value);
	if (!strcmp(name, "graph-play"))
		graph_player_play(&an->graph_player, strtoul(value, NULL, 10));
	else if (!strcmp(name, "graph-cut"))
		cut(an);
	else
		return -EINVAL;
	return 0;
}

static struct json_object *host_ids(const struct graph_hub *hub)
{
	struct json_object *list = json_object_new_array();
	const struct graph_seat *seat;

	for (seat = hub->seats; seat; seat = seat->next)
		if (seat->owner)
			json_object_array_add(list,
					      json_object_new_string(seat->host_id));
	return list;
}

void graph_control_stats(struct json_object *line, const struct analyzer *an)
{
	const struct graph_hub *hub = &an->graph;
	const struct counters *count = &hub->count;
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "graph_subscribers", graph_hub_subscribers(hub) },
		{ "graph_admitted", count->admitted },
		{ "graph_dropped", count->dropped },
		{ "graph_pongs", count->pongs },
		{ "graph_requests", hub->requests },
		{ "graph_replies", hub->replies },
		{ "graph_events", hub->events },
		{ "graph_sent_messages", count->sent_messages },
		{ "graph_sent_bytes", count->sent_bytes },
		{ "graph_queued_max", count->queued_max },
		{ "graph_nodes", hub->graph.nodes.count },
		{ "graph_edges", hub->graph.edges.count },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		json_object_object_add(line, numbers[i].name,
				       json_object_new_int64((int64_t)numbers[i].value));
	json_object_object_add(line, "graph_refused", json_object_get(count->refused));
	json_object_object_add(line, "graph_closes", json_object_get(count->closes));
	json_object_object_add(line, "graph_locked",
			       json_object_new_boolean(hub->locked));
	json_object_object_add(line, "graph_ended",
			       json_object_new_boolean(an->graph_player.ended));
	json_object_object_add(line, "graph_host_ids", host_ids(hub));
}
