/* SPDX-License-Identifier: Apache-2.0 */
/* topology_mirror.c - the mirror of a topology: where its stream comes from, what it
 * shall keep, and who asks for it what the stream does not say.
 */
#include <errno.h>
#include <stdlib.h>
#include "topology/analyzer_url.h"
#include "topology/topology_private.h"

#define URL_MAX 4096

static const struct url_scheme schemes[] = {
	{ "ws", URL_HOST, false, FEED_PATH },
	{ "wss", URL_HOST, true, FEED_PATH },
	{ 0 },
};

/* What the mirror borrows. */
struct topology_streams {
	struct buf text[ANALYZERS_MAX];
	struct url url[ANALYZERS_MAX];
	size_t count;
	struct session_identity identity;
	struct tls_files tls;
};

/* "http://host:port" to "ws://host:port/ws/subscriber". */
static int add_stream(struct topology_streams *s, struct str entry, bool is_https,
		      struct err *err)
{
	struct buf *text = &s->text[s->count], base = BUF_INIT(URL_MAX);
	int error = analyzer_url_put(&base, entry, is_https, err);

	*text = (struct buf)BUF_INIT(URL_MAX);
	buf_puts(text, "ws");
	buf_put(text, str_skip(buf_str(&base), 4));
	buf_puts(text, FEED_PATH);
	buf_fini(&base);
	if (!error && buf_error(text))
		error = err_set(err, "out of memory");
	if (!error)
		error = url_parse(buf_str(text), url_scheme_find(schemes, buf_str(text)),
				  "analyzers", &s->url[s->count], err);
	s->count++;
	return error;
}

/* Another question that waits for its turn. */
static void topology_fetch(void *context, struct str question)
{
	struct topology *t = context;
	struct lookup *lookup;

	pthread_mutex_lock(&t->lock);
	if (!t->closed && !lookup_find(&t->lookups, question)) {
		lookup = lookup_add(&t->lookups, &t->fetcher, question);
		if (lookup)
			lookup->is_fetch = true;
		topology_send(t);
	}
	pthread_mutex_unlock(&t->lock);
}

/* Who waited for it asks again. */
static void topology_go_on(void *context)
{
	struct topology *t = context;
	struct asker *woken = NULL;

	pthread_mutex_lock(&t->lock);
	lookup_end_waits(&t->mirror_waits, &woken);
	pthread_mutex_unlock(&t->lock);
	topology_wake(t, woken);
}

static int open_streams(struct topology *t, const struct topology_options *o,
			struct err *err)
{
	struct topology_streams *s = calloc(1, sizeof(*s));
	size_t i;
	int error = s ? 0 : err_set(err, "out of memory");

	t->streams = s;
	for (i = 0; !error && t->http && i < o->analyzers.count && i < ANALYZERS_MAX; i++)
		error = add_stream(s, o->analyzers.item[i], o->is_https, err);
	if (error)
		return error;
	s->tls = o->tls;
	s->identity = (struct session_identity){
		.host_id = o->host_id,
		.username = o->username,
		.password = o->password,
		.cookie = o->cookie,
		.tls = &s->tls,
	};
	return 0;
}

int topology_open_mirror(struct topology *t, const struct topology_options *o,
			 struct err *err)
{
	struct mirror_parts parts;
	int error;

	t->mode = (enum topology_mode)o->mode;
	if (t->mode == MODE_REST || (t->http && !o->host_id.len))
		return 0;
	error = open_streams(t, o, err);
	if (error)
		return error;
	t->fetcher.topology = t;
	parts = (struct mirror_parts){
		.url = t->streams->url,
		.urls = t->streams->count,
		.identity = &t->streams->identity,
		.bytes_max = (size_t)o->mirror_bytes,
		.resync_ms = o->mirror_resync_ms,
		.fetch = topology_fetch,
		.settled = topology_go_on,
		.context = t,
		.log = o->log,
	};
	t->mirror = mirror_new(&parts);
	return t->mirror ? 0 : err_set(err, "out of memory");
}

void topology_close_mirror(struct topology *t)
{
	size_t i;

	/* Replies to what it fetches may still come. */
	mirror_end(t->mirror);
	for (i = 0; t->streams && i < t->streams->count; i++)
		buf_fini(&t->streams->text[i]);
	free(t->streams);
	t->streams = NULL;
}

int topology_want(struct topology *t, struct projection *wanted, struct err *err)
{
	if (t->mirror)
		return mirror_want(t->mirror, wanted, err);
	projection_free(wanted);
	return 0;
}

void topology_play(struct topology *t, struct str message, bool is_text, int64_t now_ms)
{
	if (t->mirror)
		mirror_play(t->mirror, message, is_text, now_ms);
}

void topology_halt(struct topology *t)
{
	if (t)
		mirror_halt(t->mirror);
}

const struct answer *asker_known(struct answers *answers, const struct question *question,
				 const struct str *values, int64_t at_ms,
				 struct arena *arena, struct span *span)
{
	struct asker *asker = (struct asker *)answers;
	struct graph_span its = { span->from_ms, span->to_ms };
	const struct answer *answer = mirror_answer(asker->topology->mirror, question,
						    values, at_ms, arena, &its);

	*span = (struct span){ its.from_ms, its.to_ms };
	asker->mirrored += answer != NULL;
	return answer;
}

uint64_t asker_version(struct answers *answers)
{
	return mirror_version(((struct asker *)answers)->topology->mirror);
}
