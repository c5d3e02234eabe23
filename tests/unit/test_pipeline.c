/* SPDX-License-Identifier: Apache-2.0 */
/* test_pipeline.c - the three steps with stages of paper: who is called when,
 * and that every flow is accounted for.
 *
 * A flow's start chooses its fate: the tens its tag, the units what the
 * transform says of it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "pipeline/pipeline.h"

#define BAD_ADDRESS 100 /* more than this: the address is none */

struct record {
	int64_t number;
	int64_t passes; /* of enrich */
};

static const struct shape record_shape = {
	.name = "record",
	.size = sizeof(struct record),
	.fields =
		(const struct field[]){
			FIELD(struct record, number, "number", 0),
			FIELD(struct record, passes, "passes", 0),
			{ 0 },
		},
};

static const struct shape huge_shape = {
	.name = "huge",
	.size = (size_t)300 << 20,
	.fields = (const struct field[]){ { 0 } },
};

static struct now at(int64_t ms)
{
	return (struct now){ .mono_ms = ms, .wall_ms = ms };
}

static enum tag fake_tag(const void *self, const struct flow *flow, bool *bad_address)
{
	assert_string_equal(self, "classify");
	*bad_address = flow->start >= BAD_ADDRESS;
	return (enum tag)(flow->start / 10 % 10);
}

static bool fake_keeps(const void *self, enum tag tag)
{
	assert_string_equal(self, "filter");
	return tag != TAG_OTHER;
}

static enum verdict fake_make(void *self, enum tag tag, const struct flow *flow,
			      struct now now, void *out)
{
	struct record *record = out;

	assert_string_equal(self, "transform");
	assert_int_equal(tag, flow->start / 10 % 10);
	assert_int_equal(now.mono_ms, 0);
	assert_int_equal(record->number, 0);
	record->number = flow->start;
	return (enum verdict)(flow->start % 10);
}

static enum verdict no_make(void *self, enum tag tag, const struct flow *flow,
			    struct now now, void *out)
{
	(void)now;
	(void)self;
	(void)tag;
	(void)flow;
	(void)out;
	fail_msg("made a record that is not there");
	return KEEP;
}

/* Known in the pass that the flow's last says. */
static enum found fake_enrich(void *self, const struct flow *flow,
			      struct queries *queries, void *out)
{
	struct record *record = out;

	assert_string_equal(self, "transform");
	assert_non_null(queries);
	record->passes++;
	return record->passes < flow->last ? PENDING : FOUND;
}

/* Drops records of number 10, doubles those of number 20. */
static void fake_apply(void *self, enum tag tag, struct records *records, struct now now)
{
	size_t i, n = 0;

	assert_string_equal(self, "mangle");
	assert_int_equal(now.wall_ms, 2000);
	assert_ptr_equal(records->shape, &record_shape);
	if (tag == TAG_INGRESS) {
		for (i = 0; i < records->count; i++)
			if (((struct record *)records->item[i])->number != 10) {
				records->time_ms[n] = records->time_ms[i];
				records->item[n++] = records->item[i];
			}
		records->count = n;
	} else if (tag == TAG_INTERNAL) {
		size_t room = 2 * records->count;
		void **more = arena_alloc(records->arena, room * sizeof(*more));
		int64_t *times = arena_alloc(records->arena, room * sizeof(*times));

		for (i = 0; i < room; i++) {
			more[i] = records->item[i / 2];
			times[i] = records->time_ms[i / 2];
		}
		records->item = more;
		records->time_ms = times;
		records->count *= 2;
	}
}

/* More records than there is room for, behind those of flows. */
static void adding_apply(void *self, enum tag tag, struct records *records,
			 struct now now)
{
	size_t before = records->count, i;

	(void)self;
	(void)now;
	for (i = 0; i < 40; i++) {
		struct record *record = records_add(records, 0);

		assert_non_null(record);
		assert_int_equal(record->number, 0);
		assert_int_equal(record->passes, 0);
		record->number = (int64_t)i + 1000 * (int64_t)tag;
		assert_ptr_equal(records->item[before + i], record);
	}
	assert_int_equal(records->count, before + 40);
}

