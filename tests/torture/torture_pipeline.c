/* SPDX-License-Identifier: Apache-2.0 */
/* torture_pipeline.c - flows to rows in a sink that keeps them.
 *
 * Short of memory a pipeline loses flows, counts them, and goes on: the balances
 * of base/stats.h hold, and the rows that come out are rows of the usual run, in
 * the usual order, unless they tell of flows before.
 */
#include <errno.h>
#include <stdlib.h>
#include "flow/decode.h"
#include "flow/message.h"
#include "pipeline/pipeline.h"
#include "samples.h"
#include "stages.h"
#include "torture.h"

#define UNBALANCED "the balances do not hold"

struct keeper {
	struct sink sink;
	struct outcome *tag; /* TAG_COUNT of them */
};

static int keep_rows(struct sink *sink, struct object_place place,
		     const struct rows *rows)
{
	outcome_put(&((struct keeper *)sink)->tag[place.tag], rows->bytes);
	return 0;
}

static int keep_object(struct sink *sink, struct object_place place,
		       const struct object *object)
{
	(void)sink;
	(void)place;
	return object->key.len ? 0 : -EINVAL;
}

static int64_t keep_stream(struct sink *sink, int64_t wanted, int64_t last)
{
	(void)sink;
	return wanted > last ? wanted : last + 1;
}

static bool keep_held(struct sink *sink, int64_t size)
{
	(void)sink;
	(void)size;
	return true;
}

/* A topology that knows one answer, when asked for the second time. */
struct topology {
	struct answers answers;
	struct answer answer;
	int asked;
};

static const struct answer *find_answer(struct answers *answers, struct str text)
{
	struct topology *topology = (struct topology *)answers;

	(void)text;
	return topology->asked++ % 2 ? &topology->answer : NULL;
}

static void release_answers(struct answers *answers)
{
	(void)answers;
}

static void run_batch(struct pipeline *pipeline, struct batch *batch,
		      struct queries *queries)
{
	const struct now now = { 1000, 1795341600000 };
	int pass;

	pipeline_accept(pipeline, batch, NULL, batch->count, now);
	for (pass = 0; pass < 8 && pipeline_enrich(pipeline, queries); pass++)
		continue;
	pipeline_commit(pipeline, now);
	queries_reset(queries);
}

static int run_flows(struct pipeline *pipeline, struct queries *queries,
		     struct stats *stats)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct message message;
	struct err err = ERR_INIT;
	int error = batch ? 0 : -ENOMEM, i;

	if (!error)
		error = message_parse(sample_message(), FRAMING_JSON, &batch->arena,
				      &message, &err);
	if (!error)
		error = decode_json(message.obj, batch, &err);
	for (i = 0; !error && i < 3; i++) {
		stats_add(stats, STAT_FLOWS_RECEIVED, (int64_t)batch->count);
		run_batch(pipeline, batch, queries);
	}
	if (batch)
		batch_unref(batch);
	return error;
}

/* Tag by tag: which of them comes first may differ. */
static void put_rows(struct outcome *o, struct outcome *tag)
{
	int i;

	for (i = 0; i < TAG_COUNT; i++) {
		outcome_puts(o, ",{");
		outcome_puts(o, tag_names[i]);
		outcome_put(o, (struct str){ tag[i].text, tag[i].len });
		tag[i].len = 0;
	}
}

static int run_pipeline(struct outcome *o, const char *which)
{
	static struct outcome tag[TAG_COUNT];
	struct keeper keeper = {
		{ keep_rows, keep_object, keep_stream, keep_held, NULL },
		tag,
	};
	struct err err = ERR_INIT;
	struct topology topology = { .answers = { find_answer, release_answers } };
	struct pipeline_parts parts = { 0 };
	const struct now later = { 500000, 1795341901000 };
	struct stages stages;
	struct queries queries;
	struct stats stats = { 0 };
	struct pipeline *pipeline = NULL;
	int error = stages_open(&stages, which, "none");

	if (!error) {
		parts.limits = (struct bucket_limits){
			.prefix = STR("logs"),
			.layout = { .text = STR(LAYOUT_EXPORTER) },
			.max_records = 4,
			.max_age_ms = 60000,
			.max_stream_ms = 60000,
			.max_held = 100,
			.first_age_ms = 60000,
		};
		parts.stages = stages.set;
		pipeline = pipeline_new(&parts, &keeper.sink, &stats);
		error = pipeline ? queries_init(&queries, &topology.answers) : -ENOMEM;
	}
	if (!error) {
		queries.peers_by = PEERS_BY_PATH;
		error = run_flows(pipeline, &queries, &stats);
		pipeline_tick(pipeline, &queries, later);
		pipeline_flush(pipeline, later);
		queries_fini(&queries);
	}
	pipeline_free(pipeline);
	stages_close(&stages);
	put_rows(o, tag);
	if (stats_balance(&stats, &err) < 0)
		outcome_puts(o, UNBALANCED);
	return error;
}

