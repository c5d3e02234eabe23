/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h - all stages, by kind and name.
 */
#ifndef STAGE_REGISTRY_H
#define STAGE_REGISTRY_H

#include "config/config.h"
#include "pipeline/stage.h"

enum stage_kind {
	KIND_CLASSIFY,
	KIND_FILTER,
	KIND_TRANSFORM,
	KIND_MANGLE,
	KIND_HEADER,
	KIND_ENCODE,
	KIND_COMPRESS,
	KIND_COUNT
};

/* One stage: what all kinds have, and its table. The member of its kind is set, the
 * others are NULL. */
struct stage_entry {
	const struct stage *stage;
	const struct classify *classify;
	const struct filter *filter;
	const struct transform *transform;
	const struct mangle *mangle;
	const struct header *header;
	const struct encode *encode;
	const struct compress *compress;
};

struct stage_kind_entry {
	const char *phase;		   /* "pipeline.classify": its type: */
	const char *fallback;		   /* the default type */
	const struct stage_entry *entries; /* the last one has no stage */
};

extern const struct stage_kind_entry registry[KIND_COUNT];

/* NULL: no such stage. */
const struct stage_entry *registry_find(enum stage_kind, struct str name);

/* What every phase has: its type. */
extern const struct shape registry_type_shape;
struct registry_type {
	struct str type;
};

/* The sections of all stages, for config_check(): writes up to max of them,
 * returns how many there are. */
size_t registry_sections(struct config_section *, size_t max);

extern const struct classify classify_subnet, classify_subnet_autodiscovery;
extern const struct filter filter_subnet;
extern const struct transform transform_none, transform_secadvisor, transform_vpclogs,
	transform_awsflowlogs;
extern const struct mangle mangle_none, mangle_action, mangle_logstatus;
extern const struct header header_none, header_vpclogs;
extern const struct encode encode_json, encode_secadvisor, encode_ndjson, encode_csv,
	encode_text, encode_protobuf;
extern const struct compress compress_none, compress_gzip, compress_zstd;

#endif