/* Of the slot before, and of the present one, in turn. */
static void adding_few(void *self, enum tag tag, struct records *records, struct now now)
{
	int64_t i;

	(void)self;
	for (i = 0; i < 4; i++) {
		struct record *record = records_add(records,
						    now.wall_ms - (i % 2 ? 0 : 2000));

		assert_non_null(record);
		record->number = i + 1000 * (int64_t)tag;
	}
}

/* From 3000 on, two records without flows in one of the tags. */
static int64_t fake_tick(void *self, enum tag tag, struct records *records,
			 struct now now)
{
	assert_string_equal(self, "mangle");
	assert_ptr_equal(records->shape, &record_shape);
	assert_int_equal(records->count, 0);
	assert_int_equal(records->window_ms, 5000);
	if (tag != TAG_INGRESS || now.mono_ms < 3000)
		return tag == TAG_INGRESS ? 3000 : NEVER_MS;
	((struct record *)records_add(records, 0))->number = 7;
	((struct record *)records_add(records, 0))->number = now.mono_ms;
	return 4000;
}

static int64_t fake_refresh(void *self, struct queries *queries, struct now now)
{
	assert_string_equal(self, "classify");
	assert_non_null(queries);
	queries->pending++;
	return now.mono_ms + 1500;
}

static void no_apply(void *self, enum tag tag, struct records *records, struct now now)
{
	(void)self;
	(void)tag;
	(void)now;
	assert_int_equal(records->count, 0);
}

/* Of each record there are two layers that it cannot express. */
static size_t fake_row(const void *self, const struct shape *shape, const void *out,
		       bool has_header, struct buf *rows)
{
	const struct record *record = out;

	assert_string_equal(self, "encode");
	assert_ptr_equal(shape, &record_shape);
	assert_true(has_header);
	buf_printf(rows, " %lld/%lld", (long long)record->number,
		   (long long)record->passes);
	return 2;
}

struct fake_sink {
	struct sink sink;
	struct buf log; /* a line an append or object */
	bool fails, has_slots;
};

static int fake_append(struct sink *sink, struct object_place place,
		       const struct rows *rows)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	if (fake->fails)
		return -EIO;
	buf_printf(&fake->log, "%s", tag_names[place.tag]);
	if (fake->has_slots)
		buf_printf(&fake->log, "@%lld", (long long)place.slot_ms / 1000);
	buf_printf(&fake->log, ":" STR_FMT "\n", STR_ARG(rows->bytes));
	return 0;
}

static int fake_seal(struct sink *sink, struct object_place place,
		     const struct object *object)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	buf_printf(&fake->log, "%s sealed %lld, %lld lost\n", tag_names[place.tag],
		   (long long)object->records, (long long)object->lost_flows);
	return 0;
}

static int64_t fake_stream(struct sink *sink, int64_t wanted, int64_t last)
{
	(void)sink;
	return wanted > last ? wanted : last + 1;
}

static bool fake_hold(struct sink *sink, int64_t size)
{
	(void)sink;
	(void)size;
	return true;
}

struct world {
	struct classify classify;
	struct filter filter;
	struct transform transform;
	struct mangle mangle;
	struct header header;
	struct encode encode;
	struct pipeline_parts parts;
	struct fake_sink sink;
	struct stats stats;
	struct pipeline *pipeline;
	struct batch *batch;
};

static char names[][16] = { "classify", "filter", "transform", "mangle", "encode" };

static void open_world(struct world *w)
{
	*w = (struct world){
		.classify = { .tag = fake_tag },
		.filter = { .keeps = fake_keeps },
		.transform = { .record = &record_shape, .make = fake_make },
		.header = { .is_header = true },
		.encode = { .row = fake_row },
		.sink = { { fake_append, fake_seal, fake_stream, fake_hold },
			  BUF_INIT(65536),
			  false },
	};
	w->parts = (struct pipeline_parts){
		.stages = {
			.classify = &w->classify,
			.classify_state = names[0],
			.filter = &w->filter,
			.filter_state = names[1],
			.transform = &w->transform,
			.transform_state = names[2],
			.mangle = &w->mangle,
			.mangle_state = names[3],
			.header = &w->header,
			.encode = &w->encode,
			.encode_state = names[4],
			.record = &record_shape,
		},
		.limits = { .max_records = 100,
			    .max_age_ms = 5000,
			    .max_stream_ms = 5000,
			    .max_held = 100,
			    .first_age_ms = 5000 },
	};
	w->batch = batch_new(NULL, 0, NULL);
	assert_non_null(w->batch);
}

