/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - see explain.h. A pipeline is run as a tenant runs it, and tells a trace what
 * it does; its objects are made where the spool's would be. */
#include <stddef.h>
#include "format/json_write.h"
#include "pipeline/pipeline.h"
#include "stage/explain.h"
#include "stage/object_builder.h"

#define PASSES_MAX  16
#define ROWS_MAX    ((size_t)16 << 20)
#define RECORDS_MAX 100000
#define AGE_MAX_MS  86400000

/* Asks for us, and writes down what was answered. */
struct listener {
	struct answers answers;
	struct answers *inner;
	const struct explain *x;
	struct buf *out;
};

static void explain_put_strs(struct buf *out, const struct strs *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		buf_puts(out, i ? "," : "");
		buf_put(out, list->item[i]);
	}
}

static void put_node(struct buf *out, const struct node *node)
{
	const struct field *field;
	size_t i;

	buf_puts(out, "      node:");
	for (field = node_shape.fields; field->name; field++) {
		const void *member = (const char *)node + field->offset;
		const struct map_of_str *map = member;

		if (field_is_empty(field, member))
			continue;
		buf_printf(out, " %s=", field->name);
		if (field->kind == FIELD_KIND_STR)
			buf_put(out, *(const struct str *)member);
		else if (field->kind == FIELD_KIND_STRS)
			explain_put_strs(out, member);
		else if (field->kind == FIELD_KIND_I64)
			buf_put_i64(out, *(const int64_t *)member);
		for (i = 0; field->kind == FIELD_KIND_MAP && i < map->count; i++)
			buf_printf(out, "%s" STR_FMT ":" STR_FMT, i ? "," : "",
				   STR_ARG(map->name[i]), STR_ARG(map->value[i]));
	}
	buf_putc(out, '\n');
}

static void put_answer(const struct listener *l, struct str text,
		       const struct answer *answer)
{
	struct buf *out = l->out;
	size_t i;

	buf_printf(out, "    asked: " STR_FMT "\n", STR_ARG(text));
	if (l->x->say_who)
		l->x->say_who(out, text);
	for (i = 0; i < answer->count; i++)
		put_node(out, &answer->node[i]);
	if (answer->value.ptr)
		buf_printf(out, "      value: \"" STR_FMT "\"\n", STR_ARG(answer->value));
	else if (answer->is_unknown)
		buf_puts(out, "      no answer\n");
	else if (!answer->count)
		buf_puts(out, answer->is_null ? "      null\n" : "      nothing\n");
}

static const struct answer *listener_find(struct answers *answers, struct str text)
{
	struct listener *l = (struct listener *)answers;
	const struct answer *answer = l->inner->find(l->inner, text);

	if (answer)
		put_answer(l, text, answer);
	return answer;
}

static void listener_release(struct answers *answers)
{
	struct listener *l = (struct listener *)answers;

	l->inner->release(l->inner);
}

/* One flow on its way: what hears of it, and where that is written. */
struct explanation {
	struct pipeline_trace trace;
	struct sink sink;
	struct byte_sink body;
	const struct explain *x;
	struct buf *out;
	struct buf rows;
	size_t count;	      /* of rows */
	bool is_first_report; /* the transform leaves it out: once more */
	bool is_again;
};

static struct explanation *explanation_of_trace(struct pipeline_trace *trace)
{
	return (struct explanation *)trace;
}

static struct explanation *explanation_of_sink(struct sink *sink)
{
	return (struct explanation *)((char *)sink - offsetof(struct explanation, sink));
}

static void explain_tag(struct pipeline_trace *trace, enum tag tag, bool bad_address)
{
	struct explanation *e = explanation_of_trace(trace);

	if (!e->is_again)
		buf_printf(e->out, "    tag: %s%s\n", tag_names[tag],
			   bad_address ? " (an address cannot be read)" : "");
}

static void explain_filter(struct pipeline_trace *trace, bool is_kept)
{
	struct explanation *e = explanation_of_trace(trace);
	const struct stage_set *stages = e->x->stages;

	if (e->is_again)
		return;
	buf_printf(e->out, "  filter %s: %s\n", stages->filter->stage.name,
		   is_kept ? "kept" : "left out, the tag is excluded");
	if (is_kept)
		buf_printf(e->out, "  transform %s:\n", stages->transform->stage.name);
}

static void explain_verdict(struct pipeline_trace *trace, enum verdict verdict)
{
	static const char *const verdicts[] = {
		[DROP_NO_TRANSPORT] = "left out: it has no ports",
		[DROP_NO_NETWORK] = "left out: it has no addresses",
		[DROP_NO_METRIC] = "left out: it lacks a metric",
		[DROP_NO_TRAFFIC] = "left out: nothing since its last report",
		[DROP_NOT_LOGGED] = "left out: the format does not log such traffic",
		[EXCLUDE] = "left out, as configured",
	};
	struct explanation *e = explanation_of_trace(trace);

	e->is_first_report = verdict == EXCLUDE && !e->is_again;
	if (e->is_first_report)
		buf_puts(e->out, "    left out, as the first report of a flow; "
				 "a later one:\n");
	else if (verdict != KEEP)
		buf_printf(e->out, "    %s\n", verdicts[verdict]);
}

static void explain_record(struct pipeline_trace *trace, const void *record)
{
	struct explanation *e = explanation_of_trace(trace);

	buf_puts(e->out, "    record: ");
	json_put_record(e->out, e->x->stages->record, record, (struct json_style){ 0 });
	buf_putc(e->out, '\n');
}

