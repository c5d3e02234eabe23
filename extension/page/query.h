/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - what a reader wants to see of the tenants, from the query of a request:
 *
 *	?q=TEXT		whose name has TEXT in it, in capitals or not
 *	?state=bad	only those in trouble; all: everybody
 *	?sort=KEY	name, flows, records, pending, oldest, dropped; else the troubled
 *			first, then the busiest
 *	?n=NUMBER	so many of them, 50 unless told otherwise, 10,000 at most
 *
 * What it does not know it leaves out: an address may come from another version. Pure.
 */
#ifndef PAGE_QUERY_H
#define PAGE_QUERY_H

#include "base/buf.h"

#define QUERY_N_DEFAULT 50
#define QUERY_N_MAX	10000

enum query_sort {
	SORT_TROUBLE, /* no key */
	SORT_NAME,
	SORT_FLOWS,
	SORT_RECORDS,
	SORT_PENDING,
	SORT_OLDEST,
	SORT_DROPPED,
	SORTS
};
extern const char *const query_sorts[SORTS]; /* "" of the first */

struct query {
	struct str name; /* borrowed from the request */
	bool only_bad;
	enum query_sort sort;
	size_t n;
};

/* items: as of struct httpd_request. */
struct query query_read(struct str items);
/* Appends "/", with the query if there is one, that gives this. */
void query_put(struct buf *, const struct query *);
/* Whether a tenant's name is asked for. */
bool query_wants(const struct query *, struct str name);

#endif
