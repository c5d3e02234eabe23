/* SPDX-License-Identifier: Apache-2.0 */
#include "rest.h"

#include "analyzer.h"
#include "graph_query.h"
#include "http.h"
#include "server.h"

#include <errno.h>
#include <json-c/json.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LARGE ((size_t)20 * 1000 * 1000)

/* An answer that is being thought about. */
struct rest_call {
	lws_sorted_usec_list_t timer;
	struct conn *conn;
	int status;
	bool gzip;
	bool close;
	struct bytes asked; /* while it waits for the lock of the graph */
	struct bytes body;
};

void rest_init(struct rest *rest)
{
	*rest = (struct rest){ .answers = json_object_new_object(),
			       .queries = json_object_new_object() };
}

void rest_fini(struct rest *rest)
{
	json_object_put(rest->answers);
	json_object_put(rest->queries);
}

int rest_load(struct rest *rest, const char *path)
{
	struct json_object *file = json_object_from_file(path), *answer, *query;
	size_t i;

	if (!json_object_is_type(file, json_type_array)) {
		fprintf(stderr, "analyzer: %s: not an array of answers\n", path);
		json_object_put(file);
		return -EINVAL;
	}
	for (i = 0; i < json_object_array_length(file); i++) {
		answer = json_object_array_get_idx(file, i);
		if (json_object_object_get_ex(answer, "query", &query))
			json_object_object_add(rest->answers,
					       json_object_get_string(query),
					       json_object_get(answer));
	}
	json_object_put(file);
	return 0;
}

