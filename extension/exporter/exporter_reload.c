/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_reload.c - from the pipelines that run to those that are wanted.
 * See exporter_reload() in exporter.h.
 */
#include <errno.h>
#include <stdlib.h>
#include "exporter/exporter_private.h"
#include "sys/clock.h"

static struct running *find_running(struct exporter *e, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (e->running[i].tenant &&
		    strcmp(tenant_name(e->running[i].tenant), name) == 0)
			return &e->running[i];
	return NULL;
}

/* One that was removed and still finishes: its spool is in use. */
static struct tenant *find_retired(struct exporter *e, const char *name)
{
	size_t i;

	for (i = 0; i < e->retirees; i++)
		if (!tenant_successor(e->retired[i].tenant) &&
		    strcmp(tenant_name(e->retired[i].tenant), name) == 0)
			return e->retired[i].tenant;
	return NULL;
}

static const struct pipeline_settings *find_wanted(const struct settings *s,
						   const char *name)
{
	size_t i;

	for (i = 0; i < s->pipelines; i++)
		if (strcmp(s->pipeline[i]->name, name) == 0)
			return s->pipeline[i];
	return NULL;
}

static bool says_the_same(const struct running *running,
			  const struct pipeline_settings *p)
{
	return memcmp(running->settings->sums.rest, p->sums.rest, SHA256_SIZE) == 0;
}

static bool writes_the_same(const struct running *running,
			    const struct pipeline_settings *p)
{
	return memcmp(running->writer->sums.writer, p->sums.writer, SHA256_SIZE) == 0;
}

static int reload_change(struct exporter *e, size_t at, struct pipeline_settings *p,
			 struct err *err)
{
	struct now now = clock_now();
	int error;

	if (says_the_same(&e->running[at], p))
		return exporter_replace_writer(&e->running[at], p, now, err);
	if (exporter_reserve_retired(e) < 0)
		return err_set(err, "out of memory");
	error = exporter_add(e, p, e->running[at].tenant, 0, now, err);
	if (!error)
		exporter_retire(e, &e->running[at]);
	return error;
}

struct tally {
	size_t added, changed, removed, kept, bad;
	size_t disabled;
	struct buf *changes; /* the same, for a person */
	struct problems *problems;
};

static void tell_change(struct tally *tally, size_t *count, const char *what,
			const char *name)
{
	++*count;
	buf_printf(tally->changes, "%s %s\n", what, name);
}

static void tell_failure(struct exporter *e, struct tally *tally, const char *name,
			 const char *why)
{
	tally->bad++;
	problems_add(tally->problems, "pipeline %s: %s; it stays as it was", name, why);
	log_write(e->log, LOG_ERROR,
		  "tenant=%s reload=failed error=\"%s\" it stays as it was", name,
		  LOG_QUOTED(why));
}

static void apply_one(struct exporter *e, size_t before, struct pipeline_settings *p,
		      struct tally *tally)
{
	struct running *running = find_running(e, before, p->name);
	struct err err = ERR_INIT;
	int error = 0;

	if (p->is_bad) {
		tally->bad++;
		return;
	}
	if (p->is_disabled)
		return;
	if (!running) {
		error = exporter_add(e, p, find_retired(e, p->name), 0, clock_now(),
				     &err);
		if (!error)
			tell_change(tally, &tally->added, "added", p->name);
	} else if (says_the_same(running, p) && writes_the_same(running, p)) {
		tally->kept++;
	} else {
		error = reload_change(e, (size_t)(running - e->running), p, &err);
		if (!error)
			tell_change(tally, &tally->changed, "changed", p->name);
	}
	if (error)
		tell_failure(e, tally, p->name, err.text);
}

/* One that is wrong stays as it was, whatever it says. */
static bool is_wanted(const struct pipeline_settings *p)
{
	return p && (p->is_bad || !p->is_disabled);
}

static void remove_unwanted(struct exporter *e, const struct settings *s, size_t before,
			    struct tally *tally)
{
	const struct pipeline_settings *p;
	size_t i;

	for (i = 0; i < before; i++) {
		struct tenant *t = e->running[i].tenant;

		p = t ? find_wanted(s, tenant_name(t)) : NULL;
		if (!t || is_wanted(p))
			continue;
		if (exporter_reserve_retired(e) < 0) {
			tell_failure(e, tally, tenant_name(t), "out of memory");
			continue;
		}
		exporter_retire(e, &e->running[i]);
		tenant_end(t);
		tell_change(tally, &tally->removed, p ? "disabled" : "removed",
			    tenant_name(t));
	}
}

/* Closes the gaps that retired tenants left. */
static void reload_compact(struct exporter *e)
{
	size_t from, to = 0;

	for (from = 0; from < e->tenants; from++)
		if (e->running[from].tenant)
			e->running[to++] = e->running[from];
	e->tenants = to;
}

static void report_tally(struct exporter *e, const struct settings *s,
			 const struct tally *tally)
{
	log_write(e->log, LOG_INFO,
		  "reload=done generation=%u added=%zu changed=%zu "
		  "removed=%zu kept=%zu bad=%zu disabled=%zu",
		  e->generation, tally->added, tally->changed, tally->removed,
		  tally->kept, tally->bad, tally->disabled);
	buf_printf(tally->changes, "unchanged: %zu\n", tally->kept);
	if (tally->disabled)
		buf_printf(tally->changes, "disabled: %zu\n", tally->disabled);
	if (str_equal(s->program_text, e->settings->program_text))
		return;
	log_write(e->log, LOG_WARNING,
		  "reload=partial keys outside of pipeline "
		  "have changed; they take effect at the next start");
	buf_puts(tally->changes, "keys outside of pipeline have changed; they take "
				 "effect at the next start\n");
}

int exporter_reload(struct exporter *e, struct settings *s, struct buf *changes,
		    struct problems *problems, struct err *err)
{
	struct tally tally = { .changes = changes, .problems = problems };
	size_t before, i;
	int error;

	pthread_mutex_lock(&e->lock);
	exporter_reap(e);
	before = e->tenants;
	/* First: one that was renamed ends before it begins. */
	remove_unwanted(e, s, before, &tally);
	for (i = 0; i < s->pipelines; i++)
		apply_one(e, before, s->pipeline[i], &tally);
	reload_compact(e);
	tally.disabled = exporter_note_disabled(e, s);
	error = exporter_route(e, err);
	pthread_mutex_unlock(&e->lock);
	/* First: a new one may listen where an old one did. */
	exporter_end_parted(e);
	pthread_mutex_lock(&e->lock);
	if (exporter_start_sources(e, err) < 0)
		error = -EINVAL;
	/* Nobody offers them anything any more; those that finish already may have been
	 * reaped meanwhile. */
	for (i = 0; i < e->retirees; i++)
		tenant_finish(e->retired[i].tenant);
	for (i = 0; i < e->tenants; i++)
		tenant_retry(e->running[i].tenant, clock_now());
	if (!error)
		e->generation++;
	report_tally(e, s, &tally);
	pthread_mutex_unlock(&e->lock);
	settings_free(s);
	return error;
}
