/* SPDX-License-Identifier: Apache-2.0 */
/* books.c - see books.h. */
#include <inttypes.h>
#include <stdio.h>
#include "format/time_text.h"
#include "page/books.h"

void books_put_number(struct html *h, int64_t value)
{
	char digits[32];
	size_t len, i;

	len = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, value);
	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			html_text(h, STR(","));
		html_text(h, (struct str){ digits + i, 1 });
	}
}

static int64_t books_put_side(struct html *h, const struct tenant_figures *t,
			      enum stat_side side)
{
	bool is_first = true;
	int64_t sum = 0;
	int id;

	for (id = 0; id < STAT_COUNT; id++) {
		if (!stats_is_on((enum stat_id)id, side) || (!is_first && !t->value[id]))
			continue;
		sum += t->value[id];
		html_text(h, is_first ? STR("") : STR(" + "));
		books_put_number(h, t->value[id]);
		html_text(h, STR(" "));
		html_element(h, "span", NULL, str_of(counters_of_stats[id].name));
		is_first = false;
	}
	return sum;
}

void books_put_balances(struct page_frame *f, const struct tenant_figures *t)
{
	const struct balance *b;
	struct html *h = &f->html;
	int64_t in, out;

	html_constant(h, "<h2>Balances</h2>\n");
	for (b = stats_balances; b->what; b++) {
		html_constant(h, "<p class=\"sum\">");
		in = books_put_side(h, t, b->in);
		html_text(h, STR(" = "));
		out = books_put_side(h, t, b->out);
		if (in != out) {
			html_text(h, in > out ? STR(" + ") : STR(" - "));
			books_put_number(h, in > out ? in - out : out - in);
			html_constant(h, " <span>in flight</span>");
		}
		html_constant(h, "</p>\n");
	}
	html_constant(h,
		      "<p class=\"soft\">What is 0 is left out. All counts are since the "
		      "start of this process.</p>\n");
}

/* One equation of the ledger. */
static void books_put_sum(struct html *h, const char *unit, int64_t sealed,
			  const int64_t part[4])
{
	static const char *const names[] = { "uploaded", "spooled", "evicted",
					     "quarantined" };
	bool is_first = true;
	int i;

	html_constant(h, "<p class=\"sum\">");
	books_put_number(h, sealed);
	html_constant(h, " <span>");
	html_printf(h, "%s sealed", unit);
	html_constant(h, "</span> = ");
	for (i = 0; i < 4; i++) {
		if (!is_first && !part[i])
			continue;
		html_text(h, is_first ? STR("") : STR(" + "));
		books_put_number(h, part[i]);
		html_text(h, STR(" "));
		html_element(h, "span", NULL, str_of(names[i]));
		is_first = false;
	}
	html_constant(h, "</p>\n");
}

void books_put_ledger(struct page_frame *f, const struct ledger_totals *l)
{
	struct html *h = &f->html;
	char time[TIME_TEXT_SIZE];

	if (!l->since_ms)
		return;
	html_constant(h, "<h2>Ledger</h2>\n");
	books_put_sum(h, "objects", l->sealed.objects,
		      (const int64_t[]){ l->uploaded.objects, l->spooled.objects,
					 l->evicted.objects, l->quarantined.objects });
	books_put_sum(h, "records", l->sealed.records,
		      (const int64_t[]){ l->uploaded.records, l->spooled.records,
					 l->evicted.records, l->quarantined.records });
	books_put_sum(h, "bytes", l->sealed.bytes,
		      (const int64_t[]){ l->uploaded.bytes, l->spooled.bytes,
					 l->evicted.bytes, l->quarantined.bytes });
	html_constant(h, "<p class=\"soft\">Since ");
	html_text(h, time_text_rfc3339(time, l->since_ms / 1000));
	html_constant(h, ", over all restarts.</p>\n");
}

static void books_put_limit(struct page_frame *f, const struct tenant_figures *t,
			    int limit)
{
	const struct limits_status *limits = &t->status.limits;
	const struct now *now = &f->snapshot->now;
	char name[64];
	const struct counter *row;
	struct html *h = &f->html;

	snprintf(name, sizeof(name), "limit_%s", limit_names[limit]);
	row = counter_find(counters_of_stats, name);
	html_constant(h, "<tr><th scope=\"row\">");
	html_text(h, str_of(limit_names[limit]));
	html_constant(h, "</th><td class=\"n\">");
	if (limits->max[limit])
		books_put_number(h, limits->max[limit]);
	else
		html_text(h, STR("none"));
	html_constant(h, "</td><td class=\"n\">");
	books_put_number(h, row ? counter_get(row, t->value) : 0);
	html_constant(h, "</td><td>");
	if (limits->since_ms[limit] == NEVER_MS) {
		html_text(h, STR("no"));
	} else {
		html_text(h, STR("for "));
		frame_put_age(f,
			      (now->wall_ms - (now->mono_ms - limits->since_ms[limit])) /
				      1000);
	}
	html_constant(h, "</td></tr>\n");
}

void books_put_limits(struct page_frame *f, const struct tenant_figures *t)
{
	struct html *h = &f->html;
	int limit;

	html_constant(
		h, "<h2>Limits</h2><div class=\"wide\" role=\"region\" "
		   "aria-label=\"Limits\" tabindex=\"0\"><table><caption>Of "
		   "pipeline.limits.</caption><thead><tr><th "
		   "scope=\"col\">Limit</th><th scope=\"col\" "
		   "class=\"n\">At most</th><th scope=\"col\" class=\"n\">Held "
		   "back</th><th scope=\"col\">Takes effect</th></tr></thead><tbody>\n");
	for (limit = 0; limit < LIMITS; limit++)
		books_put_limit(f, t, limit);
	html_constant(h, "</tbody></table></div>\n");
}

void books_put_counters(struct page_frame *f, const struct tenant_figures *t)
{
	struct html *h = &f->html;
	int id;

	html_constant(h,
		      "<h2>Counters</h2><div class=\"wide\" role=\"region\" "
		      "aria-label=\"Counters\" tabindex=\"0\"><table><caption>Since the "
		      "start.</caption><thead><tr><th scope=\"col\">Counter</th><th "
		      "scope=\"col\" class=\"n\">Value</th><th scope=\"col\">What it "
		      "counts</th></tr></thead><tbody>\n");
	for (id = 0; id < STAT_COUNT; id++) {
		const struct counter *row = &counters_of_stats[id];

		html_constant(h, "<tr><th scope=\"row\">");
		html_text(h, str_of(row->name));
		html_constant(h, "</th><td class=\"n\">");
		books_put_number(h, t->value[id]);
		html_constant(h, "</td><td>");
		html_text(h, str_of(row->about ? row->about : row->help));
		html_constant(h, "</td></tr>\n");
	}
	html_constant(h, "</tbody></table></div>\n");
}
