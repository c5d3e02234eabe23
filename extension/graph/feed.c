/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - see feed.h. */
#include <errno.h>
#include <stdio.h>
#include "flow/message.h"
#include "format/json_read.h"
#include "graph/feed.h"

#define MESSAGE_MAX ELEMENT_MAX
#define HEAD_MAX    1024 /* of a reply, before its nodes */
#define OPS_MAX	    1024 /* of one message */

const char *const feed_event_names[FEED_EVENTS] = {
	"SyncReply",   "NodeAdded", "NodeUpdated", "NodePartiallyUpdated",
	"NodeDeleted", "EdgeAdded", "EdgeUpdated", "EdgePartiallyUpdated",
	"EdgeDeleted", "other",
};

void feed_put_request(struct buf *b, const char *uuid)
{
	buf_printf(b,
		   "{\"Namespace\":\"" FEED_NAMESPACE "\",\"Type\":\"SyncRequest\","
		   "\"UUID\":\"%s\",\"Obj\":{}}",
		   uuid);
}

void feed_init(struct feed *f, struct graph *g, const struct feed_user *user,
	       void *context)
{
	*f = (struct feed){
		.graph = g,
		.user = user,
		.context = context,
		.message = BUF_INIT(MESSAGE_MAX),
		.arena = ARENA_INIT(2 * MESSAGE_MAX),
	};
	reply_splitter_init(&f->splitter);
}

void feed_fini(struct feed *f)
{
	reply_splitter_fini(&f->splitter);
	buf_fini(&f->message);
	arena_fini(&f->arena);
}

void feed_expect(struct feed *f, const char *uuid)
{
	snprintf(f->uuid, sizeof(f->uuid), "%s", uuid ? uuid : "");
	f->takes_any = !uuid;
	f->has_bad_reply = false;
	f->is_expecting = true;
}

bool feed_is_expecting(const struct feed *f)
{
	return f->is_expecting;
}

static int take_element(void *context, enum reply_list list, struct str json,
			struct err *err)
{
	struct feed *f = context;

	return list == LIST_NODES ? graph_put_node(f->graph, json, f->now_ms, err)
				  : graph_put_edge(f->graph, json, f->now_ms, err);
}

static bool is_ours(const struct feed *f, const struct message *m)
{
	return f->is_expecting && m->status == 200 &&
	       (f->takes_any || str_is(m->uuid, f->uuid));
}

static int reply_begin(struct feed *f)
{
	reply_splitter_reset(&f->splitter);
	graph_sync_begin(f->graph);
	return 0;
}

static int reply_end(struct feed *f, struct err *err)
{
	if (!f->splitter.has_ended)
		return err_set(err, "a SyncReply that ends too early");
	f->events[FEED_SYNC]++;
	f->is_expecting = f->takes_any;
	return graph_sync_end(f->graph, f->now_ms);
}

static int take_reply(struct feed *f, struct str obj, struct err *err)
{
	int error = reply_begin(f);

	error = error ? error
		      : reply_splitter_feed(&f->splitter, obj, take_element, f, err);
	return error ? error : reply_end(f, err);
}

/* What NodePartiallyUpdated holds. */
struct change {
	struct str id;
	int64_t revision;
	bool has_ops;
	struct graph_op op[OPS_MAX];
	size_t ops;
};

static bool read_op(struct json_reader *r, struct change *c)
{
	struct graph_op op = { .key = { NULL, 0 } };
	int64_t type = 0;
	struct str key;

	if (!json_next(r, '{'))
		return false;
	do {
		if (!json_read_string(r, &key) || !json_next(r, ':'))
			return false;
		if (str_is(key, "Type")	   ? !json_read_i64(r, &type)
		    : str_is(key, "Key")   ? !json_read_string(r, &op.key)
		    : str_is(key, "Value") ? !json_skip(r, &op.value)
					   : !json_skip(r, NULL))
			return false;
	} while (json_next(r, ','));
	if (type == 2)
		op.value = (struct str){ NULL, 0 };
	if (c->ops < OPS_MAX)
		c->op[c->ops] = op;
	c->ops++;
	return json_next(r, '}');
}

static bool read_ops(struct json_reader *r, struct change *c)
{
	c->has_ops = !json_read_null(r);
	if (!c->has_ops)
		return true;
	if (!json_next(r, '['))
		return false;
	if (json_next(r, ']'))
		return true;
	do {
		if (!read_op(r, c))
			return false;
	} while (json_next(r, ','));
	return json_next(r, ']');
}

static bool read_change(struct json_reader *r, struct change *c)
{
	struct str key;

	if (!json_next(r, '{'))
		return false;
	do {
		if (!json_read_string(r, &key) || !json_next(r, ':'))
			return false;
		if (str_is(key, "ID")	      ? !json_read_string(r, &c->id)
		    : str_is(key, "Revision") ? !json_read_i64(r, &c->revision)
		    : str_is(key, "Ops")      ? !read_ops(r, c)
					      : !json_skip(r, NULL))
			return false;
	} while (json_next(r, ','));
	return json_next(r, '}');
}

/* Ops without content, and more of them than can be kept, leave the node stale. */
static int change_node(struct feed *f, struct str obj, struct err *err)
{
	struct change *c = arena_alloc(&f->arena, sizeof(*c));
	enum graph_change change;
	struct json_reader r;
	bool is_unsaid;
	int error;

	if (!c)
		return -ENOMEM;
	json_reader_init(&r, obj, &f->arena);
	if (!read_change(&r, c) || !c->id.len)
		return err_set(err, "a change of a node that is not JSON");
	is_unsaid = !c->has_ops || c->ops > OPS_MAX;
	if (is_unsaid)
		f->user->stale(f->context, c->id);
	error = graph_apply(f->graph, c->id, c->revision, c->op, is_unsaid ? 0 : c->ops,
			    f->now_ms, &change, err);
	if (!error && change == CHANGE_GAP)
		f->user->gap(f->context);
	return error;
}

