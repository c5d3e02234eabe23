/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - see settings.h. The files themselves are read in
 * settings_files.c, what is the program's in settings_program.c.
 */
#include <poll.h>
#include <stdlib.h>
#include "format/json_write.h"
#include "settings/advice.h"
#include "settings/collisions.h"
#include "settings/settings.h"
#include "settings/settings_files.h"
#include "settings/settings_program.h"
#include "settings/shard_sum.h"
#include "source/registry.h"
#include "sys/clock.h"

#define ARENA_MAX    ((size_t)64 << 20)
#define SECTIONS_MAX 96
#define TEXT_MAX     ((size_t)64 << 20)

#define WRITTEN_MS     1000 /* what is older is whole */
#define WRITING_MAX_MS 5000

/* The program has limits, too, so nothing that stands there can be another program's. */
static void check_keys(const struct config *config, struct problems *problems)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = pipeline_settings_sections(sections, SECTIONS_MAX);

	count += settings_program_sections(sections + count, SECTIONS_MAX - count);
	config_check(config, "pipeline", sections, count, problems);
	config_check(config, "limits", sections, count, problems);
}

static void settings_sum_up(struct pipeline_settings *p, struct problems *problems)
{
	struct buf writer = BUF_INIT(TEXT_MAX), rest = BUF_INIT(TEXT_MAX);
	struct buf shown = BUF_INIT(TEXT_MAX);
	struct row_labels labels = writer_options_labels(&p->writer);
	const struct encode *encode = writer_options_encode(&p->writer);

	pipeline_settings_text(p->config, true, &writer, &shown);
	pipeline_settings_text(p->config, false, &rest, &shown);
	p->shown = arena_str(&p->arena, buf_str(&shown));
	/* "direct" has other limits on stdout: such a change is more than the writer's. */
	buf_puts(&rest, p->store.is_titled_by_tag ? "tag\n" : "");
	/* Rows get labels for a writer that wants them, and are encoded as it says. */
	if (labels.are_wanted)
		buf_printf(&rest, "labels %d\n", labels.key);
	if (encode)
		buf_printf(&rest, "encode %s\n", encode->stage.name);
	/* Wherever it was said: a new password is another subscription. */
	json_put_string(&rest, p->source.auth.username);
	json_put_string(&rest, p->source.auth.password);
	json_put_string(&rest, p->source.auth.cookie);
	if (buf_error(&writer) || buf_error(&rest) || buf_error(&shown) ||
	    arena_error(&p->arena) ||
	    digest_sha256(buf_str(&writer), p->sums.writer) < 0 ||
	    digest_sha256(buf_str(&rest), p->sums.rest) < 0 || shard_sum(p) < 0)
		problems_add(problems, "%s: out of memory", p->name);
	buf_fini(&writer);
	buf_fini(&rest);
	buf_fini(&shown);
}

static void read_pipeline(struct pipeline_settings *p, struct problems *problems)
{
	size_t before = problems->count;

	if (!p->config)
		return;
	check_keys(p->config, problems);
	pipeline_settings_read(p, problems);
	settings_sum_up(p, problems);
	p->is_bad = problems->count > before;
}

/* What is wrong has been said with its place. A shard makes stages of its own. */
static void free_configs(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->pipelines; i++) {
		if (s->pipeline[i]->source.source == &source_kafka)
			continue;
		config_free(s->pipeline[i]->config);
		s->pipeline[i]->config = NULL;
	}
}

static void read_pipelines(struct settings *s, struct problems *problems)
{
	size_t i;

	for (i = 0; i < s->pipelines; i++)
		read_pipeline(s->pipeline[i], problems);
	collisions_check(s, problems);
	advice_put(s, &s->advice);
	free_configs(s);
}

/* Without a log they are for whoever reads the settings. */
static void tell_each(const struct problems *lines, const char *what, struct log *log)
{
	struct str rest = buf_str(&lines->text), line;

	for (; log && rest.len; rest = str_skip(rest, line.len + 1)) {
		line = str_until(rest, '\n');
		log_write(log, LOG_WARNING, "config=%s " STR_FMT, what, STR_ARG(line));
	}
}

static struct settings *settings_new(const char *path, struct problems *problems)
{
	struct settings *s = calloc(1, sizeof(*s));

	if (s)
		s->names = map_new(SIZE_MAX, SIZE_MAX, NULL);
	if (!s || !s->names) {
		free(s);
		problems_add(problems, "%s: out of memory", path);
		return NULL;
	}
	s->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	s->warnings = s->advice = (struct problems)PROBLEMS_INIT;
	s->main_text = (struct buf)BUF_INIT(SETTINGS_FILE_MAX);
	return s;
}

