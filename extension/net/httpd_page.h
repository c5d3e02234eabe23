/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_page.h - answers of a server while they are being sent, and what they take.
 *
 * A page belongs to all who are sent it. When those who read slowly hold much already,
 * who asks for the same is given a page of up to PAGE_SHARED_MS ago; and when they hold
 * PAGES_BYTES_MAX, nothing. So clients that do not read take memory of a few pages,
 * however many they are.
 *
 * One thread.
 */
#ifndef NET_HTTPD_PAGE_H
#define NET_HTTPD_PAGE_H

#include "base/buf.h"

#define PAGE_SHARED_MS	 5000
#define PAGES_BYTES	 ((size_t)4 << 20) /* from here on they are shared */
#define PAGE_BYTES_MAX	 ((size_t)64 << 20)
#define PAGES_BYTES_MAX	 (2 * PAGE_BYTES_MAX)
#define HTTPD_POLICY_MAX 400
#define PAGE_PATH_MAX	 128 /* what is longer is shared with nobody */

struct page {
	struct buf body; /* the maker's */
	int status;
	const char *content_type; /* a constant */
	char policy[HTTPD_POLICY_MAX];

	/* Private. */
	struct page *next;
	unsigned refs;
	int64_t made_ms;
	size_t bytes;
	char path[PAGE_PATH_MAX];
};

/* Of one server; zeroed memory is empty. */
struct pages {
	struct page *first; /* the newest */
	size_t bytes;
};

/* Whether there is memory for one more. */
bool pages_have_room(const struct pages *);
/* A page of that path that may be shared, with a reference; or NULL: make one. */
struct page *pages_find(struct pages *, struct str path, int64_t now_ms);
/* An empty one, with a reference. NULL: no memory. */
struct page *page_new(struct pages *, struct str path, int64_t now_ms);
/* Its body is complete, and is counted. */
void page_made(struct pages *, struct page *);
/* NULL is fine. */
void page_unref(struct pages *, struct page *);

#endif
