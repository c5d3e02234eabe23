/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_page.c - see httpd_page.h. */
#include <stdlib.h>
#include "net/httpd_page.h"

bool pages_have_room(const struct pages *all)
{
	return all->bytes < PAGES_BYTES_MAX;
}

struct page *pages_find(struct pages *all, struct str path, int64_t now_ms)
{
	struct page *p;

	if (all->bytes < PAGES_BYTES || path.len >= PAGE_PATH_MAX)
		return NULL;
	for (p = all->first; p; p = p->next) {
		if (!p->bytes || now_ms - p->made_ms > PAGE_SHARED_MS ||
		    !str_is(path, p->path))
			continue;
		p->refs++;
		return p;
	}
	return NULL;
}

struct page *page_new(struct pages *all, struct str path, int64_t now_ms)
{
	struct page *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->body = (struct buf)BUF_INIT(PAGE_BYTES_MAX);
	p->refs = 1;
	p->made_ms = now_ms;
	if (path.len < PAGE_PATH_MAX)
		memcpy(p->path, path.ptr, path.len);
	p->next = all->first;
	all->first = p;
	return p;
}

void page_made(struct pages *all, struct page *p)
{
	p->bytes = p->body.cap;
	all->bytes += p->bytes;
}

void page_unref(struct pages *all, struct page *p)
{
	struct page **at;

	if (!p || --p->refs)
		return;
	for (at = &all->first; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	all->bytes -= p->bytes;
	buf_fini(&p->body);
	free(p);
}
