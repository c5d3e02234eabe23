/* SPDX-License-Identifier: Apache-2.0 */
/* overview.c - the first page: the exporter as a whole, what is wrong, its sources and its
 * tenants. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include "format/amount.h"
#include "page/pages.h"
#include "page/partitions.h"
#include "page/tenants_table.h"

#define TROUBLES_SHOWN 20
#define SOURCES_SHOWN  20
#define NOTE_MAX       80

static void overview_put_state(struct page_frame *f)
{
	const struct snapshot *s = f->snapshot;
	const struct trouble *worst = s->troubles ? &s->trouble[0] : NULL;
	struct html *h = &f->html;

	html_constant(h, "<div><dt>State</dt><dd class=\"word\">");
	html_element(h, "b", frame_class(worst), str_of(frame_word(worst)));
	html_constant(h, "<span>");
	if (s->troubles)
		html_printf(h, "%zu %s", s->troubles,
			    s->troubles == 1 ? "trouble" : "troubles");
	else
		html_text(h, STR("no trouble"));
	html_constant(h, "</span></dd></div>");
}

static void overview_put_spool(struct page_frame *f)
{
	const struct exporter_figures *e = &f->snapshot->exporter;
	struct html *h = &f->html;
	char used[AMOUNT_TEXT_MAX], max[AMOUNT_TEXT_MAX];

	html_constant(h, "<div><dt>Spool</dt><dd>");
	html_text(h, str_of(amount_size(used, e->spool_bytes)));
	html_open(h, "span");
	html_printf(h, "of %s", amount_size(max, e->spool_bytes_max));
	html_close(h, "span");
	html_open(h, "meter");
	html_attribute(h, "aria-label", STR("Spool"));
	snprintf(used, sizeof(used), "%" PRId64, e->spool_bytes);
	html_attribute(h, "value", str_of(used));
	snprintf(max, sizeof(max), "%" PRId64, e->spool_bytes_max);
	html_attribute(h, "max", str_of(max));
	html_close(h, "meter");
	html_constant(h, "</dd></div>");
}

static void overview_put_topology(struct page_frame *f)
{
	const struct exporter_figures *e = &f->snapshot->exporter;
	const struct mirror_counters *mirror = &e->topology.mirror;
	char age[AMOUNT_TEXT_MAX], note[NOTE_MAX];

	if (mirror->state == MIRROR_SYNCED)
		snprintf(note, sizeof(note), "%zu nodes, %s old", mirror->nodes,
			 amount_age(age, mirror->age_s));
	else if (mirror->state != MIRROR_OFF)
		snprintf(note, sizeof(note), "mirror %s",
			 mirror_state_names[mirror->state]);
	else
		snprintf(note, sizeof(note), "%s",
			 e->topology.down ? "no analyzer answers"
					  : "asked of the analyzer");
	frame_put_fact(f, "Topology", topology_mode_names[e->topology_mode], note);
}

static void overview_put_lost(struct page_frame *f)
{
	const struct snapshot *s = f->snapshot;
	char flows[AMOUNT_TEXT_MAX], records[AMOUNT_TEXT_MAX], text[NOTE_MAX];

	if (!s->lost_flows && !s->lost_records) {
		frame_put_fact(f, "Lost in the last hour", "nothing", NULL);
		return;
	}
	snprintf(text, sizeof(text), "%s flows, %s records",
		 amount_count(flows, s->lost_flows),
		 amount_count(records, s->lost_records));
	frame_put_fact(f, "Lost in the last hour", text, NULL);
}

static void overview_put_rates(struct page_frame *f)
{
	const struct snapshot *s = f->snapshot;
	char flows[AMOUNT_TEXT_MAX], records[AMOUNT_TEXT_MAX], note[NOTE_MAX];
	int64_t of_flows = 0, of_records = 0;
	size_t i;

	for (i = 0; i < s->tenants; i++) {
		of_flows += s->tenant[i].flows_per_second;
		of_records += s->tenant[i].records_per_second;
	}
	snprintf(note, sizeof(note), "%s records/s", amount_count(records, of_records));
	frame_put_fact(f, "Flows/s, of all tenants", amount_count(flows, of_flows), note);
}

/* Who does not send to Kafka need not know of it. */
static void overview_put_kafka(struct page_frame *f)
{
	const struct kafka_counters *kafka = &f->snapshot->exporter.kafka;
	char queued[AMOUNT_TEXT_MAX], messages[AMOUNT_TEXT_MAX], note[NOTE_MAX];

	if (!kafka->queued && !kafka->messages && !kafka->errors)
		return;
	snprintf(note, sizeof(note), "%s sent, %" PRId64 " errors",
		 amount_count(messages, kafka->messages), kafka->errors);
	frame_put_fact(f, "Kafka, messages queued", amount_count(queued, kafka->queued),
		       note);
}

