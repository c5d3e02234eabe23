/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - see explain.h. */
#include "format/json_write.h"
#include "stage/explain.h"

#define PASSES_MAX 16
#define ROWS_MAX   ((size_t)16 << 20)

/* Asks for us, and writes down what was answered. */
struct listener {
	struct answers answers;
	struct answers *inner;
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

static void put_answer(struct buf *out, struct str text, const struct answer *answer)
{
	size_t i;

	buf_printf(out, "    asked: " STR_FMT "\n", STR_ARG(text));
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
		put_answer(l->out, text, answer);
	return answer;
}

static void listener_release(struct answers *answers)
{
	struct listener *l = (struct listener *)answers;

	l->inner->release(l->inner);
}

static void explain_put_record(const struct explain *x, const void *record,
			       struct buf *out)
{
	buf_puts(out, "    record: ");
	json_put_record(out, x->stages->record, record, (struct json_style){ 0 });
	buf_putc(out, '\n');
}

/* false: the flow goes no further. */
static bool explain_tag(const struct explain *x, const struct flow *flow,
			struct queries *q, enum tag *tag, struct buf *out)
{
	const struct classify *classify = x->stages->classify;
	const struct filter *filter = x->stages->filter;
	bool is_bad = false, is_kept;

	buf_printf(out, "  classify %s:\n", classify->stage.name);
	if (classify->refresh) {
		queries_pass(q, x->now.mono_ms);
		classify->refresh(x->stages->classify_state, q, x->now);
		if (q->pending) {
			x->wait(x->context);
			queries_pass(q, x->now.mono_ms);
			classify->refresh(x->stages->classify_state, q, x->now);
		}
	}
	*tag = classify->tag(x->stages->classify_state, flow, &is_bad);
	buf_printf(out, "    tag: %s%s\n", tag_names[*tag],
		   is_bad ? " (an address cannot be read)" : "");
	is_kept = filter->keeps(x->stages->filter_state, *tag);
	buf_printf(out, "  filter %s: %s\n", filter->stage.name,
		   is_kept ? "kept" : "left out, the tag is excluded");
	return is_kept;
}

static void explain_record(const struct explain *x, const struct flow *flow,
			   struct queries *q, void *record, struct buf *out)
{
	const struct transform *transform = x->stages->transform;
	unsigned passes = 0;

	while (transform->enrich && passes++ < PASSES_MAX) {
		queries_pass(q, x->now.mono_ms);
		if (transform->enrich(x->stages->transform_state, flow, q, record) !=
		    PENDING)
			break;
		x->wait(x->context);
	}
	explain_put_record(x, record, out);
}

static bool explain_transform(const struct explain *x, enum tag tag,
			      const struct flow *flow, struct queries *q,
			      struct records *records, struct buf *out)
{
	static const char *const verdicts[] = {
		[DROP_NO_TRANSPORT] = "left out: it has no ports",
		[DROP_NO_NETWORK] = "left out: it has no addresses",
		[DROP_NO_METRIC] = "left out: it lacks a metric",
		[DROP_NO_TRAFFIC] = "left out: nothing since its last report",
		[DROP_NOT_LOGGED] = "left out: the format does not log such traffic",
		[EXCLUDE] = "left out, as configured",
	};
	const struct transform *transform = x->stages->transform;
	void *state = x->stages->transform_state,
	     *record = records_add(records, x->now.wall_ms);
	enum verdict verdict;

	if (!record)
		return false;
	buf_printf(out, "  transform %s:\n", transform->stage.name);
	verdict = transform->make(state, tag, flow, x->now, record);
	if (verdict == EXCLUDE) {
		buf_puts(out, "    left out, as the first report of a flow; "
			      "a later one:\n");
		verdict = transform->make(state, tag, flow, x->now, record);
	}
	if (verdict != KEEP) {
		buf_printf(out, "    %s\n", verdicts[verdict]);
		return false;
	}
	explain_record(x, flow, q, record, out);
	while (transform->more && (record = records_add(records, x->now.wall_ms))) {
		if (!transform->more(state, flow, record)) {
			records->count--;
			break;
		}
		explain_record(x, flow, q, record, out);
	}
	return true;
}

static void explain_mangle(const struct explain *x, enum tag tag, struct records *records,
			   struct buf *out)
{
	const struct mangle *mangle = x->stages->mangle;
	size_t i;

	if (!mangle->apply)
		return;
	mangle->apply(x->stages->mangle_state, tag, records, x->now);
	buf_printf(out, "  mangle %s:\n", mangle->stage.name);
	for (i = 0; i < records->count; i++)
		explain_put_record(x, records->item[i], out);
	if (!records->count)
		buf_puts(out, "    no record yet\n");
}

static void explain_object(const struct explain *x, const struct records *records,
			   struct arena *arena, struct buf *out)
{
	const struct header *header = x->stages->header;
	const struct encode *encode = x->stages->encode;
	const struct object about = {
		.first_ms = x->now.wall_ms,
		.last_ms = x->now.wall_ms,
		.records = (int64_t)records->count,
	};
	struct buf rows = BUF_INIT(ROWS_MAX), end = BUF_INIT(ROWS_MAX);
	struct header_member *members = NULL;
	struct strs columns = stage_set_columns(x->stages, arena);
	struct str separator = STR("");
	size_t count, i;

	if (encode->separator)
		separator = encode->separator(x->stages->encode_state, header->is_header);
	count = header->members(x->stages->header_state, str_of(records->shape->name),
				&about, arena, &members);
	for (i = 0; i < records->count; i++)
		encode->row(x->stages->encode_state, records->shape, records->item[i],
			    header->is_header, &rows);
	buf_printf(out, "  storeheader %s, encode %s, compress %s:\n", header->stage.name,
		   encode->stage.name, x->stages->compress->stage.name);
	if (encode->frame)
		encode->frame(x->stages->encode_state, &columns, members, count, out,
			      &end);
	buf_put(out, str_skip(buf_str(&rows), rows.len ? separator.len : 0));
	buf_put(out, buf_str(&end));
	buf_fini(&rows);
	buf_fini(&end);
}

void explain_flow(const struct explain *x, const struct flow *flow, struct buf *out)
{
	struct listener listener = {
		.answers = { .find = listener_find, .release = listener_release },
		.inner = x->answers,
		.out = out,
	};
	struct arena arena = ARENA_INIT(ROWS_MAX);
	struct records records = { .shape = x->stages->record, .arena = &arena };
	struct queries queries;
	enum tag tag;

	if (queries_init(&queries, &listener.answers) < 0)
		return;
	if (explain_tag(x, flow, &queries, &tag, out) &&
	    explain_transform(x, tag, flow, &queries, &records, out)) {
		explain_mangle(x, tag, &records, out);
		explain_object(x, &records, &arena, out);
	}
	queries_reset(&queries);
	queries_fini(&queries);
	arena_fini(&arena);
}
