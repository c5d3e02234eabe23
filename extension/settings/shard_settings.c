/* SPDX-License-Identifier: Apache-2.0 */
/* shard_settings.c - see shard_settings.h. */
#include <errno.h>
#include "settings/shard_settings.h"
#include "source/registry.h"

#define BUFFERED "pipeline.store.buffered"
#define GROUP	 "group="

static bool is_sharded(const struct pipeline_settings *p)
{
	return p->source.source == &source_kafka && p->source.url.text.len;
}

struct refusing {
	const struct config *config;
	struct problems *problems;
};

static void refuse(const struct refusing *r, bool is_wrong, const char *section,
		   const char *key, const char *why)
{
	struct err err = ERR_INIT;

	if (!is_wrong)
		return;
	err_set_key(&err, key, "with flows from Kafka %s", why);
	config_problem(r->config, section, &err, r->problems);
}

static void check_stages(const struct refusing *r, const struct stage_set *stages)
{
	refuse(r, stages->classify && stages->classify->refresh, "pipeline.classify",
	       "type",
	       "a flow must always have the same tag, whoever reads it: list the cluster's "
	       "networks (type: subnet)");
	refuse(r, stages->transform && stages->transform->tick, "pipeline.transform",
	       "type",
	       "each partition would have its own lines about what is missing: this "
	       "transform cannot be used");
	refuse(r, stages->mangle && stages->mangle->tick, "pipeline.mangle", "type",
	       "what a mangle keeps for later would be lost when a partition moves: write "
	       "none");
}

static void check_store(const struct refusing *r, const struct pipeline_settings *p)
{
	const struct bucket_limits *bucket = &p->store.bucket;
	struct str text = bucket->layout.text;
	bool says_stream = text.len && memmem(text.ptr, text.len, "{stream}", 8);
	bool is_buffered = bucket->max_age_ms > 0 && !p->has_series;

	refuse(r, p->writer.writer == &writer_stdout || p->writer.writer == &writer_kafka,
	       "pipeline.write", "type",
	       "objects are named after their partition: write s3 or file");
	refuse(r, !is_buffered, BUFFERED, "max_seconds_per_object",
	       "objects are of an interval: write some seconds, of store type buffered");
	refuse(r, text.len && (bucket->layout.slot_ms || !says_stream), BUFFERED,
	       p->store.has_own_layout ? "key" : "layout",
	       "keys have {tag}, {stream} (topic, partition and offset) and {sequence}, "
	       "and no times");
}

static void check_limits(const struct refusing *r, const struct limits_settings *limits)
{
	static const char why[] = "nothing is dropped, so there is no such limit";

	refuse(r, limits->flows_per_second, "pipeline.limits", "flows_per_second", why);
	refuse(r, limits->records_in_memory, "pipeline.limits", "records_in_memory", why);
	refuse(r, limits->spool_bytes, "pipeline.limits", "spool_bytes", why);
}

void shard_settings_check(const struct pipeline_settings *p, const struct config *config,
			  struct problems *problems)
{
	const struct refusing r = { config, problems };

	if (!is_sharded(p) || !p->writer.writer)
		return;
	check_stages(&r, &p->stages);
	check_store(&r, p);
	check_limits(&r, &p->limits);
}

struct str shard_settings_group(const struct pipeline_settings *p)
{
	struct str target = p->source.url.target;
	const char *at = NULL;

	if (is_sharded(p) && target.len)
		at = memmem(target.ptr, target.len, GROUP, 6);
	return at ? str_skip(target, (size_t)(at - target.ptr) + 6) : STR("");
}

static bool divides(int64_t a, int64_t b)
{
	return a > 0 && b > 0 && (a > b ? a % b : b % a) == 0;
}

int shard_settings_pair(const struct pipeline_settings *a,
			const struct pipeline_settings *b, const char **section,
			struct err *err)
{
	*section = "pipeline.subscriber";
	if (!str_equal(a->source.url.text, b->source.url.text))
		return err_set_key(err, "url",
				   "pipelines %s and %s name one group with different "
				   "URLs: write the same URL, or another group",
				   b->name, a->name);
	*section = BUFFERED;
	if (divides(a->store.bucket.max_age_ms, b->store.bucket.max_age_ms))
		return 0;
	return err_set_key(err, "max_seconds_per_object",
			   "pipelines %s and %s are of one group, which is cut together: "
			   "the shorter interval must divide the longer one",
			   b->name, a->name);
}
