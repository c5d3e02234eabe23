/* SPDX-License-Identifier: Apache-2.0 */
/* writer_options.c - see writer_options.h. */
#include <errno.h>
#include "stage/registry.h"
#include "writer/writer_instance.h"
#include "writer/writer_options.h"

#define SECTION "pipeline.write"

/* A string of the values by its key, or NULL. */
static struct str *place_of(const struct writer_options *options, const char *key)
{
	const struct field *field = shape_find(options->writer->state, str_of(key));

	return field ? (struct str *)((char *)options->values + field->offset) : NULL;
}

int writer_options_default(struct writer_options *options, const struct writer *writer,
			   struct arena *arena)
{
	const struct shape *shape = writer->state;

	*options = (struct writer_options){ writer, arena_alloc(arena, shape->size) };
	if (!options->values) {
		options->writer = NULL;
		return -ENOMEM;
	}
	if (shape->defaults)
		memcpy(options->values, shape->defaults, shape->size);
	return 0;
}

int writer_options_file(struct writer_options *options, struct str directory,
			struct arena *arena)
{
	int error = writer_options_default(options, &writer_file, arena);

	if (!error)
		*place_of(options, "directory") = arena_str(arena, directory);
	return error ? error : arena_error(arena);
}

static const struct writer *choose_writer(const struct config *config,
					  struct arena *arena, struct problems *problems)
{
	struct registry_type type = { .type = STR("") };
	struct err err = ERR_INIT;
	const struct writer *writer;

	if (config_read(config, SECTION, &registry_type_shape, &type, arena, problems))
		return NULL;
	writer = type.type.len ? writer_find(type.type) : &writer_s3;
	if (writer)
		return writer;
	err_set_key(&err, "type",
		    "\"" STR_FMT "\" is not supported; there are: s3, file, kafka, "
		    "stdout",
		    STR_ARG(type.type));
	config_problem(config, SECTION, &err, problems);
	return NULL;
}

/* An instance finds what is wrong with the values. */
static void try_instance(const struct writer_options *options,
			 const struct config *config, struct problems *problems)
{
	struct config_listener listener = { config, options->writer->section, problems,
					    true };
	struct writer_instance instance;
	struct err err = config_listen(&listener);

	if (writer_instance_open(&instance, options, NULL, &err) < 0)
		err_also(&err);
	else
		writer_instance_close(&instance);
}

void writer_options_read(struct writer_options *options, const struct config *config,
			 struct arena *arena, struct problems *problems)
{
	const struct writer *writer = choose_writer(config, arena, problems);

	*options = (struct writer_options){ .writer = NULL };
	if (!writer)
		return;
	if (writer_options_default(options, writer, arena) < 0) {
		problems_add(problems, "out of memory");
		return;
	}
	/* A value that does not fit is told, and its default taken: what else is wrong
	 * is to be found, too. */
	config_read(config, writer->section, writer->state, options->values, arena,
		    problems);
	try_instance(options, config, problems);
}

size_t writer_options_sections(struct config_section *sections, size_t max)
{
	const struct writer *const *writer;
	size_t count = 0;

	if (count < max)
		sections[count] = (struct config_section){ SECTION,
							   &registry_type_shape };
	count++;
	for (writer = writer_all; *writer; writer++, count++)
		if (count < max)
			sections[count] = (struct config_section){ (*writer)->section,
								   (*writer)->state };
	return count;
}

void writer_options_put_place(const struct writer_options *options, struct str key,
			      struct buf *b)
{
	if (options->writer && options->writer->put_place)
		options->writer->put_place(options->values, key, b);
}

struct row_labels writer_options_labels(const struct writer_options *options)
{
	if (!options->writer || !options->writer->labels)
		return (struct row_labels){ .are_wanted = false };
	return options->writer->labels(options->values);
}

const struct encode *writer_options_encode(const struct writer_options *options)
{
	if (!options->writer || !options->writer->encode)
		return NULL;
	return options->writer->encode(options->values);
}

void writer_options_describe(const struct writer_options *options, struct buf *b)
{
	const struct str *place;

	if (!options->writer)
		return;
	place = place_of(options, "endpoint");
	if (!place)
		place = place_of(options, "directory");
	if (!place)
		place = place_of(options, "topic");
	buf_printf(b, "%s ", options->writer->name);
	if (place)
		buf_put(b, *place);
}
