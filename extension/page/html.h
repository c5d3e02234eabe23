/* SPDX-License-Identifier: Apache-2.0 */
/* html.h - writes HTML, so that what comes from outside stays text.
 *
 * Names of elements and attributes are literals of ours; every text and every value of an
 * attribute is escaped. Only html_constant() writes bytes as they are: for style sheets
 * and scripts, which are constants.
 *
 *	html_open(&h, "a");
 *	html_attribute(&h, "href", STR("/"));
 *	html_text(&h, name);
 *	html_close(&h, "a");
 *
 * Pure; errors are the buffer's.
 */
#ifndef PAGE_HTML_H
#define PAGE_HTML_H

#include "base/buf.h"

struct html {
	struct buf *out;  /* borrowed */
	bool is_in_start; /* of an element: attributes may follow */
};

void html_open(struct html *, const char *element);
/* Directly behind html_open() or another attribute. */
void html_attribute(struct html *, const char *name, struct str value);
void html_close(struct html *, const char *element);

/* Control characters become blanks, and what is no UTF-8 a replacement character. */
void html_text(struct html *, struct str);
/* What is longer than 255 bytes is cut. */
void html_printf(struct html *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* An element that has only a text; class is NULL for none. */
void html_element(struct html *, const char *element, const char *class, struct str text);
void html_constant(struct html *, const char *markup);

/* Appends it to a URL's path or query: what could have a meaning there is percent-encoded
 * (RFC 3986 section 2.1). */
void url_encode(struct buf *, struct str);

#endif
