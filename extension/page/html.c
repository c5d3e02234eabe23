/* SPDX-License-Identifier: Apache-2.0 */
/* html.c - see html.h. What is escaped is safe in text and in quoted attributes (HTML
 * Living Standard, 13.1.2.3 and 13.1.2.6). */
#include <stdio.h>
#include "base/utf8.h"
#include "page/html.h"

#define TEXT_MAX 256

static void html_end_start(struct html *h)
{
	if (h->is_in_start)
		buf_putc(h->out, '>');
	h->is_in_start = false;
}

void html_open(struct html *h, const char *element)
{
	html_end_start(h);
	buf_putc(h->out, '<');
	buf_puts(h->out, element);
	h->is_in_start = true;
}

void html_close(struct html *h, const char *element)
{
	html_end_start(h);
	buf_puts(h->out, "</");
	buf_puts(h->out, element);
	buf_putc(h->out, '>');
}

static const char *html_reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static bool html_is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

static void html_escape(struct buf *b, struct str text)
{
	size_t n;

	for (; text.len; text = str_skip(text, n)) {
		const char *reference = html_reference(*text.ptr);

		n = (unsigned char)*text.ptr < 0x80 ? 1 : utf8_len(text);
		if (reference)
			buf_puts(b, reference);
		else if (n == 1 && html_is_control(*text.ptr))
			buf_putc(b, ' ');
		else if (n)
			buf_put(b, (struct str){ text.ptr, n });
		else
			buf_puts(b, "\xef\xbf\xbd");
		n += n == 0;
	}
}

void html_attribute(struct html *h, const char *name, struct str value)
{
	buf_printf(h->out, " %s=\"", name);
	html_escape(h->out, value);
	buf_putc(h->out, '"');
}

void html_text(struct html *h, struct str text)
{
	html_end_start(h);
	html_escape(h->out, text);
}

void html_printf(struct html *h, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	html_text(h, str_of(text));
}

void html_element(struct html *h, const char *element, const char *class, struct str text)
{
	html_open(h, element);
	if (class)
		html_attribute(h, "class", str_of(class));
	html_text(h, text);
	html_close(h, element);
}

void html_constant(struct html *h, const char *markup)
{
	html_end_start(h);
	buf_puts(h->out, markup);
}

void url_encode(struct buf *b, struct str text)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr("-._~", c))) {
			buf_putc(b, (char)c);
		} else {
			buf_putc(b, '%');
			buf_putc(b, digits[c >> 4]);
			buf_putc(b, digits[c & 15]);
		}
	}
}
