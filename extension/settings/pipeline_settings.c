/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_settings.c - see pipeline_settings.h. */
#include <stdatomic.h>
#include <stdlib.h>
#include "format/json_write.h"
#include "settings/pipeline_settings.h"

#define KEY_MAX	     1024
#define KEY_REST     96 /* tag, stream, number, at the most usual */
#define ARENA_MAX    ((size_t)4 << 20)
#define SECTIONS_MAX 64

struct pipeline_settings *pipeline_settings_new(struct str name)
{
	struct pipeline_settings *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	p->name = strndup(name.ptr, name.len);
	if (p->name)
		return p;
	pipeline_settings_unref(p);
	return NULL;
}

struct pipeline_settings *pipeline_settings_ref(struct pipeline_settings *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void pipeline_settings_unref(struct pipeline_settings *p)
{
	if (!p || atomic_fetch_sub(&p->refs, 1) > 1)
		return;
	stage_set_fini(&p->stages);
	config_free(p->config);
	arena_fini(&p->arena);
	free(p->name);
	free(p);
}

/* With series nothing is written: no store has to be configured. */
static void read_writer(struct pipeline_settings *p, const struct config *config,
			struct problems *problems)
{
	if (!p->has_series)
		writer_options_read(&p->writer, config, &p->arena, problems);
	else if (writer_options_default(&p->writer, &writer_stdout, &p->arena) < 0)
		problems_add(problems, "out of memory");
}

/* Keys must not say what is not so. */
static void check_compress(const struct pipeline_settings *p, const struct config *config,
			   struct problems *problems)
{
	const struct compress *compress = p->stages.compress;
	struct err err = ERR_INIT;

	if (!p->store.needs_gzip || !compress || compress == &compress_gzip)
		return;
	err_set_key(&err, "layout", "wants pipeline.compress.type: gzip");
	config_problem(config, "pipeline.store.buffered", &err, problems);
}

/* The first byte that no name of a bucket has; its length: there is none. */
static size_t stray_byte(struct str bucket)
{
	size_t i;

	for (i = 0; i < bucket.len; i++)
		if ((unsigned char)bucket.ptr[i] <= ' ' ||
		    (unsigned char)bucket.ptr[i] >= 0x7f ||
		    strchr("\"'\\", bucket.ptr[i]))
			break;
	return i;
}

/* What S3 never takes is said before anything is sent: names of buckets are ASCII
 * without blanks, and a key has 1,024 bytes at most ("Creating object key names" and
 * "Bucket naming rules" in the S3 User Guide; other stores take more names). */
static void check_place(const struct pipeline_settings *p, const struct config *config,
			struct problems *problems)
{
	struct config_listener listener = { config, "pipeline.store.buffered", problems,
					    false };
	struct str bucket = p->store.dirname, prefix = p->store.bucket.prefix;
	struct err err = config_listen(&listener);
	size_t stray = stray_byte(bucket);

	if (p->writer.writer != &writer_s3)
		return;
	if (stray < bucket.len)
		err_set_key(
			&err, "dirname",
			"is no name of a bucket, at its character %zu: blanks, quotes and "
			"what is not ASCII do not belong there; was it pasted?",
			stray + 1);
	err_also(&err);
	if (prefix.len > KEY_MAX - KEY_REST)
		err_set_key(
			&err, "filename_prefix",
			"has %zu bytes: with what follows keys would be longer than the "
			"%d bytes that a store takes",
			prefix.len, KEY_MAX);
	err_also(&err);
}

void pipeline_settings_read(struct pipeline_settings *p, struct problems *problems)
{
	const struct config *config = p->config;
	size_t before = problems->count;
	enum store_type type;

	source_options_read(&p->source, config, &p->arena, problems);
	stage_set_read(&p->stages, config, &p->arena, problems);
	type = store_type_read(config, &p->arena, problems);
	p->has_series = type == STORE_PROM_SKY_CON;
	read_writer(p, config, problems);
	store_options_read(&p->store, config, type, p->writer.writer == &writer_stdout,
			   &p->arena, problems);
	check_compress(p, config, problems);
	check_place(p, config, problems);
	if (p->has_series)
		prom_sky_con_read(&p->prom_sky_con, config, &p->stages, &p->arena,
				  problems);
	account_options_read(&p->account, config, &p->arena, problems);
	p->has_values = problems->count == before;
}

int pipeline_settings_redirect(struct pipeline_settings *p, struct str directory)
{
	if (p->writer.writer == &writer_stdout)
		return 0;
	return writer_options_file(&p->writer, directory, &p->arena);
}

static void put_section(const struct config *config, const struct config_section *section,
			struct buf *text)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct problems ignored = PROBLEMS_INIT;
	void *state = arena_alloc(&arena, section->shape->size);

	if (state && config_read(config, section->path, section->shape, state, &arena,
				 &ignored) == 0) {
		buf_printf(text, "%s", section->path);
		json_put_record(text, section->shape, state, (struct json_style){ 0 });
		buf_putc(text, '\n');
	}
	problems_fini(&ignored);
	arena_fini(&arena);
}

void pipeline_settings_text(const struct config *config, bool writer, struct buf *text)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = pipeline_settings_sections(sections, SECTIONS_MAX), i;

	for (i = 0; i < count; i++)
		if (writer == str_starts(str_of(sections[i].path), STR("pipeline.write")))
			put_section(config, &sections[i], text);
}

void pipeline_settings_try(const struct config *config, struct problems *problems)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = pipeline_settings_sections(sections, SECTIONS_MAX), i;

	for (i = 0; i < count; i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		void *state = arena_alloc(&arena, sections[i].shape->size);

		if (state)
			config_read(config, sections[i].path, sections[i].shape, state,
				    &arena, problems);
		arena_fini(&arena);
	}
}

size_t pipeline_settings_sections(struct config_section *sections, size_t max)
{
	size_t (*const parts[])(struct config_section *, size_t) = {
		registry_sections,	source_sections,  writer_options_sections,
		store_options_sections, account_sections,
	};
	size_t count = 0, i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		count += parts[i](sections + count, count < max ? max - count : 0);
	if (count < max)
		sections[count] = prom_sky_con_section;
	return count + 1;
}
