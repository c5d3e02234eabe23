/* SPDX-License-Identifier: Apache-2.0 */
/* torture_stage.c - stages from a configuration, their spec, objects by it. */
#include "stage/object_builder.h"
#include "stages.h"
#include "torture.h"

struct keeper {
	struct byte_sink sink;
	struct outcome *outcome;
};

static int keep(struct byte_sink *sink, struct str bytes)
{
	outcome_put(((struct keeper *)sink)->outcome, bytes);
	return 0;
}

static int make(const struct object_spec *spec, struct outcome *o)
{
	const struct object about = {
		.key = STR("key"),
		.first_ms = 1,
		.last_ms = 2,
		.records = 2,
	};
	struct keeper keeper = { { keep }, o };
	struct object_builder builder;
	int error = object_builder_start(&builder, spec, &about, &keeper.sink), i;

	for (i = 0; !error && i < 100; i++)
		error = object_builder_rows(&builder, STR(",\n{\"a\":1},\n{\"a\":2}"));
	if (!error)
		error = object_builder_finish(&builder);
	object_builder_end(&builder);
	return error;
}

static int build_by_spec(struct outcome *o, const char *which, const char *compress)
{
	const struct object_spec_place place = {
		.dirname = STR("bucket"),
		.prefix = STR("lo\"gs"),
		.content_encoding = STR("auto"),
		.tag = TAG_INGRESS,
	};
	struct stages stages;
	struct buf text = BUF_INIT(1 << 16);
	struct arena arena = ARENA_INIT(1 << 20);
	struct object_spec spec = { 0 };
	struct err err = ERR_INIT;
	int error = stages_open(&stages, which, compress);

	if (!error) {
		object_spec_write(&stages.set, &place, &text);
		error = buf_error(&text);
	}
	if (!error)
		error = object_spec_read(buf_str(&text), &arena, &spec, &err);
	if (!error) {
		outcome_put(o, buf_str(&text));
		error = make(&spec, o);
		object_spec_fini(&spec);
	}
	buf_fini(&text);
	arena_fini(&arena);
	stages_close(&stages);
	return error;
}

static int make_gzip(struct outcome *o)
{
	return build_by_spec(o, stages_vpclogs, "gzip");
}

static int make_zstd(struct outcome *o)
{
	return build_by_spec(o, stages_aws, "zstd");
}

const struct operation torture_stage[] = {
	{ .name = "stage, json and gzip", .run = make_gzip },
	{ .name = "stage, csv and zstd", .run = make_zstd },
	{ 0 },
};