static int take_event(struct feed *f, enum feed_event event, struct str obj,
		      struct err *err)
{
	switch (event) {
	case FEED_NODE_ADDED:
	case FEED_NODE_UPDATED:
		return graph_put_node(f->graph, obj, f->now_ms, err);
	case FEED_NODE_CHANGED:
		return change_node(f, obj, err);
	case FEED_NODE_DELETED:
		return graph_delete_node(f->graph, obj, f->now_ms, err);
	case FEED_EDGE_ADDED:
		return graph_put_edge(f->graph, obj, f->now_ms, err);
	case FEED_EDGE_DELETED:
		return graph_delete_edge(f->graph, obj, f->now_ms, err);
	default:
		return 0; /* what an edge says of itself is not asked for */
	}
}

static int take_message(struct feed *f, struct str bytes, bool is_text, struct err *err)
{
	struct message m;
	int event, error;

	arena_reset(&f->arena);
	error = message_parse(bytes, is_text ? FRAMING_JSON : FRAMING_PROTOBUF, &f->arena,
			      &m, err);
	if (error)
		return error;
	for (event = 0; event < FEED_OTHER; event++)
		if (str_is(m.type, feed_event_names[event]))
			break;
	if (event == FEED_SYNC) {
		f->is_reply = is_ours(f, &m);
		return f->is_reply ? take_reply(f, m.obj, err) : 0;
	}
	f->events[event]++;
	/* What has come before the first reply is in it. */
	if (!graph_is_synced(f->graph))
		return 0;
	return take_event(f, (enum feed_event)event, m.obj, err);
}

/* Whether this is the head of a JSON SyncReply; *obj is what stands behind "Obj": of
 * it. Keys stand in Go's order, and a reply whose keys do not is read whole. */
static bool split_head(struct str piece, struct str *obj)
{
	size_t size = piece.len < HEAD_MAX ? piece.len : HEAD_MAX;
	const char *type = memmem(piece.ptr, size, "\"Type\":\"SyncReply\"", 18);
	const char *at = memmem(piece.ptr, size, "\"Obj\":", 6);

	if (!type || !at || at < type)
		return false;
	size = (size_t)(at - piece.ptr);
	if (!memmem(piece.ptr, size, "\"UUID\":", 7) ||
	    !memmem(piece.ptr, size, "\"Status\":", 9))
		return false;
	*obj = str_skip(piece, (size_t)(at - piece.ptr) + 6);
	return true;
}

/* The head as a message of its own. */
static bool head_is_ours(struct feed *f, struct str head)
{
	struct message m;
	struct buf whole = BUF_INIT(2 * HEAD_MAX);
	struct err ignored = ERR_INIT;
	bool is_it;

	arena_reset(&f->arena);
	buf_put(&whole, head);
	buf_puts(&whole, "null}");
	is_it = message_parse(buf_str(&whole), FRAMING_JSON, &f->arena, &m, &ignored) ==
			0 &&
		is_ours(f, &m);
	buf_fini(&whole);
	return is_it;
}

static int hear_first(struct feed *f, struct str piece, bool is_text, struct err *err)
{
	struct str obj;

	f->is_reply = is_text && split_head(piece, &obj);
	if (!f->is_reply) {
		buf_put(&f->message, piece);
		return 0;
	}
	f->is_skipped = !head_is_ours(f, (struct str){ piece.ptr, piece.len - obj.len });
	if (f->is_skipped)
		return 0;
	reply_begin(f);
	return reply_splitter_feed(&f->splitter, obj, take_element, f, err);
}

static int hear_more(struct feed *f, struct str piece, struct err *err)
{
	if (f->is_skipped)
		return 0;
	if (f->is_reply)
		return reply_splitter_feed(&f->splitter, piece, take_element, f, err);
	buf_put(&f->message, piece);
	return buf_error(&f->message)
		       ? err_set(err, "a message of more than %zu MiB", MESSAGE_MAX >> 20)
		       : 0;
}

static int hear_last(struct feed *f, bool is_text, struct err *err)
{
	if (f->is_skipped)
		return 0;
	if (f->is_reply)
		return reply_end(f, err);
	return take_message(f, buf_str(&f->message), is_text, err);
}

void feed_follow(struct feed *f, const struct feed *other)
{
	f->is_inside = f->is_skipped = other->is_inside;
}

void feed_break(struct feed *f)
{
	buf_reset(&f->message);
	f->is_inside = f->is_reply = f->is_skipped = false;
}

/* A reply is split also when it comes whole: it may not be JSON further on. */
static int hear_piece(struct feed *f, struct str piece, bool is_text, bool is_last,
		      struct err *err)
{
	bool is_first = !f->is_inside;
	struct str obj;
	int error;

	f->is_inside = true;
	if (is_first && is_last && !(is_text && split_head(piece, &obj)))
		return take_message(f, piece, is_text, err);
	error = is_first ? hear_first(f, piece, is_text, err) : hear_more(f, piece, err);
	return !error && is_last ? hear_last(f, is_text, err) : error;
}

int feed_hear(struct feed *f, struct str piece, bool is_text, bool is_last,
	      int64_t now_ms, struct err *err)
{
	int error;

	f->now_ms = now_ms;
	error = hear_piece(f, piece, is_text, is_last, err);
	if (error == -EINVAL) {
		f->bad++;
		f->has_bad_reply = f->has_bad_reply || (f->is_reply && !f->is_skipped);
	}
	f->is_skipped |= error != 0;
	if (is_last)
		feed_break(f);
	return error;
}
