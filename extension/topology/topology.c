/* SPDX-License-Identifier: Apache-2.0 */
/* topology.c - see topology.h: its life, and its cache. */
#include <errno.h>
#include <stdlib.h>
#include "base/now.h"
#include "topology/topology_private.h"

#define PROBE_TIMEOUT_MIN_MS 100
/* Of all replies under way, in memory, but for late ones. */
#define REPLIES_MAX	     ((size_t)64 << 20)

static const struct answer unknown = { .is_unknown = true };

static void free_answer(void *value)
{
	shared_answer_unref(value);
}

static struct topology *new_topology(size_t entries_max, size_t bytes_max)
{
	struct topology *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->calm, NULL);
	t->long_replies_end = &t->long_replies;
	task_init(&t->reader, topology_read_replies);
	task_init(&t->sender, topology_send_late);
	t->cache = map_new(entries_max, bytes_max, free_answer);
	t->failure = shared_answer_new(&unknown);
	if (t->cache && t->failure && lookups_init(&t->lookups) == 0)
		return t;
	topology_free(t);
	return NULL;
}

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A probe asks one analyzer after the other, all of them within error_ttl: so
 * that one which answers again is found as soon. */
static int64_t probe_timeout_of(const struct topology *t)
{
	int64_t count = t->analyzers.count ? (int64_t)t->analyzers.count : 1;
	int64_t ms = t->error_ttl_ms / count;

	if (ms < PROBE_TIMEOUT_MIN_MS)
		ms = PROBE_TIMEOUT_MIN_MS;
	return ms < t->timeout_ms ? ms : t->timeout_ms;
}

struct topology *topology_new(const struct topology_options *o, struct http *http,
			      struct err *err)
{
	struct topology *t = new_topology((size_t)o->cache_entries,
					  (size_t)o->cache_bytes);

	if (!t) {
		err_set(err, "no memory for the topology");
		return NULL;
	}
	t->http = http;
	t->replied = topology_replied;
	t->timeout_ms = o->timeout_ms;
	t->ttl_ms = o->ttl_ms;
	t->empty_ttl_ms = o->empty_ttl_ms;
	t->error_ttl_ms = o->error_ttl_ms;
	t->patience_ms = o->patience_ms;
	t->max_in_flight = (size_t)o->max_in_flight;
	t->reply_max = min_of(REPLIES_MAX / t->max_in_flight, GREMLIN_REPLY_MAX);
	t->tls = o->tls;
	t->log = o->log;
	t->readers = workers_new(1, "answers", err);
	if (t->readers && analyzers_init(&t->analyzers, o, err) == 0 &&
	    topology_open_mirror(t, o, err) == 0) {
		t->probe_timeout_ms = probe_timeout_of(t);
		return t;
	}
	topology_free(t);
	return NULL;
}

struct topology *topology_new_static(struct err *err)
{
	struct topology *t = new_topology(SIZE_MAX, SIZE_MAX);

	if (!t)
		err_set(err, "no memory for the topology");
	return t;
}

int topology_mirror_static(struct topology *t, const struct topology_options *o,
			   struct err *err)
{
	t->log = o->log;
	return topology_open_mirror(t, o, err);
}

void topology_free(struct topology *t)
{
	struct lookup *lookup;
	size_t i;

	if (!t)
		return;
	topology_close_mirror(t);
	pthread_mutex_lock(&t->lock);
	t->closed = true;
	for (i = 0; i < t->analyzers.count; i++)
		if (t->analyzers.item[i].login.is_running)
			http_cancel(t->http, &t->analyzers.item[i].login.request);
	for (lookup = t->lookups.running; lookup; lookup = lookup->next)
		http_cancel(t->http, &lookup->request);
	while (t->lookups.running_count || t->replies)
		pthread_cond_wait(&t->calm, &t->lock);
	pthread_mutex_unlock(&t->lock);
	workers_free(t->readers);
	mirror_free(t->mirror);
	lookups_fini(&t->lookups);
	map_free(t->cache);
	shared_answer_unref(t->failure);
	analyzers_fini(&t->analyzers);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->calm);
	free(t);
}

void topology_count(struct topology *t, struct topology_counters *counters)
{
	pthread_mutex_lock(&t->lock);
	*counters = t->counters;
	counters->evicted = map_evicted(t->cache);
	counters->cache_entries = map_count(t->cache);
	counters->cache_bytes = map_bytes(t->cache);
	pthread_mutex_unlock(&t->lock);
	counters->mismatches = atomic_load(&t->mismatches);
	if (t->mirror)
		mirror_count(t->mirror, &counters->mirror);
}
