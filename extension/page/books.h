/* SPDX-License-Identifier: Apache-2.0 */
/* books.h - what a tenant's page has in numbers: balances and the ledger as equations, its
 * limits, every counter.
 */
#ifndef PAGE_BOOKS_H
#define PAGE_BOOKS_H

#include "page/frame.h"

void books_put_balances(struct page_frame *, const struct tenant_figures *);
/* Nothing when there is none. */
void books_put_ledger(struct page_frame *, const struct ledger_totals *);
void books_put_limits(struct page_frame *, const struct tenant_figures *);
void books_put_counters(struct page_frame *, const struct tenant_figures *);

/* 1,234,567 */
void books_put_number(struct html *, int64_t);

#endif
