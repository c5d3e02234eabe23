/* SPDX-License-Identifier: Apache-2.0 */
/* tenants_table.c - see tenants_table.h. There may be thousands of rows: they are written
 * as short as HTML can be. */
#include <inttypes.h>
#include <stdio.h>
#include "format/amount.h"
#include "page/sparkline.h"
#include "page/tenants_table.h"

#define REASONS_MAX 3
#define GROUP	    50 /* rows that a browser lays out together; style.c */

static const struct heading {
	const char *title;
	enum query_sort sort; /* SORT_TROUBLE: it cannot be sorted by */
	bool is_number;
} headings[] = {
	{ "Tenant", SORT_NAME, false },	   { "State", SORT_TROUBLE, false },
	{ "Flows/s", SORT_FLOWS, true },   { "Records/s", SORT_RECORDS, true },
	{ "Objects", SORT_TROUBLE, true }, { "Stored", SORT_TROUBLE, true },
	{ "Pending", SORT_PENDING, true }, { "Oldest", SORT_OLDEST, true },
	{ "Dropped", SORT_DROPPED, true }, { "Last upload", SORT_TROUBLE, true },
};
#define COLUMNS (sizeof(headings) / sizeof(headings[0]))

static void tenants_put_option(struct html *h, const char *value, const char *title,
			       bool is_selected)
{
	html_open(h, "option");
	html_attribute(h, "value", str_of(value));
	if (is_selected)
		html_attribute(h, "selected", STR(""));
	html_text(h, str_of(title));
	html_close(h, "option");
}

static void tenants_put_sorts(struct html *h, const struct query *q)
{
	static const char *const titles[SORTS] = {
		"trouble, then flows/s", "name",	   "flows/s", "records/s",
		"pending bytes",	 "oldest pending", "dropped",
	};
	int sort;

	html_constant(h, "<label>Sort by<select name=\"sort\">");
	for (sort = 0; sort < SORTS; sort++)
		tenants_put_option(h, query_sorts[sort], titles[sort],
				   q->sort == (enum query_sort)sort);
	html_constant(h, "</select></label>");
}

static void tenants_put_numbers(struct html *h, const struct query *q)
{
	static const size_t numbers[] = { QUERY_N_DEFAULT, 200, 1000 };
	char text[24];
	bool is_listed = false;
	size_t i;

	html_constant(h, "<label>At most<select name=\"n\">");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(text, sizeof(text), "%zu", numbers[i]);
		tenants_put_option(h, text, text, q->n == numbers[i]);
		is_listed |= q->n == numbers[i];
	}
	snprintf(text, sizeof(text), "%zu", q->n);
	if (!is_listed)
		tenants_put_option(h, text, text, true);
	html_constant(h, "</select></label>");
}

void tenants_put_form(struct page_frame *f, const struct query *q)
{
	struct html *h = &f->html;

	html_constant(h, "<form action=\"/\" role=\"search\"><label>Name");
	html_open(h, "input");
	html_attribute(h, "type", STR("search"));
	html_attribute(h, "name", STR("q"));
	html_attribute(h, "autocomplete", STR("off"));
	html_attribute(h, "value", q->name);
	html_constant(h, "</label><label>State<select name=\"state\">");
	tenants_put_option(h, "all", "all", !q->only_bad);
	tenants_put_option(h, "bad", "in trouble", q->only_bad);
	html_constant(h, "</select></label>");
	tenants_put_sorts(h, q);
	tenants_put_numbers(h, q);
	html_constant(h, "<button>Show</button></form>\n");
}

static void tenants_put_heading(struct html *h, const struct heading *heading,
				const struct query *q)
{
	struct query other = *q;
	struct buf address = BUF_INIT(64 * 1024);
	bool is_sorted = heading->sort != SORT_TROUBLE && q->sort == heading->sort;

	html_open(h, "th");
	html_attribute(h, "scope", STR("col"));
	if (heading->is_number)
		html_attribute(h, "class", STR("n"));
	if (is_sorted)
		html_attribute(h, "aria-sort",
			       q->sort == SORT_NAME ? STR("ascending")
						    : STR("descending"));
	if (heading->sort == SORT_TROUBLE) {
		html_text(h, str_of(heading->title));
	} else {
		other.sort = is_sorted ? SORT_TROUBLE : heading->sort;
		query_put(&address, &other);
		html_open(h, "a");
		html_attribute(h, "href", buf_str(&address));
		html_text(h, str_of(heading->title));
		html_close(h, "a");
	}
	html_close(h, "th");
	buf_fini(&address);
}

bool tenants_has_why(const struct tenant_figures *t)
{
	return t->trouble || *t->status.error;
}

void tenants_put_why(struct page_frame *f, const struct tenant_figures *t)
{
	if (t->trouble)
		frame_put_trouble(f, t->trouble);
	else
		html_text(&f->html, str_of(t->status.error));
}

void tenants_put_curve(struct page_frame *f, const struct past *past,
		       enum history_kind kind)
{
	int64_t value[HISTORY_MINUTES];
	int i;

	if (!past)
		return;
	for (i = 0; i < HISTORY_MINUTES; i++)
		value[i] = minutes_get(&past->minutes, kind, HISTORY_MINUTES - 1 - i,
				       f->snapshot->now.mono_ms);
	sparkline_put(&f->html, value, HISTORY_MINUTES);
}

