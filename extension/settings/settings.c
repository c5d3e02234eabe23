/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - see settings.h. The files themselves are read in
 * settings_files.c, what is the program's in settings_program.c.
 */
#include <stdlib.h>
#include "settings/settings.h"
#include "settings/settings_files.h"
#include "settings/settings_program.h"

#define ARENA_MAX    ((size_t)64 << 20)
#define SECTIONS_MAX 64
#define TEXT_MAX     ((size_t)64 << 20)

static void check_keys(const struct config *config, struct problems *problems)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = tenant_sections(sections, SECTIONS_MAX);

	config_check(config, "pipeline", sections, count, problems);
}

/* What two pipelines must not do: write under the same keys. NULL: they do not. The
 * named layouts differ behind different prefixes; an operator's own may be anything. */
static const char *settings_collision(const struct tenant *a, const struct tenant *b)
{
	struct buf x = BUF_INIT(16384), y = BUF_INIT(16384);
	const char *what = NULL;

	tenant_destination(a, &x);
	tenant_destination(b, &y);
	if (str_equal(buf_str(&x), buf_str(&y))) {
		what = "write to the same bucket and prefix";
	} else if (tenant_has_own_layout(a) || tenant_has_own_layout(b)) {
		buf_reset(&x);
		buf_reset(&y);
		tenant_keys_begin(a, &x);
		tenant_keys_begin(b, &y);
		if (str_starts(buf_str(&x), buf_str(&y)) ||
		    str_starts(buf_str(&y), buf_str(&x)))
			what = "may write under the same keys, by their layout";
	}
	if (str_starts(buf_str(&x), STR("stdout")))
		what = NULL;
	buf_fini(&x);
	buf_fini(&y);
	return what;
}

static void check_destinations(struct settings *s, struct problems *problems)
{
	size_t i, j;

	for (i = 0; i < s->tenants; i++) {
		for (j = 0; j < i && s->tenant[i].tenant; j++) {
			const char *what = NULL;
			struct err err = ERR_INIT;

			if (s->tenant[j].tenant)
				what = settings_collision(s->tenant[j].tenant,
							  s->tenant[i].tenant);
			if (!what)
				continue;
			err_set_key(&err, "filename_prefix",
				    "pipelines %s and %s %s; give one of them another "
				    "filename_prefix or dirname",
				    s->tenant[j].name, s->tenant[i].name, what);
			config_problem(s->tenant[i].config, "pipeline.store.buffered",
				       &err, problems);
			s->tenant[i].is_bad = true;
			break;
		}
	}
}

/* One connection per URL: what belongs to it must agree. */
static bool check_source(struct tenant_settings *a, const struct tenant_settings *b,
			 struct problems *problems)
{
	const struct source_options *x = tenant_source(a->tenant),
				    *y = tenant_source(b->tenant);
	struct err err = ERR_INIT;
	const char *key;

	if (!str_equal(x->url.text, y->url.text))
		return true;
	key = source_options_conflict(x, y);
	if (!key)
		return true;
	err_set_key(&err, key,
		    "pipelines %s and %s subscribe to one URL with different values of "
		    "%s; there is one connection for both",
		    b->name, a->name, key);
	config_problem(a->config, "pipeline.subscriber", &err, problems);
	return false;
}

static void check_sources(struct settings *s, struct problems *problems)
{
	size_t i, j;

	for (i = 1; i < s->tenants; i++)
		for (j = 0; j < i && s->tenant[i].tenant; j++)
			if (s->tenant[j].tenant &&
			    !check_source(&s->tenant[i], &s->tenant[j], problems)) {
				s->tenant[i].is_bad = true;
				break;
			}
}

static void settings_sum_up(struct tenant_settings *t, struct problems *problems)
{
	struct buf writer = BUF_INIT(TEXT_MAX), rest = BUF_INIT(TEXT_MAX);

	tenant_text(t->config, true, &writer);
	tenant_text(t->config, false, &rest);
	if (buf_error(&writer) || buf_error(&rest) ||
	    digest_sha256(buf_str(&writer), t->sums.writer) < 0 ||
	    digest_sha256(buf_str(&rest), t->sums.rest) < 0)
		problems_add(problems, "%s: out of memory", t->name);
	buf_fini(&writer);
	buf_fini(&rest);
}

static void read_tenant(struct tenant_settings *t, struct log *log,
			struct problems *problems)
{
	size_t before = problems->count;

	if (!t->config)
		return;
	check_keys(t->config, problems);
	t->tenant = tenant_new(t->name, t->config, log, problems);
	settings_sum_up(t, problems);
	t->is_bad = problems->count > before;
}

/* What is wrong has been said with its place. */
static void free_configs(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->tenants; i++) {
		config_free(s->tenant[i].config);
		s->tenant[i].config = NULL;
	}
}

static void read_tenants(struct settings *s, struct log *log, struct problems *problems)
{
	size_t i;

	for (i = 0; i < s->tenants; i++)
		read_tenant(&s->tenant[i], log, problems);
	check_destinations(s, problems);
	check_sources(s, problems);
	free_configs(s);
}

/* Without a log they are for whoever reads the settings. */
static void tell_warnings(const struct settings *s, struct log *log)
{
	struct str rest = buf_str(&s->warnings.text), line;

	for (; log && rest.len; rest = str_skip(rest, line.len + 1)) {
		line = str_until(rest, '\n');
		log_write(log, LOG_WARNING, "config=old " STR_FMT, STR_ARG(line));
	}
}

struct settings *settings_read(const char *path, char *const *environ, struct log *log,
			       struct problems *problems)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct program program;
	bool is_bad = true;
	size_t before;

	if (!s) {
		problems_add(problems, "%s: out of memory", path);
		return NULL;
	}
	s->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	s->warnings = (struct problems)PROBLEMS_INIT;
	before = problems->count;
	s->base = settings_files_main(path, environ, problems, &s->warnings);
	if (s->base) {
		settings_program(s, &program, problems);
		if (program.include.len)
			check_keys(s->base, problems);
		is_bad = problems->count > before;
		settings_files_tenants(s, path, program.include, environ, problems);
		read_tenants(s, log, problems);
		/* Such as an empty file: a reload must not end what runs. */
		is_bad |= program.include.len == 0 && s->tenants && s->tenant[0].is_bad;
	}
	tell_warnings(s, log);
	if (!is_bad)
		return s;
	settings_free(s);
	return NULL;
}

void settings_free(struct settings *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->tenants; i++) {
		tenant_free(s->tenant[i].tenant);
		free(s->tenant[i].name);
	}
	free(s->tenant);
	config_free(s->base);
	problems_fini(&s->warnings);
	arena_fini(&s->arena);
	free(s);
}
