/* SPDX-License-Identifier: Apache-2.0 */
/* stage_set.c - see stage_set.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "stage/stage_set.h"

int stage_instance_new(struct stage_instance *instance, const struct stage *stage)
{
	*instance = (struct stage_instance){ .stage = stage };
	if (!stage->state)
		return 0;
	instance->state = calloc(1, stage->state->size);
	if (!instance->state)
		return -ENOMEM;
	if (stage->state->defaults)
		memcpy(instance->state, stage->state->defaults, stage->state->size);
	return 0;
}

int stage_instance_init(struct stage_instance *instance, struct err *err)
{
	return instance->stage->init ? instance->stage->init(instance->state, err) : 0;
}

void stage_instance_fini(struct stage_instance *instance)
{
	if (instance->state && instance->stage->fini)
		instance->stage->fini(instance->state);
	free(instance->state);
	*instance = (struct stage_instance){ 0 };
}

static void list_stages(enum stage_kind kind, struct buf *names)
{
	const struct stage *const *stage;

	for (stage = registry[kind].stages; *stage; stage++)
		buf_printf(names, "%s%s", names->len ? ", " : "", (*stage)->name);
}

/* The stage that the configuration names, or NULL and a problem. */
static const struct stage *set_choose(enum stage_kind kind, const char *fallback,
				      const struct config *config, struct arena *arena,
				      struct problems *problems)
{
	const char *phase = registry[kind].phase;
	struct registry_type type = { .type = STR("") };
	const struct stage *stage;
	struct buf names = BUF_INIT(1024);
	struct err err = ERR_INIT;

	if (config_read(config, phase, &registry_type_shape, &type, arena, problems))
		return NULL;
	if (type.type.len == 0)
		type.type = str_of(fallback);
	stage = registry_find(kind, type.type);
	if (stage)
		return stage;
	list_stages(kind, &names);
	err_set_key(&err, "type", "\"" STR_FMT "\" is not supported; there are: %s",
		    STR_ARG(type.type), buf_str(&names).ptr);
	config_problem(config, phase, &err, problems);
	buf_fini(&names);
	return NULL;
}

/* Records of some transforms are usually written by an encoder of their own. */
static const char *fallback_of(const struct stage_set *set, enum stage_kind kind)
{
	const struct transform *transform = (const void *)set->at[KIND_TRANSFORM].stage;

	if (kind == KIND_ENCODE && transform && transform->encoder)
		return transform->encoder;
	return registry[kind].fallback;
}

static void set_read_one(struct stage_set *set, enum stage_kind kind,
			 const struct config *config, struct arena *arena,
			 struct problems *problems)
{
	const struct stage *stage = set_choose(kind, fallback_of(set, kind), config,
					       arena, problems);
	struct stage_instance *instance = &set->at[kind];
	struct err err = ERR_INIT;

	if (!stage)
		return;
	if (stage_instance_new(instance, stage) < 0) {
		problems_add(problems, "%s: out of memory", stage->name);
		return;
	}
	if (stage->state && config_read(config, stage->section, stage->state,
					instance->state, arena, problems))
		return;
	if (stage_instance_init(instance, &err) < 0)
		config_problem(config,
			       stage->section ? stage->section : registry[kind].phase,
			       &err, problems);
}

static void set_misfit(const struct config *config, enum stage_kind kind,
		       struct problems *problems, const char *what, const char *with,
		       const char *hint)
{
	struct err err = ERR_INIT;

	err_set_key(&err, "type", "%s does not fit %s; %s", what, with, hint);
	config_problem(config, registry[kind].phase, &err, problems);
}

static void check_fit(const struct stage_set *set, const struct config *config,
		      struct problems *problems)
{
	const struct transform *transform = (const void *)set->at[KIND_TRANSFORM].stage;
	const struct mangle *mangle = (const void *)set->at[KIND_MANGLE].stage;
	const struct header *header = (const void *)set->at[KIND_HEADER].stage;
	const struct encode *encode = (const void *)set->at[KIND_ENCODE].stage;
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
	if (header->is_header && !encode->takes_header)
		set_misfit(config, KIND_ENCODE, problems, what, with,
			   "use encode json, or storeheader none");
}

/* What the transform writes. */
static void choose_record(struct stage_set *set, bool is_ready,
			  const struct config *config, struct problems *problems)
{
	const struct stage_instance *instance = &set->at[KIND_TRANSFORM];
	const struct transform *transform = (const void *)instance->stage;
	struct err err = ERR_INIT;

	set->record = transform->record;
	if (!transform->choose || !is_ready)
		return;
	set->record = transform->choose(instance->state,
					(const void *)set->at[KIND_ENCODE].stage, &err);
	if (set->record)
		return;
	set->record = transform->record;
	config_problem(config, instance->stage->section, &err, problems);
}

void stage_set_read(struct stage_set *set, const struct config *config,
		    struct arena *arena, struct problems *problems)
{
	size_t before = problems->count;
	bool complete = true;
	int kind;

	*set = (struct stage_set){ 0 };
	for (kind = 0; kind < KIND_COUNT; kind++) {
		set_read_one(set, (enum stage_kind)kind, config, arena, problems);
		complete = complete && set->at[kind].stage;
	}
	if (!complete)
		return;
	choose_record(set, problems->count == before, config, problems);
	check_fit(set, config, problems);
}

void stage_set_fini(struct stage_set *set)
{
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++)
		if (set->at[kind].stage)
			stage_instance_fini(&set->at[kind]);
}

struct strs stage_set_columns(const struct stage_set *set, struct arena *arena)
{
	const struct encode *encode = (const void *)set->at[KIND_ENCODE].stage;
	const struct field *field;
	struct strs columns = { NULL, 0 };

	if (!encode->is_flat)
		return columns;
	columns.item = arena_alloc(arena,
				   shape_count(set->record) * sizeof(*columns.item));
	for (field = set->record->fields; columns.item && field->name; field++)
		columns.item[columns.count++] = str_of(field->column ? field->column
								     : field->name);
	return columns;
}

void stage_set_parts(const struct stage_set *set, struct pipeline_parts *parts)
{
	parts->classify = (const void *)set->at[KIND_CLASSIFY].stage;
	parts->classify_state = set->at[KIND_CLASSIFY].state;
	parts->filter = (const void *)set->at[KIND_FILTER].stage;
	parts->filter_state = set->at[KIND_FILTER].state;
	parts->transform = (const void *)set->at[KIND_TRANSFORM].stage;
	parts->transform_state = set->at[KIND_TRANSFORM].state;
	parts->mangle = (const void *)set->at[KIND_MANGLE].stage;
	parts->mangle_state = set->at[KIND_MANGLE].state;
	parts->header = (const void *)set->at[KIND_HEADER].stage;
	parts->header_state = set->at[KIND_HEADER].state;
	parts->encode = (const void *)set->at[KIND_ENCODE].stage;
	parts->encode_state = set->at[KIND_ENCODE].state;
	parts->record = set->record;
}
