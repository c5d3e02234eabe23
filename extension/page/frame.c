/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - see frame.h. */
#include "format/amount.h"
#include "format/time_text.h"
#include "page/frame.h"
#include "page/style.h"

bool frame_has_room(const struct page_frame *f)
{
	return f->html.out->len - f->begin < PAGE_MAX - PAGE_REST;
}

static void frame_put_style(struct html *h, const char *text)
{
	html_open(h, "style");
	html_constant(h, text);
	html_close(h, "style");
}

static void frame_put_title(struct page_frame *f, struct str title)
{
	struct html *h = &f->html;

	html_open(h, "title");
	html_text(h, title);
	html_printf(h, "%sskydive-exporter on %s", title.len ? " - " : "",
		    f->snapshot->host);
	html_close(h, "title");
}

void frame_begin(struct page_frame *f, struct str title)
{
	struct html *h = &f->html;

	f->begin = h->out->len;
	html_constant(h,
		      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		      "<meta name=\"viewport\" content=\"width=device-width, "
		      "initial-scale=1\">");
	frame_put_title(f, title);
	frame_put_style(h, page_style);
	frame_put_style(h, page_list);
	html_constant(h,
		      "</head>\n<body><header><h1><a href=\"/\">skydive-exporter</a> ");
	html_element(h, "span", NULL, STR("on "));
	html_text(h, str_of(f->snapshot->host));
	html_constant(h, "</h1><p class=\"soft\">version ");
	html_text(h, str_of(f->snapshot->version));
	html_constant(h,
		      "</p></header>\n<main><p id=\"stale\" role=\"status\" hidden>The "
		      "exporter does not answer: what is shown is old.</p>\n");
}

void frame_end(struct page_frame *f)
{
	struct html *h = &f->html;
	char time[TIME_TEXT_SIZE];

	html_constant(h, "</main>\n<footer><a href=\"/status.json\">as JSON</a><a "
			 "href=\"/metrics\">metrics</a><a href=\"/reload\">last "
			 "reload</a><span>as of ");
	html_text(h, time_text_rfc3339(time, f->snapshot->now.wall_ms / 1000));
	html_constant(h, "</span></footer>\n<script>");
	html_constant(h, page_script);
	html_constant(h, "</script></body></html>\n");
}

static const struct {
	const char *word, *class;
} frame_weights[] = {
	[TROUBLE_LIMITS] = { "limited", "warn" },
	[TROUBLE_WARNS] = { "degraded", "warn" },
	[TROUBLE_UNREADY] = { "unready", "bad" },
	[TROUBLE_UNHEALTHY] = { "stuck", "bad" },
};

const char *frame_word(const struct trouble *trouble)
{
	return trouble ? frame_weights[trouble_kinds[trouble->kind].weight].word : "well";
}

const char *frame_class(const struct trouble *trouble)
{
	return trouble ? frame_weights[trouble_kinds[trouble->kind].weight].class
		       : "good";
}

void frame_put_age(struct page_frame *f, int64_t unix_s)
{
	struct html *h = &f->html;
	char age[AMOUNT_TEXT_MAX], time[TIME_TEXT_SIZE];

	if (unix_s < 0) {
		html_text(h, STR("-"));
		return;
	}
	html_open(h, "time");
	html_attribute(h, "datetime", time_text_rfc3339(time, unix_s));
	html_text(h, str_of(amount_age(age, f->snapshot->now.wall_ms / 1000 - unix_s)));
	html_close(h, "time");
}

void frame_put_trouble(struct page_frame *f, const struct trouble *trouble)
{
	const struct trouble_meaning *kind = &trouble_kinds[trouble->kind];
	struct html *h = &f->html;

	html_element(h, "b", frame_class(trouble), str_of(kind->what));
	html_text(h, STR(" for "));
	frame_put_age(f, trouble->since_ms / 1000);
	if (*trouble->detail) {
		html_text(h, STR(": "));
		html_text(h, str_of(trouble->detail));
	}
	html_text(h, STR("; "));
	html_element(h, "span", "soft", str_of(kind->remedy));
	html_text(h, STR("."));
}

void frame_put_fact(struct page_frame *f, const char *what, const char *value,
		    const char *note)
{
	struct html *h = &f->html;

	html_open(h, "div");
	html_element(h, "dt", NULL, str_of(what));
	html_open(h, "dd");
	html_text(h, str_of(value));
	if (note)
		html_element(h, "span", NULL, str_of(note));
	html_close(h, "dd");
	html_close(h, "div");
}
