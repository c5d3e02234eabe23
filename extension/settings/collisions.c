/* SPDX-License-Identifier: Apache-2.0 */
/* collisions.c - see collisions.h. */
#include <stdlib.h>
#include "base/map.h"
#include "base/now.h"
#include "settings/begins.h"
#include "settings/collisions.h"
#include "settings/destination.h"
#include "settings/shard_settings.h"

#define PLACE_MAX 16384
#define TEXTS_MAX ((size_t)256 << 20)
#define URLS_MAX  ((size_t)64 << 20)

static bool is_run(const struct pipeline_settings *p)
{
	return p->has_values && !p->is_disabled;
}

/* Fills in where each writes; returns how many do. */
static size_t put_begins(const struct settings *s, bool with_layout, struct arena *arena,
			 struct begin *all)
{
	struct buf text = BUF_INIT(PLACE_MAX);
	size_t i, count = 0;

	for (i = 0; i < s->pipelines; i++) {
		const struct pipeline_settings *p = s->pipeline[i];

		if (!is_run(p) || !p->writer.writer || !p->writer.writer->put_place)
			continue;
		buf_reset(&text);
		destination_put_begin(p, with_layout, &text);
		all[count++] = (struct begin){ p->writer.writer,
					       arena_str(arena, buf_str(&text)), i,
					       p->store.has_own_layout, BEGINS_NONE };
	}
	buf_fini(&text);
	return count;
}

static bool has_own_layouts(const struct settings *s)
{
	size_t i = 0;

	while (i < s->pipelines && !s->pipeline[i]->store.has_own_layout)
		i++;
	return i < s->pipelines;
}

/* Sets found to the lowest number that each pipeline meets. */
static int find(const struct settings *s, bool with_layout, struct begin *all,
		size_t *found)
{
	struct arena arena = ARENA_INIT(TEXTS_MAX);
	bool is_needed = !with_layout || has_own_layouts(s);
	size_t i, count = is_needed ? put_begins(s, with_layout, &arena, all) : 0;
	int result = arena_error(&arena);

	if (result == 0 && with_layout)
		result = begins_nested(all, count);
	else if (result == 0)
		begins_same(all, count);
	for (i = 0; i < s->pipelines; i++)
		found[i] = BEGINS_NONE;
	for (i = 0; result == 0 && i < count; i++)
		found[all[i].number] = all[i].met;
	arena_fini(&arena);
	return result;
}

/* Whether it can be said of a pipeline with file and line: not of one that was read
 * before, so then all are read. */
static bool can_tell(struct settings *s, const struct pipeline_settings *p)
{
	if (!p->config)
		s->asks_all = true;
	return p->config != NULL;
}

static void tell(struct settings *s, size_t number, size_t met, const char *what,
		 struct problems *problems)
{
	struct pipeline_settings *a = s->pipeline[number];
	struct err err = ERR_INIT;

	if (!can_tell(s, a))
		return;
	err_set_key(&err, "filename_prefix",
		    "pipelines %s and %s %s; give one of them another filename_prefix or "
		    "dirname",
		    s->pipeline[met]->name, a->name, what);
	config_problem(a->config, "pipeline.store.buffered", &err, problems);
	a->is_bad = true;
}

/* The named layouts differ behind different prefixes; an operator's own may be
 * anything. */
static void check_destinations(struct settings *s, struct problems *problems)
{
	struct begin *all = calloc(s->pipelines, sizeof(*all));
	size_t *same = calloc(s->pipelines, sizeof(*same));
	size_t *nested = calloc(s->pipelines, sizeof(*nested));
	size_t i;

	if (!all || !same || !nested || find(s, false, all, same) < 0 ||
	    find(s, true, all, nested) < 0)
		problems_add(problems, "out of memory");
	else
		for (i = 0; i < s->pipelines; i++)
			if (same[i] < i)
				tell(s, i, same[i], "write to the same bucket and prefix",
				     problems);
			else if (nested[i] < i)
				tell(s, i, nested[i],
				     "may write under the same keys, by their layout",
				     problems);
	free(all);
	free(same);
	free(nested);
}

/* One connection per URL: what belongs to it must agree. */
static void check_source(struct settings *s, struct pipeline_settings *a,
			 const struct pipeline_settings *first, struct problems *problems)
{
	const char *key = source_options_conflict(&a->source, &first->source);
	struct err err = ERR_INIT;

	if (!key || !can_tell(s, a))
		return;
	err_set_key(&err, key,
		    "pipelines %s and %s subscribe to one URL with different values of "
		    "%s; there is one connection for both",
		    first->name, a->name, key);
	config_problem(a->config, "pipeline.subscriber", &err, problems);
	a->is_bad = true;
}

/* Each with the first of its URL, as that one's connection is what there is. */
static void check_sources(struct settings *s, struct problems *problems)
{
	struct map *urls = map_new(s->pipelines, URLS_MAX, NULL);
	size_t i;

	for (i = 0; urls && i < s->pipelines; i++) {
		struct pipeline_settings *p = s->pipeline[i], *first;

		if (!is_run(p))
			continue;
		first = map_get(urls, p->source.url.text, 0);
		if (first)
			check_source(s, p, first, problems);
		else if (map_put(urls, p->source.url.text, p, 0, NEVER_MS) < 0)
			problems_add(problems, "out of memory");
	}
	if (!urls)
		problems_add(problems, "out of memory");
	map_free(urls);
}

/* Each with the first of its group. */
static void check_group(struct map *groups, struct pipeline_settings *p,
			struct problems *problems)
{
	struct str group = shard_settings_group(p);
	struct err err = ERR_INIT;
	struct pipeline_settings *first;
	const char *section;

	if (!group.len || !is_run(p))
		return;
	first = map_get(groups, group, 0);
	if (!first && map_put(groups, group, p, 0, NEVER_MS) < 0)
		problems_add(problems, "out of memory");
	if (!first || shard_settings_pair(p, first, &section, &err) == 0)
		return;
	config_problem(p->config, section, &err, problems);
	p->is_bad = true;
}

static void check_groups(struct settings *s, struct problems *problems)
{
	struct map *groups = map_new(s->pipelines, URLS_MAX, NULL);
	size_t i;

	for (i = 0; groups && i < s->pipelines; i++)
		check_group(groups, s->pipeline[i], problems);
	if (!groups)
		problems_add(problems, "out of memory");
	map_free(groups);
}

void collisions_check(struct settings *s, struct problems *problems)
{
	if (!s->pipelines)
		return;
	check_destinations(s, problems);
	check_sources(s, problems);
	check_groups(s, problems);
}
