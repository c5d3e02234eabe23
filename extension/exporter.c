/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.c - see exporter.h. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "exporter.h"
#include "subscription.h"
#include "sys/clock.h"

#define WORKERS_USUAL	4
#define POLL_MS		5		/* between looks at what a stop waits for */

/* A distinct URL. */
struct source {
	struct str url;
	struct subscription *subscription;
};

struct exporter {
	struct settings *settings;
	struct log *log;
	bool is_replay;
	struct batch_account batches;
	struct workers *workers, *writers;
	struct http *http;
	struct topology *topology;
	struct spool *spool;
	struct tenant **tenant;
	size_t tenants;			/* that are open */
	struct source *source;
	size_t sources;
	atomic_bool is_hurried;
	struct now replay_now;
};

static unsigned worker_count(const struct settings *settings)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->workers)
		return (unsigned)settings->workers;
	return cores < 1 ? 1 : cores < WORKERS_USUAL ? (unsigned)cores : WORKERS_USUAL;
}

static int open_spool(struct exporter *e, const struct replay_options *replay,
		      struct err *err)
{
	struct spool_options options = e->settings->spool;

	if (replay) {
		options.directory = replay->spool;
		options.min_free = 0;
		options.max_age = INT64_MAX;
	}
	e->spool = spool_open(&options, e->log, err);
	if (!e->spool)
		return -EINVAL;
	spool_set_held_max(e->spool, e->settings->held_bytes);
	return 0;
}

static int start_threads(struct exporter *e, const struct replay_options *replay,
			 struct err *err)
{
	e->workers = workers_new(replay ? 0 : worker_count(e->settings), "worker", err);
	if (e->workers)
		e->writers = replay ? e->workers : workers_new(1, "writer", err);
	if (e->writers)
		e->http = http_new(err);
	if (e->http && !replay)
		e->topology = topology_new(&e->settings->topology, e->http, err);
	return e->topology ? 0 : -EINVAL;
}

static int open_tenants(struct exporter *e, const struct replay_options *replay,
			struct now now, struct err *err)
{
	const struct tenant_surroundings around = {
		.workers = e->workers, .writers = e->writers, .spool = e->spool,
		.http = e->http, .topology = e->topology, .batches = &e->batches,
		.batch_bytes_max = e->settings->batch_bytes,
		.lookup_timeout_ms = e->settings->lookup_timeout_ms,
		.output = replay ? replay->output : (struct str){ NULL, 0 },
		.keeps_all = replay != NULL, .log = e->log,
	};
	size_t count = e->settings->tenants;

	e->tenant = calloc(count ? count : 1, sizeof(struct tenant *));
	if (!e->tenant)
		return err_set(err, "out of memory");
	while (e->tenants < count) {
		struct tenant *t = e->settings->tenant[e->tenants].tenant;

		if (tenant_open(t, &around, (double)e->tenants / (double)count, now, err) < 0)
			return -EINVAL;
		e->tenant[e->tenants++] = t;
	}
	return 0;
}

/* The subscription of a URL; in a replay there is one for all. */
static struct subscription *find_source(struct exporter *e,
					const struct tenant_settings *t)
{
	size_t i;

	for (i = 0; i < e->sources; i++)
		if (e->is_replay || str_equal(e->source[i].url, t->url))
			return e->source[i].subscription;
	e->source[i].url = t->url;
	e->source[i].subscription = subscription_new(&t->source, &e->batches, e->log);
	e->sources += e->source[i].subscription != NULL;
	return e->source[i].subscription;
}

static int make_sources(struct exporter *e, struct err *err)
{
	size_t i;

	e->source = calloc(e->tenants ? e->tenants : 1, sizeof(*e->source));
	for (i = 0; e->source && i < e->tenants; i++) {
		struct subscription *s = find_source(e, &e->settings->tenant[i]);

		if (!s || subscription_add(s, tenant_receiver(e->tenant[i]),
					   tenant_capture_id(e->tenant[i])) < 0)
			return err_set(err, "out of memory");
	}
	return e->source ? 0 : err_set(err, "out of memory");
}

static void report_strangers(struct exporter *e)
{
	struct strs names = { calloc(e->tenants + 1, sizeof(struct str)), e->tenants };
	size_t i;

	for (i = 0; names.item && i < e->tenants; i++)
		names.item[i] = str_of(tenant_name(e->tenant[i]));
	if (names.item)
		spool_report_strangers(e->spool, &names);
	free(names.item);
}

struct exporter *exporter_new(struct settings *settings,
			      const struct replay_options *replay, struct log *log,
			      struct err *err)
{
	struct exporter *e = calloc(1, sizeof(*e));

	if (!e) {
		settings_free(settings);
		err_set(err, "out of memory");
		return NULL;
	}
	e->settings = settings;
	e->log = log;
	e->is_replay = replay != NULL;
	e->topology = replay ? replay->topology : NULL;
	if (open_spool(e, replay, err) == 0)
		return e;
	exporter_free(e);
	return NULL;
}

int exporter_start(struct exporter *e, const struct replay_options *replay,
		   struct err *err)
{
	struct now now = replay ? e->replay_now : clock_now();
	size_t i;