static void start_pipeline(struct world *w)
{
	w->pipeline = pipeline_new(&w->parts, &w->sink.sink, &w->stats);
	assert_non_null(w->pipeline);
}

static void close_world(struct world *w)
{
	pipeline_free(w->pipeline);
	pipeline_free(NULL);
	buf_fini(&w->sink.log);
	batch_unref(w->batch);
}

static void add_flow(struct world *w, int64_t start, int64_t passes)
{
	struct flow *flow = batch_add(w->batch);

	assert_non_null(flow);
	flow->start = start;
	flow->last = passes;
}

static void accept_all(struct world *w)
{
	stats_add(&w->stats, STAT_FLOWS_RECEIVED, (int64_t)w->batch->count);
	pipeline_accept(w->pipeline, w->batch, NULL, w->batch->count, at(0));
}

static int64_t get(const struct world *w, enum stat_id stat)
{
	return stats_get(&w->stats, stat);
}

/* Flows and records: what came in is somewhere. */
static void assert_balance(const struct world *w)
{
	assert_int_equal(get(w, STAT_FLOWS_RECEIVED),
			 get(w, STAT_FLOWS_EXCLUDED) + get(w, STAT_FLOWS_DROPPED_INBOX) +
				 get(w, STAT_FLOWS_DROPPED_NO_TRANSPORT) +
				 get(w, STAT_FLOWS_DROPPED_NO_NETWORK) +
				 get(w, STAT_FLOWS_DROPPED_NO_METRIC) +
				 get(w, STAT_FLOWS_DROPPED_NO_TRAFFIC) +
				 get(w, STAT_FLOWS_DROPPED_NOT_LOGGED) +
				 get(w, STAT_FLOWS_DROPPED_MEMORY) +
				 get(w, STAT_FLOWS_TRANSFORMED));
	assert_int_equal(get(w, STAT_FLOWS_TRANSFORMED) + get(w, STAT_RECORDS_ADDED) -
				 get(w, STAT_RECORDS_MERGED),
			 get(w, STAT_RECORDS_ENCODED) +
				 get(w, STAT_RECORDS_DROPPED_TOO_LONG) +
				 get(w, STAT_RECORDS_DROPPED_HELD));
}

static void add_usual_flows(struct world *w)
{
	static const int64_t starts[] = {
		20, 0, 10, 21, 22, 23, 12, 30, 31, 20, 110, 20, 1, 24, 14,
	};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		add_flow(w, starts[i], 1);
}

static void test_every_flow_is_counted_where_it_went(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	start_pipeline(&w);
	add_usual_flows(&w);
	accept_all(&w);
	assert_int_equal(get(&w, STAT_FLOWS_EXCLUDED), 4);
	assert_int_equal(get(&w, STAT_FLOWS_DROPPED_NO_TRANSPORT), 2);
	assert_int_equal(get(&w, STAT_FLOWS_DROPPED_NO_NETWORK), 2);
	assert_int_equal(get(&w, STAT_FLOWS_DROPPED_NO_METRIC), 1);
	assert_int_equal(get(&w, STAT_FLOWS_TRANSFORMED), 6);
	assert_int_equal(get(&w, STAT_FLOWS_BAD_ADDRESS), 1);
	assert_string_equal(buf_str(&w.sink.log).ptr, "");
	pipeline_commit(w.pipeline, at(2000));
	assert_string_equal(
		w.sink.log.ptr,
		"egress: 0/0\ningress: 10/0 110/0\ninternal: 20/0 20/0 20/0\n");
	assert_int_equal(get(&w, STAT_RECORDS_ENCODED), 6);
	assert_int_equal(get(&w, STAT_LAYERS_DROPPED), 12);
	assert_balance(&w);
	close_world(&w);
}

