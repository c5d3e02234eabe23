/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint.h"

#include "analyzer.h"
#include "envelope.h"
#include "frame.h"
#include "message.h"
#include "server.h"
#include "subscriber.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct counters *counters(struct analyzer *an)
{
	return &an->graph.count;
}

static bool readable(struct analyzer *an)
{
	(void)an;
	return true;
}

static bool has_host(struct analyzer *an, const char *host_id)
{
	return graph_hub_has_host(&an->graph, host_id);
}

/* Skydive analyzer: the policy is looked at in lower case here, and as it is
 * where it counts. */
static bool accepts(const struct request *req)
{
	char *policy = request_param(req, "X-Update-Policy");
	bool good = !*policy || !strcasecmp(policy, "full") ||
		    !strcasecmp(policy, "partial");

	free(policy);
	return good;
}

/* Header lines or parameters; without any, everything is meant. */
static struct nsset namespaces(const struct request *req)
{
	struct nsset set = { .names = NULL };
	const char *name;
	char *param;
	size_t at = 0;

	while ((name = request_next_header(req, "X-Websocket-Namespace", &at)))
		nsset_add(&set, name);
	at = 0;
	while ((param = request_next_param(req, "x-websocket-namespace", &at))) {
		nsset_add(&set, param);
		free(param);
	}
	if (!set.count)
		nsset_add(&set, "*");
	return set;
}

static void join(struct conn *conn)
{
	struct subscriber *sub = conn->sub;
	struct analyzer *an = conn->an;
	struct nsset set = namespaces(&sub->request);
	char *policy = request_param(&sub->request, "X-Update-Policy");
	bool partial = !strcmp(policy, "partial") && !an->options.no_partial;
	bool listens = nsset_has(&set, "Graph") || nsset_has(&set, "*");

	sub->seat = graph_hub_join(&an->graph, sub->host_id, partial, listens, conn);
	free(policy);
	nsset_clear(&set);
	subscriber_joined(conn);
	graph_player_run(&an->graph_player);
}

static void describe(const struct conn *conn, struct json_object *event)
{
	const struct request *req = &conn->sub->request;
	const struct graph_seat *seat = conn->sub->seat;
	struct json_object *headers = json_object_new_object();
	size_t i;

	for (i = 0; i < req->header_count; i++)
		json_object_object_add(headers, req->header[i].name,
				       json_object_new_string(req->header[i].value));
	json_object_object_add(event, "partial", json_object_new_boolean(seat->partial));
	json_object_object_add(event, "protobuf",
			       json_object_new_boolean(conn->sub->protobuf));
	json_object_object_add(event, "query", json_object_new_string(req->query));
	json_object_object_add(event, "headers", headers);
}

/* Skydive analyzer: a request without Obj is logged and not answered. */
static void on_message(struct conn *conn, const struct bytes *data)
{
	struct graph_seat *seat = conn->sub->seat;
	struct message *msg = conn->sub->protobuf
				      ? message_from_protobuf(data->data, data->len)
				      : message_from_json(data->data, data->len);

	if (msg && !strcmp(msg->ns, "Graph") && !strcmp(msg->type, "SyncRequest") &&
	    msg->obj_len && seat->listens)
		graph_hub_request(&conn->an->graph, seat, msg);
	message_unref(msg);
}

static void received(struct conn *conn, const struct frame *frame)
{
	struct graph_seat *seat = conn->sub->seat;
	struct bytes data;

	bytes_add(&seat->heard, frame->payload, frame->len);
	if (!frame->fin)
		return;
	data = seat->heard;
	seat->heard = (struct bytes){ .data = NULL };
	on_message(conn, &data);
	bytes_free(&data);
}

static struct message *next(struct conn *conn)
{
	return graph_hub_pop(&conn->an->graph, conn->sub->seat);
}

static void sent(struct conn *conn)
{
	struct graph_seat *seat = conn->sub->seat;

	seat->writing = false;
}

static void progress(struct conn *conn)
{
	graph_player_run(&conn->an->graph_player);
}

static void leave(struct conn *conn, const struct message *lost)
{
	(void)lost;
	graph_hub_leave(&conn->an->graph, conn->sub->seat);
}

const struct endpoint graph_endpoint = {
	.prefix = "graph-",
	.counters = counters,
	.readable = readable,
	.has_host = has_host,
	.accepts = accepts,
	.join = join,
	.describe = describe,
	.received = received,
	.next = next,
	.sent = sent,
	.progress = progress,
	.leave = leave,
};
