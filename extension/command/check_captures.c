/* SPDX-License-Identifier: Apache-2.0 */
/* check_captures.c - see check_captures.h. */
#include <poll.h>
#include <stdatomic.h>
#include "command/check_captures.h"
#include "format/json_read.h"
#include "net/credentials.h"
#include "sys/clock.h"
#include "topology/analyzer_url.h"

#define CONNECT_MS 5000
#define ANSWER_MS  10000
#define POLL_MS	   20
#define ANSWER_MAX ((size_t)16 << 20)
#define HEADER_MAX (32 * 1024)
#define LISTED_MAX 1024 /* bytes of ids in a message */

static bool has_captures(const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->pipelines; i++)
		if (s->pipeline[i]->source.capture_id.len && !s->pipeline[i]->is_disabled)
			return true;
	return false;
}

static void captures_answered(struct http_request *request)
{
	atomic_store((atomic_bool *)request->context, true);
}

/* Sends it, and waits for its end. */
static int captures_fetch(struct http *http, struct http_request *request)
{
	atomic_bool is_answered = false;

	request->context = &is_answered;
	request->done = captures_answered;
	http_start(http, request);
	while (!atomic_load(&is_answered))
		poll(NULL, 0, POLL_MS);
	return request->status;
}

/* Asks one analyzer. true: reply holds its answer. */
static bool captures_ask(const struct settings *s, struct str analyzer, struct http *http,
			 struct buf *reply)
{
	const struct topology_options *o = &s->topology;
	struct buf url = BUF_INIT(4096), basic = BUF_INIT(HEADER_MAX),
		   cookie = BUF_INIT(HEADER_MAX);
	const char *header[4] = { "Accept: application/json" };
	struct err ignored = ERR_INIT;
	bool is_told = false;
	size_t n = 1;

	if (o->username.len) {
		credentials_put_basic(&basic, o->username, o->password);
		header[n++] = buf_str(&basic).ptr;
	}
	if (o->cookie.len) {
		buf_printf(&cookie, "Cookie: " STR_FMT, STR_ARG(o->cookie));
		header[n++] = buf_str(&cookie).ptr;
	}
	if (analyzer_url_put(&url, analyzer, o->is_https, &ignored) == 0) {
		struct http_request request = {
			.method = "GET",
			.headers = header,
			.body_fd = -1,
			.connect_timeout_ms = CONNECT_MS,
			.timeout_ms = ANSWER_MS,
			.accept_compressed = true,
			.tls = &o->tls,
			.reply = BUF_INIT(ANSWER_MAX),
		};

		buf_puts(&url, "/api/capture");
		request.url = buf_str(&url).ptr;
		is_told = captures_fetch(http, &request) == 200;
		*reply = request.reply;
	}
	credentials_forget(&basic);
	buf_fini(&cookie);
	buf_fini(&url);
	return is_told;
}

/* Whether the id is a key of the object; the others are collected. -1: the text is no
 * object. */
static int captures_find(struct str text, struct str id, struct buf *others)
{
	struct arena arena = ARENA_INIT(ANSWER_MAX);
	struct json_reader r;
	struct str key;
	int found = 0;

	json_reader_init(&r, text, &arena);
	if (!json_next(&r, '{'))
		found = -1;
	while (found == 0 && json_read_string(&r, &key) && json_next(&r, ':') &&
	       json_skip(&r, NULL)) {
		if (str_equal(key, id))
			found = 1;
		else
			buf_printf(others, "%s" STR_FMT, others->len ? ", " : "",
				   STR_ARG(key));
		if (!json_next(&r, ','))
			break;
	}
	arena_fini(&arena);
	return found;
}

bool check_captures(const struct settings *s, struct http *http,
		    bool (*say)(bool is_fine, const char *what, struct str which,
				const char *why))
{
	struct buf reply = BUF_INIT(ANSWER_MAX);
	bool is_told = false, is_fine = true;
	size_t i;

	for (i = 0; has_captures(s) && !is_told && i < s->topology.analyzers.count; i++) {
		buf_fini(&reply);
		is_told = captures_ask(s, s->topology.analyzers.item[i], http, &reply);
	}
	for (i = 0; is_told && i < s->pipelines; i++) {
		struct str id = s->pipeline[i]->is_disabled
					? STR("")
					: s->pipeline[i]->source.capture_id;
		struct buf others = BUF_INIT(LISTED_MAX), why = BUF_INIT(2 * LISTED_MAX);
		int found = id.len ? captures_find(buf_str(&reply), id, &others) : -1;

		if (found == 0)
			buf_printf(&why,
				   "the analyzer has no capture of this id; it has: %s%s",
				   others.len ? buf_str(&others).ptr : "none",
				   buf_error(&others) ? ", ..." : "");
		if (found >= 0)
			is_fine = say(found, "capture", id, buf_str(&why).ptr) && is_fine;
		buf_fini(&why);
		buf_fini(&others);
	}
	buf_fini(&reply);
	return is_fine;
}
