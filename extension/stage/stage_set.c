/* SPDX-License-Identifier: Apache-2.0 */
/* stage_set.c - see stage_set.h. */
#include <stdio.h>
#include "stage/stage_set.h"
#include "stage/stage_state.h"

/* Where stages are read from, and where what is wrong goes. */
struct stage_reading {
	const struct config *config;
	struct arena *arena;
	struct problems *problems;
};

static const struct stage_entry no_entry = { .stage = NULL };

static void list_stages(enum stage_kind kind, struct buf *names)
{
	const struct stage_entry *entry;

	for (entry = registry[kind].entries; entry->stage; entry++)
		buf_printf(names, "%s%s", names->len ? ", " : "", entry->stage->name);
}

/* The stage that the configuration names, or NULL and a problem. */
static const struct stage_entry *set_choose(const struct stage_reading *r,
					    enum stage_kind kind, const char *fallback)
{
	const char *phase = registry[kind].phase;
	struct registry_type type = { .type = STR("") };
	const struct stage_entry *entry;
	struct buf names = BUF_INIT(1024);
	struct err err = ERR_INIT;

	if (config_read(r->config, phase, &registry_type_shape, &type, r->arena,
			r->problems))
		return NULL;
	if (type.type.len == 0)
		type.type = str_of(fallback);
	entry = registry_find(kind, type.type);
	if (entry)
		return entry;
	list_stages(kind, &names);
	err_set_key(&err, "type", "\"" STR_FMT "\" is not supported; there are: %s",
		    STR_ARG(type.type), buf_str(&names).ptr);
	config_problem(r->config, phase, &err, r->problems);
	buf_fini(&names);
	return NULL;
}

/* The stage of a kind, its state configured and prepared; no_entry and a problem when
 * there is none. */
static const struct stage_entry *set_read_one(const struct stage_reading *r,
					      enum stage_kind kind, const char *fallback,
					      void **state)
{
	const struct stage_entry *entry = set_choose(r, kind, fallback);
	struct config_listener listener = { r->config, NULL, r->problems, false };
	const struct stage *stage;
	struct err err = config_listen(&listener);

	if (!entry)
		return &no_entry;
	stage = entry->stage;
	if (stage_state_new(stage, state) < 0) {
		problems_add(r->problems, "%s: out of memory", stage->name);
		return &no_entry;
	}
	if (stage->state && config_read(r->config, stage->section, stage->state, *state,
					r->arena, r->problems))
		return entry;
	listener.path = stage->section ? stage->section : registry[kind].phase;
	if (stage_state_init(stage, *state, &err) < 0)
		err_also(&err);
	return entry;
}

static void set_misfit(const struct config *config, enum stage_kind kind,
		       struct problems *problems, const char *what, const char *with,
		       const char *hint)
{
	struct err err = ERR_INIT;

	err_set_key(&err, "type", "%s does not fit %s; %s", what, with, hint);
	config_problem(config, registry[kind].phase, &err, problems);
}

/* encoder: of a caller who refuses headers himself; NULL: there is none. */
static void check_fit(const struct stage_set *set, const char *encoder,
		      const struct config *config, struct problems *problems)
{
	const struct transform *transform = set->transform;
	const struct mangle *mangle = set->mangle;
	const struct header *header = set->header;
	const struct encode *encode = set->encode;
	char what[64], with[64];

	snprintf(with, sizeof(with), "transform %s", transform->stage.name);
	if (mangle->record && mangle->record != transform->record) {
		snprintf(what, sizeof(what), "mangle %s", mangle->stage.name);
		set_misfit(config, KIND_MANGLE, problems, what, with,
			   "it needs records of another transform");
	}
	snprintf(what, sizeof(what), "encode %s", encode->stage.name);
	if (encode->record && encode->record != transform->record)
		set_misfit(config, KIND_ENCODE, problems, what, with,
			   "it needs records of another transform");
	if (encode->is_flat && !shape_is_flat(set->record))
		set_misfit(config, KIND_ENCODE, problems, what, with,
			   "its records have objects inside: use encode json or ndjson");
	snprintf(with, sizeof(with), "storeheader %s", header->stage.name);
	if (header->is_header && !encode->takes_header &&
	    !(encoder && strcmp(encoder, encode->stage.name) == 0))
		set_misfit(config, KIND_ENCODE, problems, what, with,
			   "use encode json, or storeheader none");
}

