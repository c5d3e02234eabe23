/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_tenants.c - the tenants of the exporter and the sources that feed them:
 * added, routed, retired, closed. See exporter_private.h.
 */
#include <errno.h>
#include <stdlib.h>
#include "base/grow.h"
#include "exporter/exporter_private.h"

/* The source of a URL; in a replay there is one for all. */
static struct source_instance *find_source(struct exporter *e,
					   const struct pipeline_settings *p)
{
	struct source_instance *s;
	size_t i;

	for (i = 0; i < e->sources; i++)
		if (e->is_replay || source_instance_is(e->source[i], &p->source))
			return e->source[i];
	if (!grow(e->source, e->sources_room, e->sources + 1))
		return NULL;
	s = source_instance_new(&p->source, &e->settings->identity, &e->batches, e->log);
	if (s)
		e->source[e->sources++] = s;
	return s;
}

static void release(struct running *running)
{
	tenant_free(running->tenant);
	pipeline_settings_unref(running->settings);
	pipeline_settings_unref(running->writer);
}

/* Without the lock: a spool or a secret may be on a disk that does not answer. */
static int open_running(struct exporter *e, struct pipeline_settings *p,
			struct tenant *predecessor, double part, struct now now,
			struct running *opened, struct err *err)
{
	struct source_instance *source = NULL;
	struct tenant *tenant;

	pthread_mutex_lock(&e->lock);
	if (grow(e->running, e->tenants_room, e->tenants + 1) &&
	    exporter_reserve_retired(e) == 0)
		source = find_source(e, p);
	pthread_mutex_unlock(&e->lock);
	if (!source)
		return err_set(err, "out of memory");
	tenant = tenant_new(p, &e->around, predecessor, part, now, err);
	if (!tenant)
		return -EINVAL;
	*opened = (struct running){
		.tenant = tenant,
		.settings = pipeline_settings_ref(p),
		.writer = pipeline_settings_ref(p),
		.source = source,
	};
	return 0;
}

/* The stop that has begun meanwhile has not told it. */
static void end_if_stopping(struct exporter *e, struct tenant *t)
{
	if (atomic_load(&e->is_stopping))
		tenant_finish(t);
}

int exporter_add(struct exporter *e, struct pipeline_settings *p,
		 struct tenant *predecessor, double part, struct now now, struct err *err)
{
	struct running opened;
	int error = open_running(e, p, predecessor, part, now, &opened, err);

	if (error)
		return error;
	pthread_mutex_lock(&e->lock);
	e->running[e->tenants++] = opened;
	end_if_stopping(e, opened.tenant);
	pthread_mutex_unlock(&e->lock);
	return 0;
}

int exporter_change(struct exporter *e, struct running *running,
		    struct pipeline_settings *p, struct now now, struct err *err)
{
	size_t at = (size_t)(running - e->running);
	struct running opened;
	int error = open_running(e, p, running->tenant, 0, now, &opened, err);

	if (error)
		return error;
	pthread_mutex_lock(&e->lock);
	exporter_retire(e, &e->running[at]);
	e->running[at] = opened;
	end_if_stopping(e, opened.tenant);
	pthread_mutex_unlock(&e->lock);
	return 0;
}

int exporter_replace_writer(struct exporter *e, struct running *running,
			    struct pipeline_settings *p, struct now now, struct err *err)
{
	int error = tenant_replace_writer(running->tenant, p, now, err);

	if (error)
		return error;
	pthread_mutex_lock(&e->lock);
	pipeline_settings_unref(running->writer);
	running->writer = pipeline_settings_ref(p);
	pthread_mutex_unlock(&e->lock);
	return 0;
}

size_t exporter_note_disabled(struct exporter *e, const struct settings *s)
{
	size_t count = 0, i;

	buf_reset(&e->disabled);
	for (i = 0; i < s->pipelines; i++) {
		if (s->pipeline[i]->is_bad || !s->pipeline[i]->is_disabled)
			continue;
		buf_printf(&e->disabled, "%s\n", s->pipeline[i]->name);
		count++;
	}
	return count;
}

void exporter_put_disabled(struct exporter *e, struct buf *b)
{
	pthread_mutex_lock(&e->lock);
	buf_put(b, buf_str(&e->disabled));
	pthread_mutex_unlock(&e->lock);
}

