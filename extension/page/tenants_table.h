/* SPDX-License-Identifier: Apache-2.0 */
/* tenants_table.h - the tenants that were asked for: a form to ask with, and a row each.
 */
#ifndef PAGE_TENANTS_TABLE_H
#define PAGE_TENANTS_TABLE_H

#include "page/frame.h"
#include "page/selection.h"

void tenants_put_form(struct page_frame *, const struct query *);
/* Ends where the page would be too long, with how many are left out. */
void tenants_put_table(struct page_frame *, const struct query *,
		       const struct selection *);

/* Whether it is in trouble, or its store warns of some; and what it is. */
bool tenants_has_why(const struct tenant_figures *);
void tenants_put_why(struct page_frame *, const struct tenant_figures *);
/* The curve of the last hour. */
void tenants_put_curve(struct page_frame *, const struct past *, enum history_kind);
/* "inbox_full 12, no_metric 3": reasons for which something was dropped, three of them at
 * most; of one reason only its name. */
void tenants_put_reasons(struct page_frame *, const struct tenant_figures *);

#endif
