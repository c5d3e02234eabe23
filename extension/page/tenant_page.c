/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_page.c - all about one tenant: what is wrong, its books, its last objects, its
 * configuration, its questions. */
#include <stdio.h>
#include "format/amount.h"
#include "format/time_text.h"
#include "graph/mirrored.h"
#include "page/books.h"
#include "page/pages.h"
#include "page/tenants_table.h"
#include "pipeline/series.h"

#define QUESTION_MAX  ((size_t)16 * 1024)
#define QUESTIONS_MAX 200
#define VALUES_MAX    8

static void tenant_put_facts(struct page_frame *f, const struct selected *row)
{
	const struct tenant_figures *t = row->tenant;
	struct html *h = &f->html;
	char text[AMOUNT_TEXT_MAX], note[AMOUNT_TEXT_MAX + 16];

	html_constant(h, "<dl class=\"facts\"><div><dt>State</dt><dd class=\"word\">");
	html_element(h, "b", frame_class(t->trouble), str_of(frame_word(t->trouble)));
	html_constant(h, "</dd></div><div><dt>Flows/s</dt><dd>");
	html_text(h, str_of(amount_count(text, t->flows_per_second)));
	tenants_put_curve(f, t->past, HISTORY_FLOWS);
	html_constant(h, "</dd></div><div><dt>Records/s</dt><dd>");
	html_text(h, str_of(amount_count(text, t->records_per_second)));
	tenants_put_curve(f, t->past, HISTORY_RECORDS);
	html_constant(h, "</dd></div>");
	snprintf(note, sizeof(note), "%s",
		 amount_size(text, t->value[STAT_BYTES_UPLOADED]));
	frame_put_fact(f, "Objects stored",
		       amount_count(text, t->value[STAT_OBJECTS_UPLOADED]), note);
	snprintf(note, sizeof(note), "%zu objects", t->status.objects);
	frame_put_fact(f, "Pending", amount_size(text, t->status.bytes), note);
	frame_put_fact(f, "Oldest pending", amount_age(text, t->oldest_s), NULL);
	if (t->commit_s >= 0)
		frame_put_fact(f, "Not committed for", amount_age(text, t->commit_s),
			       NULL);
	html_constant(h, "<div><dt>Last upload</dt><dd>");
	frame_put_age(f, t->stored_s);
	html_constant(h, "</dd></div></dl>\n");
	if (!tenants_has_why(t))
		return;
	html_constant(h, "<ul class=\"troubles\">");
	html_open(h, "li");
	html_attribute(h, "class", str_of(frame_class(t->trouble)));
	tenants_put_why(f, t);
	html_constant(h, "</li></ul>\n");
}

static void tenant_put_object(void *context, const struct recent_object *object)
{
	struct page_frame *f = context;
	struct html *h = &f->html;
	char time[TIME_TEXT_SIZE];

	html_constant(h, "<tr><th scope=\"row\">");
	html_text(h,
		  object->place ? str_of(object->place) : STR("(no memory for its key)"));
	html_constant(h, "</th><td class=\"n\">");
	books_put_number(h, object->records);
	html_constant(h, "</td><td class=\"n\">");
	books_put_number(h, object->bytes);
	html_constant(h, "</td><td>");
	html_text(h, time_text_rfc3339(time, object->stored_ms / 1000));
	html_constant(h, "</td></tr>\n");
}

static void tenant_put_objects(struct page_frame *f, struct tenant *t)
{
	struct html *h = &f->html;

	html_constant(h,
		      "<h2>Last objects</h2><div class=\"wide\" role=\"region\" "
		      "aria-label=\"Last objects\" tabindex=\"0\"><table><caption>Those "
		      "stored last, the newest first.</caption><thead><tr><th "
		      "scope=\"col\">Object</th><th scope=\"col\" "
		      "class=\"n\">Records</th><th scope=\"col\" "
		      "class=\"n\">Bytes</th><th scope=\"col\">Stored "
		      "at</th></tr></thead><tbody>\n");
	recent_each(tenant_recent(t), tenant_put_object, f);
	html_constant(h, "</tbody></table></div>\n");
	if (!recent_stored_ms(tenant_recent(t)))
		html_constant(h, "<p class=\"soft\">None since the start.</p>\n");
}

/* Questions as the page lists them. */
struct tenant_questions {
	struct question_list list; /* first: the list's functions get this one */
	struct page_frame *frame;
	size_t count;
	bool is_mirrored; /* there is a mirror */
};

