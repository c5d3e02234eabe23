/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - the pages for people.
 *
 *	/			all tenants, as a query wants them (page/query.h)
 *	/tenants/NAME		one, with all its counters
 *	/tenants/NAME.json	its part of /status
 *	/status.json		the same as /status
 *
 * Each is at most 1 MB of HTML, needs no script, and loads nothing. Configuration and keys
 * of objects are shown over a unix socket only.
 */
#ifndef PAGE_PAGES_H
#define PAGE_PAGES_H

#include "monitor/status.h"
#include "page/frame.h"
#include "page/selection.h"

/* For status_start(). */
extern const struct status_site page_site;

/* 0 or -ENOMEM. */
int overview_put(struct page_frame *, const struct query *);
void tenant_page_put(struct page_frame *, const struct selected *, struct exporter *);

#endif