static void test_some_flows_of_a_batch_may_be_taken(void **state)
{
	static const uint32_t index[] = { 3, 1 };
	struct world w;

	(void)state;
	open_world(&w);
	start_pipeline(&w);
	add_flow(&w, 200, 1);
	add_flow(&w, 300, 1);
	add_flow(&w, 400, 1);
	add_flow(&w, 500, 1);
	pipeline_accept(w.pipeline, w.batch, index, 2, at(0));
	pipeline_commit(w.pipeline, at(0));
	pipeline_accept(w.pipeline, w.batch, NULL, 1, at(0));
	pipeline_commit(w.pipeline, at(1));
	assert_string_equal(w.sink.log.ptr, "egress: 500/0 300/0\negress: 200/0\n");
	close_world(&w);
}

static void test_records_are_enriched_until_they_are_known(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.transform.enrich = fake_enrich;
	start_pipeline(&w);
	add_flow(&w, 20, 1);
	add_flow(&w, 0, 3);
	add_flow(&w, 20, 2);
	add_flow(&w, 20, 9);
	accept_all(&w);
	assert_int_equal(pipeline_enrich(w.pipeline, &(struct queries){ .now_ms = 0 }),
			 3);
	assert_int_equal(pipeline_enrich(w.pipeline, &(struct queries){ .now_ms = 0 }),
			 2);
	assert_int_equal(pipeline_enrich(w.pipeline, &(struct queries){ .now_ms = 0 }),
			 1);
	/* Nobody waits for ever: the record goes as it is. */
	pipeline_commit(w.pipeline, at(2000));
	assert_string_equal(w.sink.log.ptr, "egress: 0/3\ninternal: 20/1 20/2 20/3\n");
	assert_int_equal(pipeline_enrich(w.pipeline, &(struct queries){ .now_ms = 0 }),
			 0);
	assert_balance(&w);
	close_world(&w);
}

static void test_a_transform_that_asks_nothing_is_not_asked(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	start_pipeline(&w);
	add_flow(&w, 20, 5);
	accept_all(&w);
	assert_int_equal(pipeline_enrich(w.pipeline, &(struct queries){ .now_ms = 0 }),
			 0);
	close_world(&w);
}

static void test_a_mangle_may_add_and_drop_records(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.mangle.apply = fake_apply;
	start_pipeline(&w);
	add_usual_flows(&w);
	accept_all(&w);
	pipeline_commit(w.pipeline, at(2000));
	assert_string_equal(w.sink.log.ptr, "egress: 0/0\ningress: 110/0\n"
					    "internal: 20/0 20/0 20/0 20/0 20/0 20/0\n");
	assert_int_equal(get(&w, STAT_RECORDS_ADDED), 3);
	assert_int_equal(get(&w, STAT_RECORDS_MERGED), 1);
	assert_balance(&w);
	close_world(&w);
}

static void test_a_flow_without_memory_is_counted(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.parts.stages.record = &huge_shape;
	w.transform.make = no_make;
	start_pipeline(&w);
	add_flow(&w, 20, 1);
	accept_all(&w);
	assert_int_equal(get(&w, STAT_FLOWS_DROPPED_MEMORY), 1);
	pipeline_commit(w.pipeline, at(2000));
	assert_string_equal(buf_str(&w.sink.log).ptr, "");
	assert_balance(&w);
	close_world(&w);
}

/* The only record leaves no room for the list that a mangle gets. */
static void test_a_mangle_without_memory_is_counted(void **state)
{
	static const struct shape large_shape = { .size = (size_t)256 << 20 };
	struct world w;

	(void)state;
	open_world(&w);
	w.parts.stages.record = &large_shape;
	w.mangle.apply = no_apply;
	start_pipeline(&w);
	add_flow(&w, 20, 1);
	accept_all(&w);
	pipeline_commit(w.pipeline, at(2000));
	assert_int_equal(get(&w, STAT_FLOWS_TRANSFORMED), 1);
	assert_int_equal(get(&w, STAT_RECORDS_MERGED), 0);
	assert_balance(&w);
	close_world(&w);
}

