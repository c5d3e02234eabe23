/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - see registry.h. */
#include "stage/registry.h"

#define STAGE_ENTRY(kind, name)                                                          \
	{                                                                                \
		.stage = &kind##_##name.stage, .kind = &kind##_##name                    \
	}
#define LAST_ENTRY                                                                       \
	{                                                                                \
		.stage = NULL                                                            \
	}

static const struct stage_entry classify_entries[] = {
	STAGE_ENTRY(classify, subnet),
	STAGE_ENTRY(classify, subnet_autodiscovery),
	LAST_ENTRY,
};

static const struct stage_entry filter_entries[] = {
	STAGE_ENTRY(filter, subnet),
	LAST_ENTRY,
};

static const struct stage_entry transform_entries[] = {
	STAGE_ENTRY(transform, none),
	STAGE_ENTRY(transform, secadvisor),
	STAGE_ENTRY(transform, vpclogs),
	STAGE_ENTRY(transform, awsflowlogs),
	LAST_ENTRY,
};

static const struct stage_entry mangle_entries[] = {
	STAGE_ENTRY(mangle, none),
	STAGE_ENTRY(mangle, action),
	STAGE_ENTRY(mangle, logstatus),
	LAST_ENTRY,
};

static const struct stage_entry header_entries[] = {
	STAGE_ENTRY(header, none),
	STAGE_ENTRY(header, vpclogs),
	LAST_ENTRY,
};

static const struct stage_entry encode_entries[] = {
	STAGE_ENTRY(encode, json),
	STAGE_ENTRY(encode, secadvisor),
	STAGE_ENTRY(encode, ndjson),
	STAGE_ENTRY(encode, csv),
	STAGE_ENTRY(encode, text),
	STAGE_ENTRY(encode, protobuf),
	LAST_ENTRY,
};

static const struct stage_entry compress_entries[] = {
	STAGE_ENTRY(compress, none),
	STAGE_ENTRY(compress, gzip),
	STAGE_ENTRY(compress, zstd),
	LAST_ENTRY,
};

const struct stage_kind_entry registry[KIND_COUNT] = {
	[KIND_CLASSIFY] = { "pipeline.classify", "subnet", classify_entries },
	[KIND_FILTER] = { "pipeline.filter", "subnet", filter_entries },
	[KIND_TRANSFORM] = { "pipeline.transform", "none", transform_entries },
	[KIND_MANGLE] = { "pipeline.mangle", "none", mangle_entries },
	[KIND_HEADER] = { "pipeline.storeheader", "none", header_entries },
	[KIND_ENCODE] = { "pipeline.encode", "json", encode_entries },
	[KIND_COMPRESS] = { "pipeline.compress", "none", compress_entries },
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

const struct stage_entry *registry_find(enum stage_kind kind, struct str name)
{
	const struct stage_entry *entry;

	for (entry = registry[kind].entries; entry->stage; entry++)
		if (str_is(name, entry->stage->name))
			return entry;
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
static bool is_shared(const struct stage_entry *first, const struct stage *stage)
{
	for (; first->stage != stage; first++)
		if (first->stage->section && first->stage->state == stage->state &&
		    strcmp(first->stage->section, stage->section) == 0)
			return true;
	return false;
}

size_t registry_sections(struct config_section *sections, size_t max)
{
	const struct stage_entry *entry;
	size_t count = 0;
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		registry_add(sections, max, &count, registry[kind].phase,
			     &registry_type_shape);
		for (entry = registry[kind].entries; entry->stage; entry++)
			if (entry->stage->section && entry->stage->state &&
			    !is_shared(registry[kind].entries, entry->stage))
				registry_add(sections, max, &count, entry->stage->section,
					     entry->stage->state);
	}
	return count;
}