static void overview_put_facts(struct page_frame *f, size_t bad)
{
	const struct snapshot *s = f->snapshot;
	struct html *h = &f->html;
	char text[AMOUNT_TEXT_MAX], note[NOTE_MAX], number[24];

	html_constant(h, "<dl class=\"facts\">");
	overview_put_state(f);
	snprintf(number, sizeof(number), "%zu", s->tenants);
	html_constant(h, "<div><dt>Tenants</dt><dd>");
	html_text(h, str_of(number));
	html_constant(h, "<span>");
	if (bad) {
		html_constant(h, "<a href=\"/?state=bad\">");
		html_printf(h, "%zu in trouble", bad);
		html_constant(h, "</a>");
	} else {
		html_text(h, STR("all are well"));
	}
	html_constant(h, "</span></dd></div>");
	overview_put_rates(f);
	overview_put_lost(f);
	overview_put_spool(f);
	overview_put_topology(f);
	overview_put_kafka(f);
	snprintf(note, sizeof(note), "configuration %u", s->exporter.generation);
	frame_put_fact(f, "Up", amount_age(text, s->uptime_s), note);
	html_constant(h, "</dl>\n");
}

/* Those of tenants stand beside them. */
static void overview_put_troubles(struct page_frame *f)
{
	const struct snapshot *s = f->snapshot;
	struct html *h = &f->html;
	size_t count = 0, i;

	for (i = 0; i < s->troubles; i++) {
		if (s->trouble[i].tenant != NO_TENANT || count++ >= TROUBLES_SHOWN)
			continue;
		if (count == 1)
			html_constant(h,
				      "<h2>What is wrong</h2><ul class=\"troubles\">\n");
		html_open(h, "li");
		html_attribute(h, "class", str_of(frame_class(&s->trouble[i])));
		html_text(h, str_of(s->trouble[i].who));
		html_text(h, *s->trouble[i].who ? STR(": ") : STR(""));
		frame_put_trouble(f, &s->trouble[i]);
		html_constant(h, "</li>\n");
	}
	if (count)
		html_constant(h, "</ul>");
	if (count > TROUBLES_SHOWN)
		html_printf(h, "%zu more: see /status.json.", count - TROUBLES_SHOWN);
}

static void overview_put_source(struct page_frame *f, const struct source_figures *source)
{
	const struct source_status *status = &source->status;
	struct html *h = &f->html;
	char text[AMOUNT_TEXT_MAX];

	html_constant(h, "<tr><th scope=\"row\">");
	html_text(h, str_of(source->url));
	html_constant(h, "</th>");
	html_element(h, "td", status->is_ready ? "good" : "bad",
		     str_of(source_state_name(status->state)));
	html_element(h, "td", "n", str_of(amount_count(text, status->flows)));
	html_element(h, "td", "n", str_of(amount_size(text, status->bytes)));
	html_element(h, "td", "n", str_of(amount_count(text, status->gaps)));
	html_element(h, "td", "n", str_of(amount_count(text, status->bad_messages)));
	html_constant(h, "</tr>\n");
}

static void overview_put_sources(struct page_frame *f)
{
	const struct snapshot *s = f->snapshot;
	struct html *h = &f->html;
	size_t i;

	html_constant(h,
		      "<h2>Sources</h2><div class=\"wide\" role=\"region\" "
		      "aria-label=\"Sources\" tabindex=\"0\"><table><caption>Where flows "
		      "come from, since the start.</caption><thead><tr><th "
		      "scope=\"col\">Source</th><th scope=\"col\">State</th><th "
		      "scope=\"col\" class=\"n\">Flows</th><th scope=\"col\" "
		      "class=\"n\">Received</th><th scope=\"col\" "
		      "class=\"n\">Gaps</th><th scope=\"col\" class=\"n\">Bad "
		      "messages</th></tr></thead><tbody>\n");
	for (i = 0; i < s->sources && i < SOURCES_SHOWN; i++)
		overview_put_source(f, &s->source[i]);
	html_constant(h, "</tbody></table></div>");
	if (i < s->sources)
		html_printf(h, "%zu more: see /status.json.", s->sources - i);
}

static void overview_put_disabled(struct page_frame *f)
{
	struct str names = buf_str(&f->snapshot->disabled), name;
	struct html *h = &f->html;
	bool is_first = true;

	if (!names.len)
		return;
	html_constant(h, "<p class=\"soft\">Disabled: ");
	for (; names.len && frame_has_room(f); names = str_skip(names, name.len + 1)) {
		name = str_until(names, '\n');
		html_text(h, is_first ? STR("") : STR(", "));
		html_text(h, name);
		is_first = false;
	}
	html_text(h, names.len ? STR(", ...") : STR("."));
	html_constant(h, "</p>");
}

int overview_put(struct page_frame *f, const struct query *q)
{
	struct html *h = &f->html;
	struct selection selection;

	if (selection_make(f->snapshot, q, &selection) < 0)
		return -ENOMEM;
	frame_begin(f, STR(""));
	html_constant(h, "<div id=\"top\" data-live>");
	overview_put_facts(f, selection.bad);
	overview_put_troubles(f);
	overview_put_sources(f);
	partitions_put(f, SOURCES_SHOWN);
	html_constant(h, "</div>\n<h2>Tenants</h2>\n");
	tenants_put_form(f, q);
	html_constant(h, "<div id=\"list\" data-live>");
	tenants_put_table(f, q, &selection);
	overview_put_disabled(f);
	html_constant(h, "</div>");
	frame_end(f);
	selection_fini(&selection);
	return buf_error(h->out);
}