static void test_ticks_and_flushes_reach_every_tag(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	start_pipeline(&w);
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(0)), NEVER_MS);
	add_flow(&w, 20, 1);
	accept_all(&w);
	pipeline_commit(w.pipeline, at(1000));
	w.batch->flows[0].start = 0;
	accept_all(&w);
	pipeline_commit(w.pipeline, at(2000));
	pipeline_lost(w.pipeline, 7);
	buf_reset(&w.sink.log);
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(2000)), 6000);
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(6000)), 7000);
	assert_string_equal(w.sink.log.ptr, "internal sealed 1, 7 lost\n");
	pipeline_flush(w.pipeline, at(6500));
	assert_string_equal(w.sink.log.ptr,
			    "internal sealed 1, 7 lost\negress sealed 1, 7 lost\n");
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(9000)), NEVER_MS);
	assert_balance(&w);
	close_world(&w);
}

/* What a sink never took is missing in no sum. */
static void test_records_that_found_no_place_are_counted(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.parts.limits.max_held = 2;
	start_pipeline(&w);
	w.sink.fails = true;
	add_usual_flows(&w);
	accept_all(&w);
	pipeline_commit(w.pipeline, at(2000));
	assert_int_equal(get(&w, STAT_RECORDS_DROPPED_HELD), 1);
	pipeline_flush(w.pipeline, at(2000));
	pipeline_free(w.pipeline);
	w.pipeline = NULL;
	assert_int_equal(get(&w, STAT_RECORDS_DROPPED_HELD), 6);
	assert_balance(&w);
	close_world(&w);
}

static void test_a_mangle_may_add_more_than_there_was(void **state)
{
	struct buf expected = BUF_INIT(65536);
	struct world w;
	int i;

	(void)state;
	open_world(&w);
	w.mangle.apply = adding_apply;
	start_pipeline(&w);
	add_flow(&w, 20, 1);
	add_flow(&w, 20, 1);
	accept_all(&w);
	pipeline_commit(w.pipeline, at(2000));
	buf_puts(&expected, "internal: 20/0 20/0");
	for (i = 0; i < 40; i++)
		buf_printf(&expected, " %d/0", i + 1000 * TAG_INTERNAL);
	buf_putc(&expected, '\n');
	assert_string_equal(w.sink.log.ptr, expected.ptr);
	assert_int_equal(get(&w, STAT_RECORDS_ADDED), 40);
	assert_int_equal(get(&w, STAT_RECORDS_ENCODED), 42);
	assert_balance(&w);
	buf_fini(&expected);
	close_world(&w);
}

static void test_a_mangle_may_add_records_without_flows(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.mangle.tick = fake_tick;
	start_pipeline(&w);
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(1000)), 3000);
	assert_string_equal(buf_str(&w.sink.log).ptr, "");
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(3000)), 4000);
	assert_string_equal(w.sink.log.ptr, "ingress: 7/0 3000/0\n");
	assert_int_equal(get(&w, STAT_RECORDS_ADDED), 2);
	assert_int_equal(get(&w, STAT_RECORDS_ENCODED), 2);
	assert_balance(&w);
	close_world(&w);
}

/* A batch that waits for answers is not disturbed. */
static void test_ticks_leave_a_parked_batch_alone(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.transform.enrich = fake_enrich;
	w.mangle.tick = fake_tick;
	start_pipeline(&w);
	add_flow(&w, 10, 2);
	add_flow(&w, 20, 2);
	accept_all(&w);
	assert_int_equal(pipeline_enrich(w.pipeline, &(struct queries){ .now_ms = 0 }),
			 2);
	pipeline_tick(w.pipeline, NULL, at(3000));
	assert_string_equal(w.sink.log.ptr, "ingress: 7/0 3000/0\n");
	pipeline_tick(w.pipeline, NULL, at(3500));
	assert_int_equal(pipeline_enrich(w.pipeline, &(struct queries){ .now_ms = 0 }),
			 0);
	pipeline_commit(w.pipeline, at(3600));
	assert_string_equal(w.sink.log.ptr, "ingress: 7/0 3000/0\ningress: 7/0 3500/0\n"
					    "ingress: 10/2\ninternal: 20/2\n");
	assert_int_equal(get(&w, STAT_RECORDS_ADDED), 4);
	assert_balance(&w);
	close_world(&w);
}

