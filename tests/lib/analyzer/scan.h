/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - finds the members of a JSON object and the elements of an array.
 *
 * It hands out the text of the values untouched, because the flows of a
 * recording must reach the subscribers byte for byte. The JSON is trusted to
 * be well formed: a real analyzer wrote it.
 */
#ifndef ANALYZER_SCAN_H
#define ANALYZER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *at; /* borrowed from what is scanned */
	size_t len;
};

struct scan {
	const char *at;
	const char *end;
};

/* Stands before the first member or element of the object or array. */
struct scan scan_begin(struct text value);
/* The next member of an object; false at its end. The key comes without its
 * quotes, the value with everything that belongs to it. */
bool scan_member(struct scan *, struct text *key, struct text *value);
/* The next element of an array; false at its end. */
bool scan_element(struct scan *, struct text *value);

bool text_is(struct text, const char *);
/* A string value without its quotes; escapes stay as they are. */
struct text text_unquote(struct text);

#endif
