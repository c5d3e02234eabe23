/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - what all pages have: head, foot, and how times and troubles look.
 */
#ifndef PAGE_FRAME_H
#define PAGE_FRAME_H

#include "monitor/snapshot.h"
#include "page/html.h"

/* A page has at most PAGE_MAX bytes: lists end, and say how many more there are, where
 * PAGE_REST would not be left for what follows them. */
#define PAGE_MAX  ((size_t)1000 * 1000)
#define PAGE_REST ((size_t)16 * 1024)

struct page_frame {
	struct html html;
	const struct snapshot *snapshot;
	bool is_private; /* who reads it may see configuration and keys */
	size_t begin;	 /* of the page in the buffer */
};

/* title: of what is shown, or "" for all. */
void frame_begin(struct page_frame *, struct str title);
void frame_end(struct page_frame *);
bool frame_has_room(const struct page_frame *);

/* One word for a weight, which is its class, too: well, or what the troubles are. */
const char *frame_word(const struct trouble *);
const char *frame_class(const struct trouble *);
/* A point in time, as its age; Unix seconds, below 0: a dash. */
void frame_put_age(struct page_frame *, int64_t unix_s);
/* What is wrong, since when, why, and what to do. */
void frame_put_trouble(struct page_frame *, const struct trouble *);
/* An item of a list of facts. note: NULL for none. */
void frame_put_fact(struct page_frame *, const char *what, const char *value,
		    const char *note);

#endif