static void test_records_without_flows_belong_to_objects(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.mangle.tick = fake_tick;
	w.parts.limits.max_records = 3;
	start_pipeline(&w);
	pipeline_tick(w.pipeline, NULL, at(3000));
	pipeline_tick(w.pipeline, NULL, at(4000));
	assert_string_equal(w.sink.log.ptr,
			    "ingress: 7/0 3000/0\ningress: 7/0\n"
			    "ingress sealed 3, 0 lost\ningress: 4000/0\n");
	pipeline_flush(w.pipeline, at(4500));
	assert_non_null(strstr(w.sink.log.ptr, "ingress sealed 1, 0 lost\n"));
	assert_balance(&w);
	close_world(&w);
}

static void test_a_classifier_is_refreshed_beside_the_flows(void **state)
{
	struct queries queries = { .pending = 0 };
	struct world w;

	(void)state;
	open_world(&w);
	w.classify.refresh = fake_refresh;
	w.mangle.tick = fake_tick;
	start_pipeline(&w);
	assert_int_equal(pipeline_tick(w.pipeline, &queries, at(1000)), 2500);
	assert_int_equal(pipeline_tick(w.pipeline, &queries, at(1600)), 3000);
	assert_int_equal(queries.pending, 2);
	add_flow(&w, 20, 1);
	accept_all(&w);
	pipeline_commit(w.pipeline, at(1700));
	assert_int_equal(queries.pending, 2);
	assert_string_equal(w.sink.log.ptr, "internal: 20/0\n");
	close_world(&w);
}

static int64_t left; /* records that fake_more() and fake_due() still make */

static bool fake_more(void *self, const struct flow *flow, void *out)
{
	struct record *record = out;

	assert_string_equal(self, "transform");
	assert_int_equal(record->number, 0);
	if (!left)
		return false;
	record->number = flow->start + 100 * left--;
	return true;
}

static void test_a_flow_may_be_more_records(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.transform.more = fake_more;
	start_pipeline(&w);
	add_flow(&w, 20, 0);
	add_flow(&w, 0, 0);
	add_flow(&w, 1, 0);
	left = 2;
	accept_all(&w);
	assert_int_equal(get(&w, STAT_FLOWS_TRANSFORMED), 2);
	assert_int_equal(get(&w, STAT_RECORDS_ADDED), 2);
	pipeline_commit(w.pipeline, at(2000));
	assert_string_equal(w.sink.log.ptr, "egress: 0/0\ninternal: 20/0 220/0 120/0\n");
	assert_balance(&w);
	close_world(&w);
}

static int64_t fake_due(void *self, enum tag tag, struct records *records, struct now now)
{
	assert_string_equal(self, "transform");
	assert_ptr_equal(records->shape, &record_shape);
	while (left && tag == TAG_INTERNAL) {
		struct record *record = records_add(records, 0);

		record->number = now.wall_ms + left--;
	}
	return now.mono_ms + 7;
}

static int64_t told_lost;

static void fake_lost(void *self, int64_t flows)
{
	assert_string_equal(self, "transform");
	told_lost += flows;
}

static void test_records_may_be_due_without_flows(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.transform.tick = fake_due;
	w.transform.lost = fake_lost;
	start_pipeline(&w);
	left = told_lost = 0;
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(1000)), 1007);
	left = 2;
	assert_int_equal(pipeline_tick(w.pipeline, NULL, at(1000)), 1007);
	assert_string_equal(w.sink.log.ptr, "internal: 1002/0 1001/0\n");
	buf_reset(&w.sink.log);
	left = 1;
	add_flow(&w, 20, 0);
	accept_all(&w);
	pipeline_lost(w.pipeline, 0);
	assert_int_equal(told_lost, 0);
	pipeline_lost(w.pipeline, 3);
	assert_int_equal(told_lost, 3);
	pipeline_commit(w.pipeline, at(2000));
	left = 1;
	pipeline_flush(w.pipeline, at(3000));
	assert_string_equal(w.sink.log.ptr, "internal: 20/0 2001/0\ninternal: 3001/0\n"
					    "internal sealed 5, 3 lost\n");
	assert_balance(&w);
	close_world(&w);
}

