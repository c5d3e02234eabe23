/* SPDX-License-Identifier: Apache-2.0 */
/* record_topology.c - see record_topology.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "command/record_files.h"
#include "command/record_topology.h"
#include "graph/feed.h"
#include "sys/clock.h"
#include "sys/io.h"

#define MESSAGE_MAX ((size_t)4 << 30)
#define PIECE_MAX   ((size_t)256 << 10)

struct topology_recorder {
	struct session *session;
	struct session_counters counters;
	struct record_files files;

	/* The session's thread's own, until it has stopped. */
	bool has_asked;
	int error;
	int64_t messages;
};

static void recorder_hear(void *context, struct session *session,
			  const struct session_piece *piece)
{
	struct topology_recorder *r = context;
	char *bytes = session_take(session);

	if (!r->error)
		r->error = record_files_line(&r->files, bytes, piece->bytes.len,
					     piece->is_last);
	r->messages += piece->is_last;
	free(bytes);
}

/* First of all what there is; afterwards it only changes. */
static void recorder_tick(void *context, struct session *session, int64_t now_ms,
			  int64_t *until_ms)
{
	struct topology_recorder *r = context;
	struct buf text = BUF_INIT(512);

	(void)now_ms;
	(void)until_ms;
	if (!r->has_asked) {
		feed_put_request(&text, "skydive-exporter-record");
		r->has_asked = session_say(session, buf_str(&text)) == 0;
	}
	buf_fini(&text);
}

static void recorder_ended(void *context, struct session *session, enum ending ending,
			   const struct err *why)
{
	(void)session;
	(void)ending;
	(void)why;
	((struct topology_recorder *)context)->has_asked = false;
}

static const struct session_user recorder_user = {
	.hear = recorder_hear,
	.tick = recorder_tick,
	.ended = recorder_ended,
};

struct topology_recorder *record_topology_start(const struct url *url,
						const struct session_identity *identity,
						const char *name, struct log *log,
						struct err *err)
{
	static const char *const namespaces[] = { FEED_NAMESPACE, NULL };
	struct topology_recorder *r = calloc(1, sizeof(*r));
	struct session_options options = {
		.url = *url,
		.identity = identity,
		.protocol = "json",
		.namespaces = namespaces,
		.headers = FEED_HEADERS,
		.message_max = MESSAGE_MAX,
		.piece_max = PIECE_MAX,
		.user = &recorder_user,
		.context = r,
		.what = "topology",
		.log = log,
	};

	if (!r) {
		err_set(err, "out of memory");
		return NULL;
	}
	options.url.target = STR(FEED_PATH);
	options.counters = &r->counters;
	if (record_files_open(&r->files, name, "-topology.jsonl", "-topology.times",
			      err) == 0)
		r->session = session_start(&options, err);
	if (r->session)
		return r;
	record_files_close(&r->files);
	free(r);
	return NULL;
}

int record_topology_stop(struct topology_recorder *r, int64_t *messages)
{
	int error;

	session_stop(r->session);
	record_files_close(&r->files);
	*messages = r->messages;
	error = r->error;
	free(r);
	return error;
}
