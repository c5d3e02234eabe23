/* SPDX-License-Identifier: Apache-2.0 */
/* style.h - the style sheet and the script of the pages, and the policy that lets a browser
 * use these and nothing else (w3.org/TR/CSP3, hashes of inline text).
 */
#ifndef PAGE_STYLE_H
#define PAGE_STYLE_H

#include <stddef.h>

extern const char page_style[], page_list[]; /* for the list, and narrow screens */
/* Shows a newer page every 5 s, unless somebody is at it; all works without. */
extern const char page_script[];

/* Writes the policy to text. 0, or -EIO: then it allows nothing. */
int page_policy(char *text, size_t size);

#endif