	if (start_threads(e, replay, err) < 0 || open_tenants(e, replay, now, err) < 0 ||
	    make_sources(e, err) < 0)
		return -EINVAL;
	report_strangers(e);
	for (i = 0; i < e->sources && !replay; i++)
		if (subscription_start(e->source[i].subscription, err) < 0)
			return -EINVAL;
	log_write(e->log, LOG_INFO, "state=started pipelines=%zu sources=%zu", e->tenants,
		  e->sources);
	return 0;
}

static bool are_finished(const struct exporter *e)
{
	size_t i;

	for (i = 0; i < e->tenants; i++)
		if (!tenant_is_finished(e->tenant[i]))
			return false;
	return true;
}

static size_t backlog(const struct exporter *e)
{
	size_t objects = 0, i;

	for (i = 0; i < e->tenants; i++)
		objects += tenant_backlog(e->tenant[i]);
	return objects;
}

/* Whether something may still be stored: a degraded store is not waited for. */
static bool is_draining(const struct exporter *e)
{
	size_t i;

	for (i = 0; i < e->tenants; i++)
		if (tenant_backlog(e->tenant[i]) && !tenant_is_degraded(e->tenant[i]))
			return true;
	return false;
}

static bool may_go_on(struct exporter *e, int64_t until_ms)
{
	return !atomic_load(&e->is_hurried) && clock_now().mono_ms < until_ms;
}

size_t exporter_stop(struct exporter *e)
{
	int64_t until_ms = clock_now().mono_ms + e->settings->stop_timeout_ms;
	size_t left, i;

	log_write(e->log, LOG_INFO, "state=stopping");
	for (i = 0; i < e->sources; i++)
		subscription_stop(e->source[i].subscription);
	for (i = 0; i < e->tenants; i++)
		tenant_finish(e->tenant[i]);
	while (!are_finished(e) && may_go_on(e, until_ms))
		poll(NULL, 0, POLL_MS);
	while (is_draining(e) && may_go_on(e, until_ms))
		poll(NULL, 0, POLL_MS);
	left = backlog(e);
	if (left)
		log_write(e->log, LOG_WARNING, "state=stopped objects_left=%zu they stay in "
			  "the spool; the next start goes on with them", left);
	else
		log_write(e->log, LOG_INFO, "state=stopped");
	return left;
}

void exporter_hurry(struct exporter *e)
{
	atomic_store(&e->is_hurried, true);
}

void exporter_free(struct exporter *e)
{
	size_t i;

	if (!e)
		return;
	for (i = 0; i < e->sources; i++)
		subscription_free(e->source[i].subscription);
	for (i = 0; i < e->tenants; i++)
		tenant_close(e->tenant[i]);
	topology_free(e->topology);
	http_free(e->http);
	if (e->writers != e->workers)
		workers_free(e->writers);
	workers_free(e->workers);
	spool_close(e->spool);
	free(e->source);
	free(e->tenant);
	settings_free(e->settings);
	free(e);
}

static int64_t sum(const struct exporter *e, enum stat_id id)
{
	int64_t total = 0;
	size_t i;

	for (i = 0; i < e->tenants; i++)
		total += stats_get(tenant_stats(e->tenant[i]), id);
	return total;
}

void exporter_describe(struct exporter *e, struct buf *b)
{
	int64_t flows = 0;
	size_t i;

	for (i = 0; i < e->sources; i++)
		flows += atomic_load(&subscription_stats(e->source[i].subscription)->flows);
	buf_printf(b, "flows=%" PRId64 " records=%" PRId64 " objects=%" PRId64
		   " backlog=%zu", flows, sum(e, STAT_RECORDS_ENCODED),
		   sum(e, STAT_OBJECTS_UPLOADED), backlog(e));
}

bool exporter_is_ready(struct exporter *e)
{
	size_t i;

	for (i = 0; i < e->sources; i++)
		if (!subscription_is_ready(e->source[i].subscription))
			return false;
	return true;
}

/* Everything that is due up to a time, in order. */
static void run_until(struct exporter *e, int64_t time_ms)
{
	int64_t next_ms = workers_run(e->workers, e->replay_now);

	while (next_ms <= time_ms) {
		if (next_ms > e->replay_now.mono_ms)
			e->replay_now = (struct now){ next_ms, next_ms };
		next_ms = workers_run(e->workers, e->replay_now);
	}
	if (time_ms > e->replay_now.mono_ms)
		e->replay_now = (struct now){ time_ms, time_ms };
}

void exporter_replay(struct exporter *e, char *message, size_t size,
		     enum recording_kind kind, int64_t time_ms)
{
	run_until(e, time_ms - 1);
	e->replay_now = (struct now){ time_ms, time_ms };
	if (e->sources)
		subscription_deliver(e->source[0].subscription, message, size, kind);
	else
		free(message);
	workers_run(e->workers, e->replay_now);
}

size_t exporter_replay_end(struct exporter *e, int64_t time_ms)
{
	int64_t until_ms = clock_now().mono_ms + e->settings->stop_timeout_ms;
	int64_t begun_ms = clock_now().mono_ms;
	size_t i;

	run_until(e, time_ms);
	for (i = 0; i < e->tenants; i++)
		tenant_finish(e->tenant[i]);
	workers_run(e->workers, e->replay_now);
	/* A store on the network answers in its own time. */
	while (backlog(e) && may_go_on(e, until_ms)) {
		poll(NULL, 0, POLL_MS);
		run_until(e, time_ms + clock_now().mono_ms - begun_ms);
	}
	return backlog(e);
}