/* The records of the tag that is next have these times. */
static void add_time(struct world *w, int64_t start, int64_t last_ms, int64_t update_ms)
{
	static struct flow_metric update[8];
	struct flow *flow;

	add_flow(w, start, last_ms);
	flow = &w->batch->flows[w->batch->count - 1];
	if (!update_ms)
		return;
	flow->last_update = &update[w->batch->count - 1];
	flow->last_update->last = update_ms;
}

/* In five minutes, of which the clock is at the first second: the flow's last
 * update counts, or its last packet, or when it came. Of what a mangle adds its
 * own word; without max_late nothing. */
static void test_records_have_the_time_of_their_flow(void **state)
{
	static const struct {
		int64_t max_late_ms;
		bool adds;
		const char *log;
	} cases[] = {
		{ 60000, false,
		  "egress@0: 100/0 300/0\negress@300: 200/0 400/0 500/0\n"
		  "internal@0: 20/0\n" },
		{ 60000, true,
		  "egress@0: 100/0 300/0 0/0 2/0\n"
		  "egress@300: 200/0 400/0 500/0 1/0 3/0\n"
		  "internal@0: 20/0 2000/0 2002/0\ninternal@300: 2001/0 2003/0\n" },
		{ 0, false,
		  "egress@300: 100/0 200/0 300/0 400/0 500/0\ninternal@300: 20/0\n" },
	};
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;

		open_world(&w);
		layout_init(&w.parts.limits.layout,
			    STR("{minute}{tag}{stream_hex}{sequence}"), &err);
		w.sink.has_slots = true;
		w.parts.limits.max_late_ms = cases[i].max_late_ms;
		w.parts.limits.max_age_ms = w.parts.limits.first_age_ms = 600000;
		if (cases[i].adds)
			w.mangle.apply = adding_few;
		start_pipeline(&w);
		add_time(&w, 100, 300000, 299999);
		add_time(&w, 200, 299999, 300000);
		add_time(&w, 300, 299999, 0);
		add_time(&w, 400, -1, 0);
		add_time(&w, 500, 0, -7);
		add_time(&w, 20, 1, 1);
		accept_all(&w);
		pipeline_commit(w.pipeline, at(301000));
		assert_string_equal(w.sink.log.ptr, cases[i].log);
		assert_int_equal(get(&w, STAT_RECORDS_LATE), 0);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_flow_is_counted_where_it_went),
		cmocka_unit_test(test_some_flows_of_a_batch_may_be_taken),
		cmocka_unit_test(test_records_are_enriched_until_they_are_known),
		cmocka_unit_test(test_a_transform_that_asks_nothing_is_not_asked),
		cmocka_unit_test(test_a_mangle_may_add_and_drop_records),
		cmocka_unit_test(test_a_flow_without_memory_is_counted),
		cmocka_unit_test(test_a_mangle_without_memory_is_counted),
		cmocka_unit_test(test_ticks_and_flushes_reach_every_tag),
		cmocka_unit_test(test_records_that_found_no_place_are_counted),
		cmocka_unit_test(test_a_flow_may_be_more_records),
		cmocka_unit_test(test_records_may_be_due_without_flows),
		cmocka_unit_test(test_a_mangle_may_add_more_than_there_was),
		cmocka_unit_test(test_a_mangle_may_add_records_without_flows),
		cmocka_unit_test(test_ticks_leave_a_parked_batch_alone),
		cmocka_unit_test(test_records_without_flows_belong_to_objects),
		cmocka_unit_test(test_a_classifier_is_refreshed_beside_the_flows),
		cmocka_unit_test(test_records_have_the_time_of_their_flow),
	};

	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
