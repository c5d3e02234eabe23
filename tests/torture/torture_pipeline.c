/* SPDX-License-Identifier: Apache-2.0 */
/* torture_pipeline.c - flows to rows in a sink that keeps them.
 *
 * Short of memory a pipeline loses flows, counts them, and goes on: the rows
 * that come out are rows of the usual run, in the usual order, and the balances
 * of base/stats.h hold.
 */
#include <errno.h>
#include <stdlib.h>
#include "flow/decode.h"
#include "flow/message.h"
#include "pipeline/pipeline.h"
#include "samples.h"
#include "stages.h"
#include "torture.h"

#define ROW_START ",\n"

struct keeper {
	struct sink sink;
	struct outcome *outcome;
};

static int keep_rows(struct sink *sink, enum tag tag, const struct rows *rows)
{
	(void)tag;
	outcome_put(((struct keeper *)sink)->outcome, rows->bytes);
	return 0;
}

static int keep_object(struct sink *sink, enum tag tag, const struct object *object)
{
	(void)sink;
	(void)tag;
	return object->key.len ? 0 : -EINVAL;
}

static int64_t keep_stream(struct sink *sink, int64_t wanted)
{
	(void)sink;
	return wanted;
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

	pipeline_accept(pipeline, batch, NULL, batch->count);
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

/* All is counted, or the sums say what went missing. */
static int check_balance(const struct stats *stats)
{
	struct err err = ERR_INIT;
	int64_t spooled = stats_get(stats, STAT_RECORDS_ENCODED);
	struct stats all = *stats;

	all.value[STAT_RECORDS_SPOOLED] = spooled;
	return stats_balance(&all, &err) < 0 ? -EBADMSG : 0;
}

static int run_pipeline(struct outcome *o)
{
	struct keeper keeper = {
		{ keep_rows, keep_object, keep_stream, keep_held },
		o,
	};
	struct topology topology = { .answers = { find_answer, release_answers } };
	struct pipeline_parts parts = { 0 };
	struct stages stages;
	struct queries queries;
	struct stats stats = { 0 };
	struct pipeline *pipeline = NULL;
	int error = stages_open(&stages, "gzip");

	if (!error) {
		parts.limits = (struct bucket_limits){ STR("logs"), 4,	   60000, 60000,
						       100,	    60000, false };
		stage_set_parts(&stages.set, &parts);
		pipeline = pipeline_new(&parts, &keeper.sink, &stats);
		error = pipeline ? queries_init(&queries, &topology.answers) : -ENOMEM;
	}
	if (!error) {
		error = run_flows(pipeline, &queries, &stats);
		pipeline_flush(pipeline, (struct now){ 2000, 1795341601000 });
		queries_fini(&queries);
	}
	pipeline_free(pipeline);
	stages_close(&stages);
	if (check_balance(&stats) < 0) {
		o->len = 0; /* right for nobody */
		return 0;
	}
	return error;
}

static struct str next_row(struct str *rest)
{
	struct str body = str_skip(*rest, sizeof(ROW_START) - 1), row = *rest;
	const char *end = body.len ? memmem(body.ptr, body.len, ROW_START,
					    sizeof(ROW_START) - 1)
				   : NULL;

	if (end)
		row.len = (size_t)(end - row.ptr);
	*rest = str_skip(*rest, row.len);
	return row;
}

/* Whether the rows are some of the usual ones. */
static bool lacks_rows(const struct outcome *o, const struct outcome *usual)
{
	struct str rest = { o->text, o->len }, all;

	while (rest.len) {
		struct str row = next_row(&rest);

		all = (struct str){ usual->text, usual->len };
		while (all.len && !str_equal(next_row(&all), row))
			continue;
		if (!all.len)
			return false;
	}
	return true;
}

const struct operation torture_pipeline[] = {
	{ .name = "pipeline", .run = run_pipeline, .allows = lacks_rows },
	{ 0 },
};