static bool feeds_somebody(const struct exporter *e, const struct source_instance *s)
{
	size_t i;

	for (i = 0; i < e->tenants; i++)
		if (e->running[i].source == s)
			return true;
	return false;
}

static int route_one(struct exporter *e, struct source_instance *s, struct err *err)
{
	struct router *router = router_new();
	int error = router ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !error && i < e->tenants; i++)
		if (e->running[i].source == s)
			error = router_add(router, tenant_receiver(e->running[i].tenant),
					   e->running[i].settings->source.capture_id);
	if (error) {
		router_free(router);
		return err_set(err, "out of memory");
	}
	source_instance_route(s, router);
	return 0;
}

/* All are asked before the first one is waited for. */
static void halt_unwanted(struct exporter *e)
{
	size_t i;

	for (i = 0; i < e->sources; i++)
		if (!feeds_somebody(e, e->source[i]))
			source_instance_halt(e->source[i]);
}

/* To those that exporter_end_parted() ends. */
static void part(struct exporter *e, size_t at)
{
	struct source_instance *s = e->source[at];

	e->source[at] = e->source[--e->sources];
	if (grow(e->parted, e->parted_room, e->parted_count + 1))
		e->parted[e->parted_count++] = s;
	else
		source_instance_free(s);
}

int exporter_route(struct exporter *e, struct err *err)
{
	size_t i = 0;
	int error = 0;

	halt_unwanted(e);
	while (i < e->sources) {
		if (route_one(e, e->source[i], err) < 0)
			error = -ENOMEM;
		if (feeds_somebody(e, e->source[i]))
			i++;
		else
			part(e, i);
	}
	return error;
}

void exporter_end_parted(struct exporter *e)
{
	while (e->parted_count)
		source_instance_free(e->parted[--e->parted_count]);
}

int exporter_start_sources(struct exporter *e, struct err *err)
{
	int error = 0;
	size_t i;

	for (i = 0; i < e->sources && !e->is_replay && !atomic_load(&e->is_stopping); i++)
		if (source_instance_start(e->source[i], err) < 0)
			error = -EINVAL;
	return error;
}

/* Whether one before it may still tell it of objects: that one goes first. */
static bool is_awaited(const struct exporter *e, const struct tenant *t)
{
	size_t i;

	for (i = 0; i < e->retirees; i++)
		if (tenant_successor(e->retired[i].tenant) == t)
			return true;
	return false;
}

static bool is_done(const struct exporter *e, struct tenant *t)
{
	return tenant_is_finished(t) && (tenant_successor(t) || tenant_backlog(t) == 0) &&
	       !is_awaited(e, t);
}

int exporter_reserve_retired(struct exporter *e)
{
	return grow(e->retired, e->retirees_room, e->retirees + 1) ? 0 : -ENOMEM;
}

void exporter_retire(struct exporter *e, struct running *running)
{
	e->retired[e->retirees++] = *running;
	*running = (struct running){ .tenant = NULL };
}

void exporter_reap(struct exporter *e)
{
	size_t i = 0;

	while (!e->is_reloading && i < e->retirees) {
		struct running retired = e->retired[i];

		if (!is_done(e, retired.tenant)) {
			i++;
			continue;
		}
		e->retired[i] = e->retired[--e->retirees];
		log_write(e->log, LOG_INFO, "tenant=%s state=ended",
			  tenant_name(retired.tenant));
		release(&retired);
	}
}

void exporter_free_tenants(struct exporter *e)
{
	size_t i = 0;

	while (e->retirees) {
		struct running retired = e->retired[i];

		if (is_awaited(e, retired.tenant)) {
			i++;
			continue;
		}
		e->retired[i] = e->retired[--e->retirees];
		release(&retired);
		i = 0;
	}
	for (i = 0; i < e->tenants; i++)
		release(&e->running[i]);
	free(e->retired);
	free(e->running);
}

struct tenant *exporter_nth_tenant(const struct exporter *e, size_t i)
{
	if (i < e->tenants)
		return e->running[i].tenant;
	i -= e->tenants;
	return i < e->retirees ? e->retired[i].tenant : NULL;
}

size_t exporter_backlog(const struct exporter *e)
{
	struct tenant *t;
	size_t objects = 0, i;

	for (i = 0; (t = exporter_nth_tenant(e, i)); i++)
		if (!tenant_successor(t))
			objects += tenant_backlog(t);
	return objects;
}