/* What the transform writes. */
static void choose_record(struct stage_set *set, bool is_ready,
			  const struct config *config, struct problems *problems)
{
	const struct transform *transform = set->transform;
	struct err err = ERR_INIT;

	set->record = transform->record;
	if (!transform->choose || !is_ready)
		return;
	set->record = transform->choose(set->transform_state, set->encode, &err);
	if (set->record)
		return;
	set->record = transform->record;
	config_problem(config, transform->stage.section, &err, problems);
}

/* Records of some transforms are usually written by an encoder of their own. */
static const char *set_usual_encoder(const struct transform *transform)
{
	return transform && transform->encoder ? transform->encoder
					       : registry[KIND_ENCODE].fallback;
}

static void set_read_stages(struct stage_set *set, const struct stage_reading *r,
			    const char *encoder)
{
	set->classify = set_read_one(r, KIND_CLASSIFY, registry[KIND_CLASSIFY].fallback,
				     &set->classify_state)
				->classify;
	set->filter = set_read_one(r, KIND_FILTER, registry[KIND_FILTER].fallback,
				   &set->filter_state)
			      ->filter;
	set->transform = set_read_one(r, KIND_TRANSFORM,
				      registry[KIND_TRANSFORM].fallback,
				      &set->transform_state)
				 ->transform;
	set->mangle = set_read_one(r, KIND_MANGLE, registry[KIND_MANGLE].fallback,
				   &set->mangle_state)
			      ->mangle;
	set->header = set_read_one(r, KIND_HEADER, registry[KIND_HEADER].fallback,
				   &set->header_state)
			      ->header;
	set->encode = set_read_one(r, KIND_ENCODE,
				   encoder ? encoder : set_usual_encoder(set->transform),
				   &set->encode_state)
			      ->encode;
	set->compress = set_read_one(r, KIND_COMPRESS, registry[KIND_COMPRESS].fallback,
				     &set->compress_state)
				->compress;
}

void stage_set_read(struct stage_set *set, const struct config *config,
		    struct arena *arena, struct problems *problems)
{
	stage_set_read_as(set, config, NULL, arena, problems);
}

void stage_set_read_as(struct stage_set *set, const struct config *config,
		       const char *encoder, struct arena *arena,
		       struct problems *problems)
{
	const struct stage_reading reading = { config, arena, problems };
	size_t before = problems->count;

	*set = (struct stage_set){ 0 };
	set_read_stages(set, &reading, encoder);
	if (!set->classify || !set->filter || !set->transform || !set->mangle ||
	    !set->header || !set->encode || !set->compress)
		return;
	choose_record(set, problems->count == before, config, problems);
	check_fit(set, encoder, config, problems);
}

void stage_set_fini(struct stage_set *set)
{
	if (set->classify)
		stage_state_free(&set->classify->stage, set->classify_state);
	if (set->filter)
		stage_state_free(&set->filter->stage, set->filter_state);
	if (set->transform)
		stage_state_free(&set->transform->stage, set->transform_state);
	if (set->mangle)
		stage_state_free(&set->mangle->stage, set->mangle_state);
	if (set->header)
		stage_state_free(&set->header->stage, set->header_state);
	if (set->encode)
		stage_state_free(&set->encode->stage, set->encode_state);
	if (set->compress)
		stage_state_free(&set->compress->stage, set->compress_state);
	*set = (struct stage_set){ 0 };
}

struct strs stage_set_columns(const struct stage_set *set, struct arena *arena)
{
	const struct field *field;
	struct strs columns = { NULL, 0 };

	if (!set->encode->is_flat)
		return columns;
	columns.item = arena_alloc(arena,
				   shape_count(set->record) * sizeof(*columns.item));
	for (field = set->record->fields; columns.item && field->name; field++)
		columns.item[columns.count++] = str_of(field->column ? field->column
								     : field->name);
	return columns;
}