/* A body that is not a string is JSON to be written out, for hand-made files. */
static void add_body(struct bytes *out, struct json_object *body)
{
	if (json_object_is_type(body, json_type_string))
		bytes_add(out, json_object_get_string(body),
			  (size_t)json_object_get_string_len(body));
	else
		bytes_addf(out, "%s\n",
			   json_object_to_json_string_ext(
				   body, JSON_C_TO_STRING_PLAIN |
						 JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void look_up(struct analyzer *an, struct rest_call *call, const char *query)
{
	struct rest *rest = &an->rest;
	struct json_object *answer, *value;

	report_count(rest->queries, query);
	call->status = 200;
	if (an->graph.given &&
	    graph_query(&an->graph.graph, query, &call->status, &call->body))
		return;
	if (!json_object_object_get_ex(rest->answers, query, &answer)) {
		rest->unknown++;
		bytes_addf(&call->body, "[]\n");
		return;
	}
	if (json_object_object_get_ex(answer, "status", &value))
		call->status = json_object_get_int(value);
	if (json_object_object_get_ex(answer, "body", &value) && value)
		add_body(&call->body, value);
}

/* A node like any other, but for its size. */
static void add_large(struct bytes *out)
{
	static const char begin[] =
		"[{\"ID\":\"1\",\"Metadata\":{\"Type\":\"veth\",\"Pad\":\"";

	bytes_add(out, begin, sizeof(begin) - 1);
	bytes_reserve(out, LARGE);
	memset(out->data + out->len, 'x', LARGE);
	out->len += LARGE;
	bytes_addf(out, "\"}}]\n");
}

static void find_answer(struct analyzer *an, struct rest_call *call, const char *body,
			size_t len)
{
	char *text = mem_strndup(body, len);
	struct json_object *json = len ? json_tokener_parse(text) : NULL, *query;

	free(text);
	if (json_object_object_get_ex(json, "GremlinQuery", &query) &&
	    json_object_get_string_len(query)) {
		look_up(an, call, json_object_get_string(query));
	} else if (json || !len) {
		call->status = 204;
	} else {
		call->status = 400;
		bytes_addf(&call->body,
			   "invalid character '%c' looking for beginning "
			   "of value\n",
			   *body);
	}
	json_object_put(json);
	if (!an->modes.garbage && !an->modes.large && !an->modes.topology_status)
		return;
	call->status = an->modes.topology_status ? an->modes.topology_status : 200;
	call->body.len = 0;
	if (an->modes.large)
		add_large(&call->body);
	if (an->modes.garbage)
		bytes_addf(&call->body, "[{\"ID\":]garbage");
}

static void compress_body(struct bytes *body)
{
	struct bytes out = { .data = NULL };
	z_stream z = { .next_in = (unsigned char *)body->data,
		       .avail_in = (unsigned)body->len };

	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		abort();
	bytes_reserve(&out, deflateBound(&z, z.avail_in));
	z.next_out = (unsigned char *)out.data;
	z.avail_out = (unsigned)out.cap;
	deflate(&z, Z_FINISH);
	out.len = z.total_out;
	deflateEnd(&z);
	bytes_free(body);
	*body = out;
}

static void call_end(struct rest_call *call)
{
	call->conn->an->rest.in_flight--;
	call->conn->call = NULL;
	bytes_free(&call->asked);
	bytes_free(&call->body);
	free(call);
}

/* Skydive analyzer: an empty 204 says gzip, too. */
static void answer(struct rest_call *call)
{
	struct conn *conn = call->conn;
	struct bytes extra = { .data = NULL };

	bytes_addf(&extra, "Content-Type: ; charset=UTF-8\r\nVary: Accept-Encoding\r\n");
	if (call->gzip)
		bytes_addf(&extra, "Content-Encoding: gzip\r\n");
	if (call->close)
		bytes_addf(&extra, "Connection: close\r\n");
	if (call->gzip && call->body.len)
		compress_body(&call->body);
	answer_add(&conn->out, call->status, extra.data, call->body.data, call->body.len);
	bytes_free(&extra);
	conn->close_after = call->close;
	call_end(call);
	conn_answered(conn);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
	answer(lws_container_of(timer, struct rest_call, timer));
}

static void answer_in_time(struct rest_call *call)
{
	const struct analyzer *an = call->conn->an;

	if (an->options.topology_delay_ms)
		lws_sul_schedule(an->lws, 0, &call->timer, on_timer,
				 (lws_usec_t)an->options.topology_delay_ms * 1000);
	else
		answer(call);
}

void rest_request(struct conn *conn, const struct request *req, const char *body,
		  size_t len)
{
	static const char wrong[] = "Wrong credentials";
	struct analyzer *an = conn->an;
	struct rest_call *call = mem_zalloc(sizeof(*call));

	conn->busy = true;
	conn->call = call;
	call->conn = conn;
	call->gzip = request_header_has(req, "Accept-Encoding", "gzip");
	call->close = req->close;
	an->rest.requests++;
	if (++an->rest.in_flight > an->rest.in_flight_max)
		an->rest.in_flight_max = an->rest.in_flight;
	if (an->modes.hang_topology)
		return;
	if (login_admits(an, req) && an->options.roles && !an->login.has_role) {
		call->status = 405;
	} else if (login_admits(an, req) && graph_hub_locked(&an->graph)) {
		bytes_add(&call->asked, body, len);
		return;
	} else if (login_admits(an, req)) {
		find_answer(an, call, body, len);
	} else {
		call->status = 401;
		bytes_add(&call->body, wrong, sizeof(wrong) - 1);
	}
	answer_in_time(call);
}

void rest_unlocked(struct analyzer *an)
{
	struct conn *conn, *next;

	for (conn = an->conns; conn; conn = next) {
		next = conn->next;
		if (!conn->call || !conn->call->asked.len)
			continue;
		find_answer(an, conn->call, conn->call->asked.data,
			    conn->call->asked.len);
		bytes_free(&conn->call->asked);
		answer_in_time(conn->call);
	}
}

void rest_cancel(struct conn *conn)
{
	if (!conn->call)
		return;
	lws_sul_cancel(&conn->call->timer);
	call_end(conn->call);
}
