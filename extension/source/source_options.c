/* SPDX-License-Identifier: Apache-2.0 */
/* source_options.c - see source_options.h. */
#include <stdio.h>
#include "format/json_write.h"
#include "source/registry.h"
#include "source/source_options.h"

#define SECTION	 "pipeline.subscriber"
#define TEXT_MAX ((size_t)64 << 10)

struct source_keys {
	struct str url, capture_id;
};

static const struct shape source_shape = {
	.name = "subscriber",
	.size = sizeof(struct source_keys),
	.fields =
		(const struct field[]){
			OPTION(struct source_keys, url, "url", 0,
			       "where flows come from"),
			OPTION(struct source_keys, capture_id, "capture_id", 0,
			       "only the flows of this capture"),
			{ 0 },
		},
};

static void read_own(struct source_options *o, const struct config *config,
		     struct arena *arena, struct problems *problems)
{
	const struct shape *shape = o->source->options;
	void *own = shape ? arena_alloc(arena, shape->size) : NULL;

	if (own && config_read(config, SECTION, shape, own, arena, problems) == 0)
		o->own = own;
	else if (shape && !own)
		problems_add(problems, "out of memory");
}

static void check_own(const struct source_options *o, const struct config *config,
		      struct problems *problems)
{
	struct err err = ERR_INIT;

	if (o->source->check && o->url.text.len && (o->own || !o->source->options) &&
	    o->source->check(&o->url, o->own, &err) < 0)
		config_problem(config, SECTION, &err, problems);
}

void source_options_read(struct source_options *o, const struct config *config,
			 struct arena *arena, struct problems *problems)
{
	struct source_keys keys = { .url = STR("") };
	struct err err = ERR_INIT;

	*o = (struct source_options){ .source = NULL };
	if (config_read(config, SECTION, &source_shape, &keys, arena, problems))
		return;
	o->capture_id = keys.capture_id;
	if (source_find(keys.url, &o->source, &o->url, &err) < 0) {
		snprintf(err.key, sizeof(err.key), "url");
		config_problem(config, SECTION, &err, problems);
	}
	if (!o->source)
		return;
	read_own(o, config, arena, problems);
	check_own(o, config, problems);
	if (o->source == &source_flow_stream)
		source_auth_read(&o->auth, config, &o->url, arena, problems);
}

size_t source_sections(struct config_section *sections, size_t max)
{
	const struct source *const *source;
	size_t count = 0;

	if (count < max)
		sections[count] = (struct config_section){ SECTION, &source_shape };
	count++;
	if (count < max)
		sections[count] = source_auth_section;
	count++;
	for (source = source_all; *source; source++) {
		if (!(*source)->options)
			continue;
		if (count < max)
			sections[count] = (struct config_section){ SECTION,
								   (*source)->options };
		count++;
	}
	return count;
}

/* As text, because only a shape's writer knows every kind of field. */
static bool options_field_differs(const struct field *field, size_t size, const void *a,
				  const void *b)
{
	const struct field fields[] = { *field, { 0 } };
	const struct shape alone = { .name = "", .size = size, .fields = fields };
	const struct json_style style = { 0 };
	struct buf x = BUF_INIT(TEXT_MAX), y = BUF_INIT(TEXT_MAX);
	bool differs;

	json_put_record(&x, &alone, a, style);
	json_put_record(&y, &alone, b, style);
	differs = !str_equal(buf_str(&x), buf_str(&y));
	buf_fini(&x);
	buf_fini(&y);
	return differs;
}

const char *source_options_conflict(const struct source_options *a,
				    const struct source_options *b)
{
	const struct field *field;

	if (a->source != b->source || !a->own || !b->own)
		return NULL;
	for (field = a->source->options->fields; field->name; field++)
		if (options_field_differs(field, a->source->options->size, a->own,
					  b->own))
			return field->name;
	return source_auth_equal(&a->auth, &b->auth) ? NULL : "auth";
}
