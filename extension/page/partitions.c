/* SPDX-License-Identifier: Apache-2.0 */
/* partitions.c - see partitions.h. */
#include "format/amount.h"
#include "page/partitions.h"

static void put_row(struct html *h, const struct source_figures *source)
{
	const struct source_partitions *p = &source->status.partitions;
	char text[AMOUNT_TEXT_MAX];

	html_constant(h, "<tr><th scope=\"row\">");
	html_text(h, str_of(source->url));
	html_constant(h, "</th>");
	html_element(h, "td", "n", str_of(amount_count(text, p->assigned)));
	html_element(h, "td", "n", str_of(amount_count(text, p->lag)));
	html_element(h, "td", "n", str_of(amount_age(text, p->age_s)));
	html_element(h, "td", p->lost ? "n bad" : "n",
		     str_of(amount_count(text, p->lost)));
	html_element(h, "td", p->broken ? "n bad" : "n",
		     str_of(amount_count(text, p->broken)));
	html_element(h, "td", "n", str_of(amount_count(text, p->rebalances)));
	html_constant(h, "</tr>\n");
}

void partitions_put(struct page_frame *f, size_t sources_max)
{
	const struct snapshot *s = f->snapshot;
	struct html *h = &f->html;
	bool has_begun = false;
	size_t i;

	for (i = 0; i < s->sources && i < sources_max; i++) {
		if (!s->source[i].status.partitions.are_there)
			continue;
		if (!has_begun)
			html_constant(
				h,
				"<h2>Partitions</h2><div class=\"wide\" "
				"role=\"region\" aria-label=\"Partitions\" "
				"tabindex=\"0\"><table><caption>What this exporter has "
				"of the topics, and how far it is; losses and moves "
				"since the start.</caption><thead><tr><th "
				"scope=\"col\">Source</th><th scope=\"col\" "
				"class=\"n\">Partitions</th><th scope=\"col\" "
				"class=\"n\">Not read</th><th scope=\"col\" "
				"class=\"n\">Not committed for</th><th scope=\"col\" "
				"class=\"n\">Lost offsets</th><th scope=\"col\" "
				"class=\"n\">Broken offsets</th><th scope=\"col\" "
				"class=\"n\">Moves</th></tr></thead><tbody>\n");
		has_begun = true;
		put_row(h, &s->source[i]);
	}
	if (has_begun)
		html_constant(h, "</tbody></table></div>");
}