/* Keys and values, one by one: what they need beside them stands elsewhere. */
static void check_part(const struct config *config, struct problems *problems)
{
	check_keys(config, problems);
	pipeline_settings_try(config, problems);
}

void settings_check_text(const char *path, struct str text, struct problems *problems)
{
	struct settings *s = settings_new(path, problems);
	struct program program;

	if (!s)
		return;
	s->base = settings_files_main(path, text, NULL, problems, &s->warnings);
	if (s->base) {
		settings_program(s, &program, problems);
		if (!program.include.len &&
		    (config_is_set(s->base, "pipeline.subscriber.url") ||
		     config_is_empty(s->base)))
			settings_files_pipelines(s, path, STR(""), NULL, problems);
		else
			check_part(s->base, problems);
		read_pipelines(s, problems);
	}
	settings_free(s);
}

/* All that the files say; is_bad: it is of no use. NULL: no memory. */
static struct settings *settings_try(const char *path, char *const *environ,
				     struct map *known, struct problems *problems)
{
	struct settings *s = settings_new(path, problems);
	struct program program;
	struct str advice, line;
	size_t before = problems->count;

	if (!s)
		return NULL;
	s->is_bad = true;
	s->known = known;
	if (settings_files_read(path, &s->main_text, &s->written_ms, problems) == 0)
		s->base = settings_files_main(path, buf_str(&s->main_text), environ,
					      problems, &s->warnings);
	if (s->base) {
		settings_program(s, &program, problems);
		if (program.include.len)
			check_keys(s->base, problems);
		s->is_bad = problems->count > before;
		settings_files_pipelines(s, path, program.include, environ, problems);
		read_pipelines(s, problems);
		/* Such as an empty file: a reload must not end what runs. */
		s->is_bad |= s->lost_include;
		s->is_bad |= program.include.len == 0 && s->pipelines &&
			     s->pipeline[0]->is_bad;
	}
	/* Whoever reads what is wrong is told what is doubtful, too. */
	for (advice = buf_str(&s->advice.text); s->is_bad && advice.len;
	     advice = str_skip(advice, line.len + 1)) {
		line = str_until(advice, '\n');
		problems_add(problems, STR_FMT, STR_ARG(line));
	}
	buf_fini(&s->main_text);
	return s;
}

static struct settings *settings_use(struct settings *s, struct log *log)
{
	if (!s)
		return NULL;
	tell_each(&s->warnings, "old", log);
	tell_each(&s->advice, "doubtful", log);
	if (!s->is_bad)
		return s;
	settings_free(s);
	return NULL;
}

struct settings *settings_read(const char *path, char *const *environ, struct log *log,
			       struct problems *problems)
{
	return settings_use(settings_try(path, environ, NULL, problems), log);
}

/* How long to wait until the youngest file is old enough; 0: it is. A clock that was
 * set back does not count. */
static int64_t settings_unripe_ms(const struct settings *s)
{
	int64_t age_ms = clock_now().wall_ms - s->written_ms;

	return age_ms >= 0 && age_ms < WRITTEN_MS ? WRITTEN_MS - age_ms : 0;
}

struct settings *settings_read_written(const char *path, char *const *environ,
				       struct map *known, struct log *log,
				       struct problems *problems)
{
	int64_t until_ms = clock_now().mono_ms + WRITING_MAX_MS, wait_ms;
	struct settings *s;

	for (;;) {
		s = settings_try(path, environ, known, problems);
		wait_ms = s ? settings_unripe_ms(s) : 0;
		if (!wait_ms && (!s || !s->asks_all))
			return settings_use(s, log);
		if (s->asks_all)
			known = NULL;
		settings_free(s);
		problems_fini(problems);
		*problems = (struct problems)PROBLEMS_INIT;
		if (clock_now().mono_ms >= until_ms)
			break;
		poll(NULL, 0, (int)wait_ms);
	}
	problems_add(problems,
		     "%s: it, or a file that it includes, has been written to for %d s; "
		     "write aside, and rename what is whole",
		     path, WRITING_MAX_MS / 1000);
	return NULL;
}

void settings_release_pipelines(struct settings *s)
{
	while (s->pipelines)
		pipeline_settings_unref(s->pipeline[--s->pipelines]);
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	settings_release_pipelines(s);
	free(s->pipeline);
	map_free(s->names);
	config_free(s->base);
	buf_fini(&s->main_text);
	problems_fini(&s->warnings);
	problems_fini(&s->advice);
	arena_fini(&s->arena);
	free(s);
}
