/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - see registry.h. */
#include "stage/registry.h"

const struct stage_kind_entry registry[KIND_COUNT] = {
	[KIND_CLASSIFY] = { "pipeline.classify", "subnet",
			    (const struct stage *const[]){
				    &classify_subnet.stage,
				    &classify_subnet_autodiscovery.stage, NULL } },
	[KIND_FILTER] = { "pipeline.filter", "subnet",
			  (const struct stage *const[]){ &filter_subnet.stage, NULL } },
	[KIND_TRANSFORM] = { "pipeline.transform", "none",
			     (const struct stage *const[]){
				     &transform_none.stage, &transform_secadvisor.stage,
				     &transform_vpclogs.stage,
				     &transform_awsflowlogs.stage, NULL } },
	[KIND_MANGLE] = { "pipeline.mangle", "none",
			  (const struct stage *const[]){
				  &mangle_none.stage, &mangle_action.stage,
				  &mangle_logstatus.stage, NULL } },
	[KIND_HEADER] = { "pipeline.storeheader", "none",
			  (const struct stage *const[]){ &header_none.stage,
							 &header_vpclogs.stage, NULL } },
	[KIND_ENCODE] = { "pipeline.encode", "json",
			  (const struct stage *const[]){
				  &encode_json.stage, &encode_secadvisor.stage,
				  &encode_ndjson.stage, &encode_csv.stage,
				  &encode_text.stage, NULL } },
	[KIND_COMPRESS] = { "pipeline.compress", "none",
			    (const struct stage *const[]){ &compress_none.stage,
							   &compress_gzip.stage,
							   &compress_zstd.stage, NULL } },
};

const struct shape registry_type_shape = {
	.name = "type",
	.size = sizeof(struct registry_type),
	.fields =
		(const struct field[]){
			OPTION(struct registry_type, type, "type", 0, "which one"),
			{ 0 },
		},
};

const struct stage *registry_find(enum stage_kind kind, struct str name)
{
	const struct stage *const *stage;

	for (stage = registry[kind].stages; *stage; stage++)
		if (str_is(name, (*stage)->name))
			return *stage;
	return NULL;
}

static void registry_add(struct config_section *sections, size_t max, size_t *count,
			 const char *path, const struct shape *shape)
{
	if (*count < max)
		sections[*count] = (struct config_section){ path, shape };
	(*count)++;
}

/* Whether a stage before this one has the same section. */
static bool is_shared(const struct stage *const *first, const struct stage *stage)
{
	for (; *first != stage; first++)
		if ((*first)->section && (*first)->state == stage->state &&
		    strcmp((*first)->section, stage->section) == 0)
			return true;
	return false;
}

size_t registry_sections(struct config_section *sections, size_t max)
{
	const struct stage *const *stage;
	size_t count = 0;
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		registry_add(sections, max, &count, registry[kind].phase,
			     &registry_type_shape);
		for (stage = registry[kind].stages; *stage; stage++)
			if ((*stage)->section && (*stage)->state &&
			    !is_shared(registry[kind].stages, *stage))
				registry_add(sections, max, &count, (*stage)->section,
					     (*stage)->state);
	}
	return count;
}