static int run_vpclogs(struct outcome *o)
{
	return run_pipeline(o, stages_vpclogs);
}

static int run_action(struct outcome *o)
{
	return run_pipeline(o, stages_action);
}

static int run_secadvisor(struct outcome *o)
{
	return run_pipeline(o, stages_secadvisor);
}

static int run_aws(struct outcome *o)
{
	return run_pipeline(o, stages_aws);
}

#define HOUR_MS INT64_C(3600000)

/* Rows of two hours in turn, which cannot always be put in order. */
static int run_slots(struct outcome *o)
{
	static struct outcome tag[TAG_COUNT];
	const struct now now = { 5000, 498706 * HOUR_MS };
	struct keeper keeper = {
		{ keep_rows, keep_object, keep_stream, keep_held, NULL },
		tag,
	};
	struct bucket_limits limits = {
		.layout = { .text = STR("{hour}{tag}{stream}{sequence}"),
			    .slot_ms = HOUR_MS,
			    .renumbers = true },
		.max_records = 50,
		.max_age_ms = 60000,
		.max_late_ms = HOUR_MS,
		.max_stream_ms = 60000,
		.max_held = 1000,
		.first_age_ms = 60000,
	};
	struct err err = ERR_INIT;
	struct stats stats = { 0 };
	struct bucket bucket;
	int i;

	bucket_init(&bucket, TAG_OTHER, &limits, &keeper.sink, &stats);
	for (i = 0; i < 1000; i++) {
		stats_add(&stats, STAT_FLOWS_RECEIVED, 1);
		stats_add(&stats, STAT_FLOWS_TRANSFORMED, 1);
		buf_printf(bucket_row(&bucket), ",{%d}", i);
		bucket_row_done(&bucket, now.wall_ms - i % 3);
		if (i % 300 == 299)
			bucket_commit(&bucket, now);
	}
	bucket_flush(&bucket, now);
	bucket_fini(&bucket);
	put_rows(o, tag);
	if (stats_balance(&stats, &err) < 0)
		outcome_puts(o, UNBALANCED);
	return 0;
}

static bool is_balanced(const struct outcome *o, const struct outcome *usual)
{
	(void)usual;
	return !o->len || !memmem(o->text, o->len, UNBALANCED, sizeof(UNBALANCED) - 1);
}

/* A record has no objects in it: ",{" begins the next one. */
static struct str next_row(struct str *rest)
{
	struct str row = *rest, body = str_skip(row, 2);
	const char *end = body.len ? memmem(body.ptr, body.len, ",{", 2) : NULL;

	if (end)
		row.len = (size_t)(end - row.ptr);
	*rest = str_skip(*rest, row.len);
	return row;
}

/* Whether the rows are some of the usual ones. */
static bool lacks_rows(const struct outcome *o, const struct outcome *usual)
{
	struct str rest = { o->text, o->len }, all = { usual->text, usual->len };

	while (rest.len) {
		struct str row = next_row(&rest);
		bool is_there = false;

		while (all.len && !is_there)
			is_there = str_equal(next_row(&all), row);
		if (!is_there)
			return false;
	}
	return is_balanced(o, usual);
}

const struct operation torture_pipeline[] = {
	{ .name = "pipeline, vpclogs", .run = run_vpclogs, .allows = lacks_rows },
	{ .name = "pipeline, action", .run = run_action, .allows = is_balanced },
	{ .name = "pipeline, secadvisor", .run = run_secadvisor, .allows = is_balanced },
	{ .name = "pipeline, awsflowlogs", .run = run_aws, .allows = is_balanced },
	{ .name = "bucket, slots", .run = run_slots, .allows = is_balanced },
	{ 0 },
};
