/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.c - the exporter from start to stop. See exporter.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "exporter/exporter_private.h"
#include "sys/clock.h"

#define WORKERS_USUAL 4
#define WRITERS_MAX   256 /* that hang, each of another pipeline */
#define SEALERS_MORE  14  /* while all make large objects, or the disk is slow */
#define STUCK_MS      1000
#define DISABLED_MAX  ((size_t)1 << 20)

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

/* All objects of a replay go to one directory. */
static int redirect_pipelines(struct settings *settings, struct str output,
			      struct err *err)
{
	size_t i;

	for (i = 0; i < settings->pipelines; i++)
		if (pipeline_settings_redirect(settings->pipeline[i], output) < 0)
			return err_set(err, "out of memory");
	return 0;
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
	e->batches.bytes_max = replay ? 0 : settings->batch_bytes;
	inbox_room_init(&e->room, &e->batches, settings->batch_bytes);
	e->log = log;
	e->is_replay = replay != NULL;
	e->topology = replay ? replay->topology : NULL;
	pthread_mutex_init(&e->lock, NULL);
	e->disabled = (struct buf)BUF_INIT(DISABLED_MAX);
	reload_report_init(&e->reload_report);
	exporter_init_progress(e);
	if ((!replay || !replay->output.len ||
	     redirect_pipelines(settings, replay->output, err) == 0) &&
	    open_spool(e, replay, err) == 0)
		return e;
	e->topology = NULL; /* not taken */
	exporter_free(e);
	return NULL;
}

/* A tenant's large objects, which take seconds, hold up others for one. */
static struct workers *start_sealers(const struct exporter *e, struct err *err)
{
	unsigned threads = worker_count(e->settings);

	return workers_new_growing(threads, threads + SEALERS_MORE, STUCK_MS, "sealer",
				   err);
}

static int start_threads(struct exporter *e, struct err *err)
{
	e->workers = workers_new(e->is_replay ? 0 : worker_count(e->settings), "worker",
				 err);
	if (e->workers)
		e->sealers = e->is_replay ? e->workers : start_sealers(e, err);
	if (e->sealers)
		e->writers = e->is_replay ? e->workers
					  : workers_new_growing(1, WRITERS_MAX, STUCK_MS,
								"writer", err);
	if (e->writers)
		e->http = http_new(err);
	if (e->http)
		e->kafka = kafka_new(e->log);
	if (e->http && !e->is_replay) {
		e->settings->topology.log = e->log;
		e->settings->topology.host_id = e->settings->identity.host_id;
		e->topology = topology_new(&e->settings->topology, e->http, err);
	}
	if (e->http && !e->kafka)
		err_set(err, "out of memory");
	return e->http && e->kafka && e->topology ? 0 : -EINVAL;
}

static void set_surroundings(struct exporter *e)
{
	e->around = (struct tenant_surroundings){
		.workers = e->workers,
		.sealers = e->sealers,
		.writers = e->writers,
		.spool = e->spool,
		.http = e->http,
		.kafka = e->kafka,
		.topology = e->topology,
		.batches = &e->batches,
		.batch_bytes_max = e->settings->batch_bytes,
		.room = &e->room,
		.lookup_timeout_ms = e->settings->lookup_timeout_ms,
		.peers_by = (enum peers_by)e->settings->topology.peers_by,
		.keeps_all = e->is_replay,
		.open_shard = tenant_open_shard,
		.log = e->log,
	};
}

static void report_strangers(struct exporter *e)
{
	struct strs names = { calloc(e->tenants + 1, sizeof(struct str)), e->tenants };
	size_t i;

	for (i = 0; names.item && i < e->tenants; i++)
		names.item[i] = str_of(tenant_name(e->running[i].tenant));
	if (names.item)
		spool_report_strangers(e->spool, &names);
	free(names.item);
}

