/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer.h"
#include "graph_control.h"
#include "server.h"
#include "subscriber.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static void add_number(struct json_object *line, const char *key, uint64_t value)
{
	json_object_object_add(line, key, json_object_new_int64((int64_t)value));
}

static void add_stream_stats(struct json_object *line, const struct analyzer *an)
{
	const struct counters *count = &an->count;
	uint64_t blocked_us = count->blocked_us;

	if (an->hub.blocked_since_us)
		blocked_us += (uint64_t)(clock_us() - an->hub.blocked_since_us);
	add_number(line, "subscribers", hub_subscribers(&an->hub));
	add_number(line, "admitted", count->admitted);
	json_object_object_add(line, "refused", json_object_get(count->refused));
	add_number(line, "dropped", count->dropped);
	json_object_object_add(line, "closes", json_object_get(count->closes));
	add_number(line, "pongs", count->pongs);
	add_number(line, "broadcast_flows", count->broadcast_flows);
	add_number(line, "sent_messages", count->sent_messages);
	add_number(line, "sent_flows", count->sent_flows);
	add_number(line, "sent_bytes", count->sent_bytes);
	add_number(line, "missed_flows", count->missed_flows);
	add_number(line, "lost_flows", count->lost_flows);
	add_number(line, "queued", hub_queued(&an->hub));
	add_number(line, "queued_max", count->queued_max);
	add_number(line, "blocked_ms", blocked_us / 1000);
	json_object_object_add(line, "blocked",
			       json_object_new_boolean(!hub_idle(&an->hub)));
	json_object_object_add(line, "ended", json_object_new_boolean(an->player.ended));
}

static void add_topology_stats(struct json_object *line, const struct rest *rest)
{
	add_number(line, "topology_requests", rest->requests);
	add_number(line, "topology_unknown", rest->unknown);
	add_number(line, "topology_distinct",
		   (uint64_t)json_object_object_length(rest->queries));
	add_number(line, "topology_in_flight", rest->in_flight);
	add_number(line, "topology_in_flight_max", rest->in_flight_max);
}

/* Ends or closes all subscribers, those that still wait for the pool included. */
static void for_all(struct analyzer *an, const char *how, uint16_t code)
{
	struct conn *conn, *next;

	for (conn = an->conns; conn; conn = next) {
		next = conn->next;
		if (!conn->sub)
			continue;
		if (!strcmp(how, "close"))
			subscriber_close(conn, code);
		else
			conn_drop(conn, !strcmp(how, "rst"), how);
	}
}

static int on_off(const char *value, bool *to)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return -EINVAL;
	*to = !strcmp(value, "on");
	return 0;
}

static int set_status(const char *value, const char *none, int *to)
{
	int status = atoi(value);

	if (strcmp(value, none) && (status < 200 || status > 599))
		return -EINVAL;
	*to = status;
	return 0;
}

int modes_set(struct modes *modes, const char *name, const char *value)
{
	bool on;

	if (!strcmp(name, "silence"))
		return on_off(value, &modes->silence);
	if (!strcmp(name, "no-stats"))
		return on_off(value, &modes->no_stats);
	if (!strcmp(name, "close-before-ping"))
		return on_off(value, &modes->close_before_ping);
	if (!strcmp(name, "refuse"))
		return set_status(value, "none", &modes->refuse);
	if (!strcmp(name, "ping")) {
		if (on_off(value, &on))
			return -EINVAL;
		modes->no_ping = !on;
		return 0;
	}
	if (!strcmp(name, "topology")) {
		modes->garbage = !strcmp(value, "garbage");
		modes->large = !strcmp(value, "large");
		on = modes->garbage || modes->large;
		return set_status(on ? "normal" : value, "normal",
				  &modes->topology_status);
	}
	if (strcmp(name, "hang"))
		return -EINVAL;
	modes->hang_handshake = !strcmp(value, "handshake");
	modes->hang_topology = !strcmp(value, "topology");
	return modes->hang_handshake || modes->hang_topology || !strcmp(value, "none")
		       ? 0
		       : -EINVAL;
}

static int command(struct analyzer *an, struct json_object *line, const char *name,
		   const char *value)
{
	if (!strcmp(name, "stats")) {
		add_stream_stats(line, an);
		add_topology_stats(line, &an->rest);
		graph_control_stats(line, an);
		add_number(line, "logins", an->login.accepted);
		add_number(line, "logins_refused", an->login.refused);
	} else if (!strcmp(name, "queries")) {
		json_object_object_add(line, "queries",
				       json_object_get(an->rest.queries));
	} else if (!strcmp(name, "play")) {
		player_play(&an->player);
	} else if (!strcmp(name, "pause") || !strcmp(name, "resume")) {
		player_pause(&an->player, !strcmp(name, "pause"));
	} else if (!strcmp(name, "drop") || !strcmp(name, "rst")) {
		for_all(an, name, 0);
	} else if (!strcmp(name, "close") && atoi(value) > 0) {
		for_all(an, name, (uint16_t)atoi(value));
	} else if (!strcmp(name, "gate") && !strcmp(value, "clear")) {
		nsset_clear(&an->hub.gate);
	} else if (!strcmp(name, "expire")) {
		login_expire(&an->login);
	} else if (!strcmp(name, "quit")) {
		an->quit = true;
	} else if (!strncmp(name, "graph", 5) || !strcmp(name, "tell-only")) {
		return graph_control(an, name, value);
	} else {
		return modes_set(&an->modes, name, value);
	}
	return 0;
}

void control_line(struct analyzer *an, char *text)
{
	struct json_object *line = json_object_new_object();
	char *value = text, *name = strsep(&value, " ");

	json_object_object_add(line, "reply", json_object_new_string(name));
	if (command(an, line, name, value ? value : ""))
		json_object_object_add(line, "error",
				       json_object_new_string("unknown command"));
	an->hub.silent = an->modes.silence;
	an->hub.without_stats = an->modes.no_stats;
	report_line(line);
}