static void tenant_put_question(struct tenant_questions *q, struct str text)
{
	struct html *h = &q->frame->html;
	struct err why = ERR_INIT;
	struct str index;

	if (q->count++ >= QUESTIONS_MAX || !frame_has_room(q->frame))
		return;
	html_constant(h, "<tr><th scope=\"row\">");
	html_text(h, text);
	html_constant(h, "</th><td>");
	if (!q->is_mirrored)
		html_text(h, STR("the analyzer"));
	else if (!question_is_mirrored(text, &index, &why))
		html_printf(h, "the analyzer: %s", why.text);
	else if (index.len)
		html_printf(h, "the mirror, by " STR_FMT, STR_ARG(index));
	else
		html_text(h, STR("the mirror, of all its nodes"));
	html_constant(h, "</td></tr>\n");
}

static void tenant_add_question(struct question_list *list,
				const struct question *question)
{
	static const struct str values[VALUES_MAX] = {
		{ "...", 3 }, { "...", 3 }, { "...", 3 }, { "...", 3 },
		{ "...", 3 }, { "...", 3 }, { "...", 3 }, { "...", 3 },
	};
	struct buf text = BUF_INIT(QUESTION_MAX);

	if (question_put(&text, question, values) && !buf_error(&text))
		tenant_put_question((struct tenant_questions *)list, buf_str(&text));
	buf_fini(&text);
}

static void tenant_add_text(struct question_list *list, struct str name, struct str text)
{
	(void)name;
	tenant_put_question((struct tenant_questions *)list, text);
}

static void tenant_put_questions(struct page_frame *f, const struct pipeline_shown *p)
{
	struct tenant_questions q = {
		.list = { p->peers_by, tenant_add_question, tenant_add_text },
		.frame = f,
		.is_mirrored = f->snapshot->exporter.topology_mode == MODE_MIRROR,
	};
	struct html *h = &f->html;

	html_constant(h,
		      "<h2>Questions</h2><div class=\"wide\" role=\"region\" "
		      "aria-label=\"Questions\" tabindex=\"0\"><table><caption>What it "
		      "may ask of the topology, and who answers.</caption><thead><tr><th "
		      "scope=\"col\">Question</th><th scope=\"col\">Answered "
		      "by</th></tr></thead><tbody>\n");
	stage_set_questions(&p->settings->stages, &q.list);
	if (p->settings->has_series)
		series_questions(&q.list);
	html_constant(h, "</tbody></table></div>\n");
	if (q.count == 0)
		html_constant(h, "<p class=\"soft\">It asks nothing.</p>\n");
	if (q.count > QUESTIONS_MAX)
		html_printf(h, "%zu more.", q.count - QUESTIONS_MAX);
}

/* A key that two stages share is there twice, on lines that follow each other. */
static void tenant_put_lines(struct html *h, struct str shown, bool of_writer)
{
	struct str line, before = STR("");

	for (; shown.len; shown = str_skip(shown, line.len + 1), before = line) {
		line = str_until(shown, '\n');
		if (str_starts(line, STR("pipeline.write")) != of_writer ||
		    str_equal(line, before))
			continue;
		html_text(h, line);
		html_text(h, STR("\n"));
	}
}

/* The writer's part may have been replaced alone. */
static void tenant_put_settings(struct page_frame *f, const struct pipeline_shown *p)
{
	struct html *h = &f->html;

	html_constant(h, "<h2>Configuration</h2><p class=\"soft\">From ");
	html_text(h, p->writer->file);
	html_constant(h, " and what is below it; only what is not as by default.</p>"
			 "<pre tabindex=\"0\">");
	tenant_put_lines(h, p->settings->shown, false);
	tenant_put_lines(h, p->writer->shown, true);
	html_constant(h, "</pre>\n");
}

static void tenant_put_private(void *context, const struct pipeline_shown *p)
{
	struct page_frame *f = context;

	tenant_put_objects(f, p->tenant);
	tenant_put_questions(f, p);
	tenant_put_settings(f, p);
}

void tenant_page_put(struct page_frame *f, const struct selected *row, struct exporter *e)
{
	struct str name = str_of(row->tenant->name);
	struct html *h = &f->html;

	frame_begin(f, name);
	html_constant(h, "<p><a href=\"/\">All tenants</a></p><h2>Tenant ");
	html_text(h, name);
	html_constant(h, "</h2>\n<div id=\"top\" data-live>");
	tenant_put_facts(f, row);
	books_put_balances(f, row->tenant);
	books_put_ledger(f, &row->tenant->ledger);
	books_put_limits(f, row->tenant);
	html_constant(h, "</div>");
	if (f->is_private)
		exporter_visit_tenant(e, name, tenant_put_private, f);
	else
		html_constant(h,
			      "<p class=\"soft\">Its last objects, questions and "
			      "configuration are shown over the unix socket only.</p>\n");
	html_constant(h, "<div id=\"counters\" data-live>");
	books_put_counters(f, row->tenant);
	html_constant(h, "</div>");
	frame_end(f);
}