static void explain_mangle(struct pipeline_trace *trace, const struct records *records)
{
	struct explanation *e = explanation_of_trace(trace);
	size_t i;

	buf_printf(e->out, "  mangle %s:\n", e->x->stages->mangle->stage.name);
	for (i = 0; i < records->count; i++)
		explain_record(trace, records->item[i]);
	if (!records->count)
		buf_puts(e->out, "    no record yet\n");
}

static int take_rows(struct sink *sink, struct object_place place,
		     const struct rows *rows)
{
	struct explanation *e = explanation_of_sink(sink);

	(void)place;
	buf_put(&e->rows, rows->bytes);
	e->count += rows->count;
	return buf_error(&e->rows);
}

static int put_body(struct byte_sink *body, struct str bytes)
{
	struct explanation *e = (struct explanation *)((char *)body -
						       offsetof(struct explanation,
								body));

	buf_put(e->out, bytes);
	return buf_error(e->out);
}

static int explain_body(struct explanation *e, const struct object_spec *spec,
			const struct object *object)
{
	struct object_builder builder;
	int error = object_builder_start(&builder, spec, object, &e->body);

	if (!error)
		error = object_builder_rows(&builder, buf_str(&e->rows));
	if (!error)
		error = object_builder_finish(&builder);
	object_builder_end(&builder);
	return error;
}

/* No bytes for a terminal; the record has been shown as text. */
static void explain_binary(struct explanation *e)
{
	buf_printf(e->out, "    %zu record%s, %zu bytes\n", e->count,
		   e->count == 1 ? "" : "s", e->rows.len);
}

/* The object, as it is before it is compressed. */
static int explain_object(struct sink *sink, struct object_place place,
			  const struct object *object)
{
	struct explanation *e = explanation_of_sink(sink);
	const struct stage_set *stages = e->x->stages;
	struct arena arena = ARENA_INIT(ROWS_MAX);
	const struct object_spec spec = {
		.record = str_of(stages->record->name),
		.columns = stage_set_columns(stages, &arena),
		.header = stages->header,
		.header_state = stages->header_state,
		.encode = stages->encode,
		.encode_state = stages->encode_state,
		.compress = &compress_none,
	};
	int error = 0;

	(void)place;
	buf_printf(e->out, "  storeheader %s, encode %s, compress %s:\n",
		   stages->header->stage.name, stages->encode->stage.name,
		   stages->compress->stage.name);
	if (stages->encode->labelled_type)
		explain_binary(e);
	else
		error = explain_body(e, &spec, object);
	buf_reset(&e->rows);
	e->count = 0;
	arena_fini(&arena);
	return error;
}

static int64_t give_stream(struct sink *sink, int64_t wanted, int64_t last)
{
	(void)sink;
	return wanted > last ? wanted : last + 1;
}

static bool hold_rows(struct sink *sink, int64_t size)
{
	(void)sink;
	(void)size;
	return true;
}

static void explain_run(struct explanation *e, struct pipeline *pipeline,
			struct queries *queries, const struct batch *batch,
			uint32_t number)
{
	const struct explain *x = e->x;
	unsigned passes = 0;

	buf_printf(e->out, "  classify %s:\n", x->stages->classify->stage.name);
	queries_pass(queries, x->now.mono_ms);
	pipeline_tick(pipeline, queries, x->now);
	if (queries->pending) {
		x->wait(x->context);
		queries_pass(queries, x->now.mono_ms);
		pipeline_tick(pipeline, queries, x->now);
	}
	pipeline_accept(pipeline, batch, &number, 1, x->now);
	e->is_again = e->is_first_report;
	if (e->is_again)
		pipeline_accept(pipeline, batch, &number, 1, x->now);
	queries_pass(queries, x->now.mono_ms);
	while (pipeline_enrich(pipeline, queries) && passes++ < PASSES_MAX) {
		x->wait(x->context);
		queries_pass(queries, x->now.mono_ms);
	}
	pipeline_commit(pipeline, x->now);
	pipeline_flush(pipeline, x->now);
}

/* All of a flow's records go to one object. */
static struct bucket_limits explain_limits(void)
{
	struct bucket_limits limits = {
		.max_records = RECORDS_MAX,
		.max_age_ms = AGE_MAX_MS,
		.max_stream_ms = AGE_MAX_MS,
		.max_held = RECORDS_MAX,
		.first_age_ms = AGE_MAX_MS,
	};

	layout_init(&limits.layout, STR(LAYOUT_EXPORTER), NULL);
	return limits;
}

void explain_flow(const struct explain *x, const struct batch *batch, uint32_t number,
		  struct buf *out)
{
	struct listener listener = {
		.answers = { .find = listener_find, .release = listener_release },
		.inner = x->answers,
		.x = x,
		.out = out,
	};
	struct explanation e = {
		.trace = { explain_tag, explain_filter, explain_verdict, explain_record,
			   explain_mangle },
		.sink = { take_rows, explain_object, give_stream, hold_rows, NULL },
		.body = { put_body },
		.x = x,
		.out = out,
		.rows = BUF_INIT(ROWS_MAX),
	};
	const struct pipeline_parts parts = {
		.stages = *x->stages,
		.limits = explain_limits(),
		.trace = &e.trace,
	};
	struct stats stats = { 0 };
	struct queries queries;
	struct pipeline *pipeline;

	if (queries_init(&queries, &listener.answers) < 0)
		return;
	queries.peers_by = x->peers_by;
	pipeline = pipeline_new(&parts, &e.sink, &stats);
	if (pipeline)
		explain_run(&e, pipeline, &queries, batch, number);
	pipeline_free(pipeline);
	queries_reset(&queries);
	queries_fini(&queries);
	buf_fini(&e.rows);
}
