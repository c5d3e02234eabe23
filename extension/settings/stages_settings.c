/* SPDX-License-Identifier: Apache-2.0 */
/* stages_settings.c - see stages_settings.h. */
#include "settings/stages_settings.h"
#include "stage/registry.h"

/* Said of the writer: the stage may be a profile's, which has no file. */
static void refuse_stage(const struct config *config, enum stage_kind kind,
			 const struct stage *stage, const struct stage *needed,
			 struct problems *problems)
{
	struct err err = ERR_INIT;

	if (stage == needed)
		return;
	err_set_key(&err, "type",
		    "kafka sends each record by itself: %s.type must be %s, not %s",
		    registry[kind].phase, needed->name, stage->name);
	config_problem(config, "pipeline.write", &err, problems);
}

/* Nothing stands around a record, and nothing packs several of them. */
static void check_by_record(const struct stage_set *set, const struct encode *encode,
			    const struct config *config, struct problems *problems)
{
	if (!set->encode || !set->header || !set->compress)
		return;
	refuse_stage(config, KIND_ENCODE, &set->encode->stage, &encode->stage, problems);
	refuse_stage(config, KIND_HEADER, &set->header->stage, &header_none.stage,
		     problems);
	refuse_stage(config, KIND_COMPRESS, &set->compress->stage, &compress_none.stage,
		     problems);
}

/* Binary rows have no ends: in an object they would be one. */
static void refuse_binary(const struct stage_set *set, const struct config *config,
			  struct problems *problems)
{
	struct err err = ERR_INIT;

	if (!set->encode || !set->encode->labelled_type)
		return;
	err_set_key(&err, "type",
		    "%s cannot be in objects: it is for pipeline.write.type: kafka, with "
		    "pipeline.write.kafka.format: %s",
		    set->encode->stage.name, set->encode->stage.name);
	config_problem(config, registry[KIND_ENCODE].phase, &err, problems);
}

/* The transform of that configuration, or NULL; what is wrong is said elsewhere. */
static const struct transform *find_transform(const struct config *config,
					      struct arena *arena)
{
	struct registry_type type = { .type = STR("") };
	struct problems ignored = PROBLEMS_INIT;
	const struct stage_entry *entry;

	config_read(config, registry[KIND_TRANSFORM].phase, &registry_type_shape, &type,
		    arena, &ignored);
	problems_fini(&ignored);
	entry = registry_find(KIND_TRANSFORM,
			      type.type.len ? type.type
					    : str_of(registry[KIND_TRANSFORM].fallback));
	return entry ? entry->transform : NULL;
}

/* What the writer wants rows to be encoded with, if the transform's records can be. */
static const struct encode *choose_encoder(const struct writer_options *writer,
					   const struct config *config,
					   struct arena *arena, struct problems *problems)
{
	const struct encode *encode = writer_options_encode(writer);
	const struct transform *transform = find_transform(config, arena);
	struct err err = ERR_INIT;

	if (!encode || !encode->record || !transform ||
	    transform->record == encode->record)
		return encode;
	err_set_key(&err, "format",
		    "%s is for flows as they come: pipeline.transform.type must be none, "
		    "not %s; or take format: json",
		    encode->stage.name, transform->stage.name);
	config_problem(config, writer->writer->section, &err, problems);
	return &encode_ndjson;
}

void stages_settings_read(struct stage_set *set, const struct writer_options *writer,
			  const struct config *config, struct arena *arena,
			  struct problems *problems)
{
	const struct encode *encode = choose_encoder(writer, config, arena, problems);

	stage_set_read_as(set, config, encode ? encode->stage.name : NULL, arena,
			  problems);
	if (encode)
		check_by_record(set, encode, config, problems);
	else
		refuse_binary(set, config, problems);
}