int exporter_start(struct exporter *e, struct err *err)
{
	struct settings *settings = e->settings;
	size_t i;
	int error;

	e->started = e->is_replay ? e->replay_now : clock_now();
	if (start_threads(e, err) < 0)
		return -EINVAL;
	set_surroundings(e);
	exporter_note_disabled(e, settings);
	for (error = 0, i = 0; !error && i < settings->pipelines; i++)
		if (!settings->pipeline[i]->is_disabled)
			error = exporter_add(e, settings->pipeline[i], NULL,
					     (double)i / (double)settings->pipelines,
					     e->started, err);
	settings_release_pipelines(settings);
	e->generation = 1;
	if (!error)
		error = exporter_tell_questions(e, err);
	if (!error)
		report_strangers(e);
	return error;
}

int exporter_subscribe(struct exporter *e, struct err *err)
{
	int error;

	pthread_mutex_lock(&e->lock);
	error = exporter_route(e, err);
	pthread_mutex_unlock(&e->lock);
	if (!error)
		error = exporter_start_sources(e, err);
	if (error)
		return error;
	log_write(e->log, LOG_INFO, "state=started pipelines=%zu sources=%zu", e->tenants,
		  e->sources);
	return 0;
}

void exporter_free(struct exporter *e)
{
	size_t i;

	if (!e)
		return;
	for (i = 0; i < e->sources; i++)
		source_instance_free(e->source[i]);
	exporter_end_parted(e);
	free(e->source);
	free(e->parted);
	exporter_free_tenants(e);
	topology_free(e->topology);
	kafka_free(e->kafka);
	http_free(e->http);
	if (!e->is_replay) {
		workers_free(e->writers);
		workers_free(e->sealers);
	}
	workers_free(e->workers);
	spool_close(e->spool);
	settings_free(e->settings);
	reload_report_fini(&e->reload_report);
	buf_fini(&e->disabled);
	inbox_room_fini(&e->room);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

unsigned exporter_generation(struct exporter *e)
{
	unsigned generation;

	pthread_mutex_lock(&e->lock);
	generation = e->generation;
	pthread_mutex_unlock(&e->lock);
	return generation;
}

void exporter_count(struct exporter *e, struct exporter_figures *figures)
{
	*figures = (struct exporter_figures){
		.started = e->started,
		.generation = exporter_generation(e),
		.spool_bytes = spool_bytes(e->spool),
		.spool_bytes_max = e->settings->spool.max_bytes,
		.pending_warning_ms = e->settings->status.pending_warning_ms,
	};
	exporter_look_busy(e, &figures->busy);
	figures->topology_mode = e->settings->topology.mode;
	topology_count(e->topology, &figures->topology);
	kafka_count(e->kafka, &figures->kafka);
}

struct reload_report *exporter_reload_report(struct exporter *e)
{
	return &e->reload_report;
}

struct topology *exporter_topology(struct exporter *e)
{
	return e->topology;
}

void exporter_each_tenant(struct exporter *e,
			  void (*visit)(void *context, struct tenant *), void *context)
{
	size_t i;

	pthread_mutex_lock(&e->lock);
	for (i = 0; i < e->tenants; i++)
		visit(context, e->running[i].tenant);
	pthread_mutex_unlock(&e->lock);
}

bool exporter_visit_tenant(struct exporter *e, struct str name,
			   void (*visit)(void *context, const struct pipeline_shown *),
			   void *context)
{
	size_t i;

	pthread_mutex_lock(&e->lock);
	for (i = 0; i < e->tenants; i++) {
		const struct running *r = &e->running[i];
		const struct pipeline_shown shown = { r->tenant, r->settings, r->writer,
						      e->around.peers_by };

		if (!str_is(name, tenant_name(r->tenant)))
			continue;
		visit(context, &shown);
		break;
	}
	pthread_mutex_unlock(&e->lock);
	return i < e->tenants;
}

void exporter_each_source(struct exporter *e,
			  void (*visit)(void *context, struct source_instance *),
			  void *context)
{
	size_t i;

	pthread_mutex_lock(&e->lock);
	for (i = 0; i < e->sources; i++)
		visit(context, e->source[i]);
	pthread_mutex_unlock(&e->lock);
}
