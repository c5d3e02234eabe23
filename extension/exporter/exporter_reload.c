/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_reload.c - from the pipelines that run to those that are wanted.
 * See exporter_reload() in exporter.h.
 */
#include <errno.h>
#include <stdlib.h>
#include "base/map.h"
#include "base/now.h"
#include "exporter/exporter_private.h"
#include "sys/clock.h"

static void unref_settings(void *settings)
{
	pipeline_settings_unref(settings);
}

/* Whoever ran before the reload: an index, as the array may move. */
static int name_running(const struct exporter *e, struct map *names)
{
	size_t i;
	int error = 0;

	for (i = 0; i < e->tenants && !error; i++)
		error = map_put(names, str_of(tenant_name(e->running[i].tenant)),
				(void *)(i + 1), 0, NEVER_MS);
	return error;
}

static int name_wanted(const struct settings *s, struct map *names)
{
	size_t i;
	int error = 0;

	for (i = 0; i < s->pipelines && !error; i++)
		error = map_put(names, str_of(s->pipeline[i]->name), s->pipeline[i], 0,
				NEVER_MS);
	return error;
}

struct map *exporter_known(struct exporter *e)
{
	struct map *known = map_new(SIZE_MAX, SIZE_MAX, unref_settings);
	size_t i;

	pthread_mutex_lock(&e->lock);
	for (i = 0; known && i < e->tenants; i++)
		map_put(known, str_of(e->running[i].writer->name),
			pipeline_settings_ref(e->running[i].writer), 0, NEVER_MS);
	pthread_mutex_unlock(&e->lock);
	return known;
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

static int reload_change(struct exporter *e, struct running *running,
			 struct pipeline_settings *p, struct err *err)
{
	if (says_the_same(running, p))
		return exporter_replace_writer(e, running, p, clock_now(), err);
	return exporter_change(e, running, p, clock_now(), err);
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

static void apply_one(struct exporter *e, struct map *names, struct pipeline_settings *p,
		      struct tally *tally)
{
	size_t index = (size_t)map_get(names, str_of(p->name), 0);
	struct running *running = index ? &e->running[index - 1] : NULL;
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
		/* By now it may be sure what the file was when it was read. */
		running->writer->origin = p->origin;
		tally->kept++;
	} else {
		error = reload_change(e, running, p, &err);
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

/* Closes the gaps that retired tenants left. */
static void reload_compact(struct exporter *e)
{
	size_t from, to = 0;

	for (from = 0; from < e->tenants; from++)
		if (e->running[from].tenant)
			e->running[to++] = e->running[from];
	e->tenants = to;
}

static void remove_unwanted(struct exporter *e, struct map *wanted, struct tally *tally)
{
	const struct pipeline_settings *p;
	size_t i;

	for (i = 0; i < e->tenants; i++) {
		struct tenant *t = e->running[i].tenant;

		p = map_get(wanted, str_of(tenant_name(t)), 0);
		if (is_wanted(p))
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
	reload_compact(e);
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

/* Those that are wanted run. */
static int apply_all(struct exporter *e, struct settings *s, struct tally *tally)
{
	struct map *wanted = map_new(SIZE_MAX, SIZE_MAX, NULL);
	struct map *before = map_new(SIZE_MAX, SIZE_MAX, NULL);
	int error = wanted && before ? name_wanted(s, wanted) : -ENOMEM;
	size_t i;

	pthread_mutex_lock(&e->lock);
	exporter_reap(e);
	e->is_reloading = true;
	/* First: one that was renamed ends before it begins. */
	if (!error)
		remove_unwanted(e, wanted, tally);
	if (!error)
		error = name_running(e, before);
	pthread_mutex_unlock(&e->lock);
	for (i = 0; !error && i < s->pipelines && !atomic_load(&e->is_stopping); i++)
		apply_one(e, before, s->pipeline[i], tally);
	map_free(wanted);
	map_free(before);
	return error;
}

/* Sources feed them, and nobody offers those anything that they have replaced. */
static int connect_all(struct exporter *e, struct err *err)
{
	int error;
	size_t i;

	pthread_mutex_lock(&e->lock);
	error = exporter_route(e, err);
	pthread_mutex_unlock(&e->lock);
	if (exporter_tell_questions(e, err) < 0)
		error = -EINVAL;
	/* First: a new one may listen where an old one did. */
	exporter_end_parted(e);
	if (exporter_start_sources(e, err) < 0)
		error = -EINVAL;
	pthread_mutex_lock(&e->lock);
	for (i = 0; i < e->retirees; i++)
		tenant_finish(e->retired[i].tenant);
	e->is_reloading = false;
	pthread_mutex_unlock(&e->lock);
	return error;
}

int exporter_reload(struct exporter *e, struct settings *s, struct buf *changes,
		    struct problems *problems, struct err *err)
{
	struct tally tally = { .changes = changes, .problems = problems };
	int error = apply_all(e, s, &tally) < 0 ? err_set(err, "out of memory") : 0;
	size_t i;

	if (atomic_load(&e->is_stopping))
		error = err_set(err, "it ends: the rest of the reload is left out");
	else if (connect_all(e, err) < 0)
		error = -EINVAL;
	for (i = 0; i < e->tenants; i++)
		tenant_retry(e->running[i].tenant, clock_now());
	pthread_mutex_lock(&e->lock);
	tally.disabled = exporter_note_disabled(e, s);
	if (!error)
		e->generation++;
	report_tally(e, s, &tally);
	pthread_mutex_unlock(&e->lock);
	settings_free(s);
	return error;
}