static size_t tenants_count_reasons(const struct tenant_figures *t)
{
	const struct counter *row;
	size_t count = 0;

	for (row = counters_of_stats; row->help; row++)
		count += selection_is_drop(row) && counter_get(row, t->value);
	return count;
}

void tenants_put_reasons(struct page_frame *f, const struct tenant_figures *t)
{
	size_t reasons = tenants_count_reasons(t), count = 0;
	const struct counter *row;
	char text[AMOUNT_TEXT_MAX];
	int64_t value;

	for (row = counters_of_stats; row->help; row++) {
		value = selection_is_drop(row) ? counter_get(row, t->value) : 0;
		if (!value || count++ >= REASONS_MAX)
			continue;
		html_text(&f->html, count > 1 ? STR(", ") : STR(""));
		html_text(&f->html, str_of(row->reason ? row->reason : "evicted"));
		if (reasons > 1)
			html_printf(&f->html, " %s", amount_count(text, value));
	}
	if (reasons > REASONS_MAX)
		html_printf(&f->html, ", %zu more", reasons - REASONS_MAX);
}

static void tenants_put_name(struct html *h, const char *name)
{
	struct buf address = BUF_INIT(1024);

	buf_puts(&address, "/tenants/");
	url_encode(&address, str_of(name));
	html_constant(h, "<th scope=\"row\">");
	html_open(h, "a");
	html_attribute(h, "href", buf_str(&address));
	html_text(h, str_of(name));
	html_constant(h, "</a></th>");
	buf_fini(&address);
}

static void tenants_put_number(struct html *h, const char *text)
{
	html_constant(h, "<td class=\"n\">");
	html_text(h, str_of(text));
}

static void tenants_put_row(struct page_frame *f, const struct selected *row)
{
	const struct tenant_figures *t = row->tenant;
	struct html *h = &f->html;
	char text[AMOUNT_TEXT_MAX];

	html_constant(h, tenants_has_why(t) ? "<tr class=\"sick\">" : "<tr>");
	tenants_put_name(h, t->name);
	html_element(h, "td", t->trouble ? frame_class(t->trouble) : "soft",
		     str_of(frame_word(t->trouble)));
	tenants_put_number(h, amount_count(text, t->flows_per_second));
	tenants_put_curve(f, t->past, HISTORY_FLOWS);
	tenants_put_number(h, amount_count(text, t->records_per_second));
	tenants_put_number(h, amount_count(text, t->value[STAT_OBJECTS_UPLOADED]));
	tenants_put_number(h, amount_size(text, t->value[STAT_BYTES_UPLOADED]));
	tenants_put_number(h, amount_size(text, t->status.bytes));
	tenants_put_number(h, amount_age(text, t->oldest_s));
	html_constant(h, "<td class=\"n\">");
	if (row->dropped) {
		html_constant(h, "<small>");
		tenants_put_reasons(f, t);
		html_constant(h, "</small> ");
	}
	html_text(h, str_of(amount_count(text, row->dropped)));
	html_constant(h, "<td class=\"n\">");
	frame_put_age(f, t->stored_s);
	html_constant(h, "\n");
	if (!tenants_has_why(t))
		return;
	html_open(h, "tr");
	html_attribute(h, "class", STR("why"));
	html_open(h, "td");
	html_attribute(h, "colspan", STR("10"));
	tenants_put_why(f, t);
	html_constant(h, "\n");
}

static void tenants_put_caption(struct page_frame *f, const struct query *q,
				const struct selection *s, size_t shown)
{
	struct html *h = &f->html;

	html_printf(h, "%zu of %zu", shown, s->found);
	html_text(h, s->found < f->snapshot->tenants ? STR(" that were asked for")
						     : STR(" tenants"));
	if (q->sort == SORT_TROUBLE)
		html_text(h, STR(", those in trouble first, then the busiest"));
	html_text(h, STR("; curves are the flows of the last hour."));
}

static void tenants_put_more(struct html *h, size_t count, const char *remedy)
{
	html_open(h, "p");
	html_attribute(h, "class", STR("soft"));
	html_printf(h, "%zu more: %s.", count, remedy);
	html_close(h, "p");
}

void tenants_put_table(struct page_frame *f, const struct query *q,
		       const struct selection *s)
{
	struct html *h = &f->html;
	size_t i;

	html_constant(h, "<div class=\"wide\" role=\"region\" aria-label=\"Tenants\" "
			 "tabindex=\"0\"><table><caption>");
	tenants_put_caption(f, q, s, s->rows);
	html_constant(h, "</caption><thead><tr>");
	for (i = 0; i < COLUMNS; i++)
		tenants_put_heading(h, &headings[i], q);
	html_constant(h, "</tr></thead><tbody>\n");
	for (i = 0; i < s->rows && frame_has_room(f); i++) {
		if (i && i % GROUP == 0)
			html_constant(h, "<tbody>\n");
		tenants_put_row(f, &s->row[i]);
	}
	html_constant(h, "</tbody></table></div>\n");
	if (i < s->rows)
		tenants_put_more(h, s->found - i,
				 "a page has 1 MB at most, ask for some by their names");
	else if (i < s->found)
		tenants_put_more(h, s->found - i, "ask for a higher number");
}
