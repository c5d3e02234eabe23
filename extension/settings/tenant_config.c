/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_config.c - see tenant_config.h. */
#include <errno.h>
#include <stdlib.h>
#include "format/json_write.h"
#include "settings/tenant_config.h"

#define ARENA_MAX    ((size_t)4 << 20)
#define SECTIONS_MAX 64

struct capture {
	struct str capture_id;
};

static const struct shape capture_shape = {
	.name = "subscriber",
	.size = sizeof(struct capture),
	.fields =
		(const struct field[]){
			OPTION(struct capture, capture_id, "capture_id", 0,
			       "only the flows of this capture"),
			{ 0 },
		},
};

static const struct writer *choose_writer(const struct config *config,
					  struct arena *arena, struct problems *problems)
{
	struct registry_type type = { .type = STR("") };
	struct err err = ERR_INIT;
	const struct writer *writer;

	if (config_read(config, "pipeline.write", &registry_type_shape, &type, arena,
			problems))
		return NULL;
	writer = type.type.len ? writer_find(type.type) : &writer_s3;
	if (writer)
		return writer;
	err_set_key(&err, "type",
		    "\"" STR_FMT "\" is not supported; there are: s3, file, "
		    "stdout",
		    STR_ARG(type.type));
	config_problem(config, "pipeline.write", &err, problems);
	return NULL;
}

static void read_writer(struct tenant_config *tc, const struct config *config,
			struct problems *problems)
{
	/* With series nothing is written: no store has to be configured. */
	const struct writer *writer = tc->has_series ? &writer_stdout
						     : choose_writer(config, &tc->arena,
								     problems);
	struct err err = ERR_INIT;

	if (!writer)
		return;
	if (writer_instance_new(&tc->writer, writer) < 0) {
		problems_add(problems, "out of memory");
		return;
	}
	if (config_read(config, writer->section, writer->state, tc->writer.state,
			&tc->writer.arena, problems))
		return;
	/* Once, to find what is wrong with its keys. */
	if (writer_instance_init(&tc->writer, NULL, &err) < 0)
		config_problem(config, writer->section, &err, problems);
	writer_instance_release(&tc->writer);
}

/* Keys must not say what is not so. */
static void check_compress(const struct tenant_config *tc, const struct config *config,
			   struct problems *problems)
{
	const struct compress *compress = tc->stages.compress;
	struct err err = ERR_INIT;

	if (!tc->store.needs_gzip || !compress || compress == &compress_gzip)
		return;
	err_set_key(&err, "layout", "wants pipeline.compress.type: gzip");
	config_problem(config, "pipeline.store.buffered", &err, problems);
}

void tenant_config_read(struct tenant_config *tc, const struct config *config,
			struct log *log, struct problems *problems)
{
	struct capture capture = { .capture_id = STR("") };
	enum store_type type;

	*tc = (struct tenant_config){ .arena = ARENA_INIT(ARENA_MAX) };
	config_read(config, "pipeline.subscriber", &capture_shape, &capture, &tc->arena,
		    problems);
	tc->capture_id = capture.capture_id;
	stage_set_read(&tc->stages, config, &tc->arena, problems);
	type = store_type_read(config, &tc->arena, problems);
	tc->has_series = type == STORE_PROM_SKY_CON;
	read_writer(tc, config, problems);
	store_options_read(&tc->store, config, type, tc->writer.type == &writer_stdout,
			   &tc->arena, problems);
	check_compress(tc, config, problems);
	if (tc->has_series)
		prom_sky_con_read(&tc->prom_sky_con, config, &tc->stages, &tc->arena,
				  problems);
	tc->account = account_read(config, &tc->arena, log, problems);
}

void tenant_config_fini(struct tenant_config *tc)
{
	account_free(tc->account);
	stage_set_fini(&tc->stages);
	writer_instance_fini(&tc->writer);
	arena_fini(&tc->arena);
}

int tenant_config_redirect(struct tenant_config *tc, struct str directory)
{
	if (tc->writer.type == &writer_stdout)
		return 0;
	writer_instance_fini(&tc->writer);
	return writer_instance_new_file(&tc->writer, directory);
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

void tenant_config_text(const struct config *config, bool writer, struct buf *text)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = tenant_config_sections(sections, SECTIONS_MAX), i;

	for (i = 0; i < count; i++)
		if (writer == str_starts(str_of(sections[i].path), STR("pipeline.write")))
			put_section(config, &sections[i], text);
}

static void tenant_config_append(struct config_section *sections, size_t max,
				 size_t *count, const char *path,
				 const struct shape *shape)
{
	if (*count < max)
		sections[*count] = (struct config_section){ path, shape };
	(*count)++;
}

size_t tenant_config_sections(struct config_section *sections, size_t max)
{
	const struct writer *const *writer;
	size_t count = registry_sections(sections, max);

	tenant_config_append(sections, max, &count, "pipeline.subscriber",
			     &capture_shape);
	tenant_config_append(sections, max, &count, "pipeline.write",
			     &registry_type_shape);
	tenant_config_append(sections, max, &count, prom_sky_con_section.path,
			     prom_sky_con_section.shape);
	for (writer = writer_all; *writer; writer++)
		tenant_config_append(sections, max, &count, (*writer)->section,
				     (*writer)->state);
	count += store_options_sections(sections + count, count < max ? max - count : 0);
	count += account_sections(sections + count, count < max ? max - count : 0);
	return count;
}
