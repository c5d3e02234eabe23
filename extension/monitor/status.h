/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - the status server, for operators and monitoring, over HTTP (net/httpd.h):
 *
 *	/metrics	Prometheus' text format
 *	/healthz	200 while the threads do their work
 *	/readyz		200 while every source is subscribed and not starved
 *	/reload		JSON, what the last reload did (exporter/reload_report.h)
 *	/status		JSON, for the command "status"
 *
 * and the pages of a site, for people. POST /reload asks for a reload: 202, 403 when who asks
 * may not, 501 when the host is asked in another way.
 *
 * It has a thread of its own, which never waits for sources, workers or stores.
 */
#ifndef MONITOR_STATUS_H
#define MONITOR_STATUS_H

#include "monitor/snapshot.h"
#include "net/httpd.h"

struct status;

/* What is asked for with a POST; on the server's thread. */
struct status_orders {
	void (*reload)(void *context); /* NULL: not here */
	void *context;
};

/* What a page is made from; borrowed for the call. */
struct status_view {
	const struct snapshot *snapshot;
	struct exporter *exporter;
	const struct httpd_request *request;
};

/* Pages that are made above this layer, on the server's thread. */
struct status_site {
	bool (*has)(struct str path);
	/* Returns the HTTP status. */
	int (*put)(const struct status_view *, struct httpd_answer *);
	const char *paths; /* as people are told of them */
};

/* Listens, and answers "starting" until status_serve(). 0, or -errno with the reason.
 * listen and orders are copied; the site is constant. */
int status_start(const char *listen, const struct status_site *,
		 const struct status_orders *, struct status **, struct err *);
/* The exporter has started; it is borrowed until status_stop(). NULL is fine. */
void status_serve(struct status *, struct exporter *);
void status_stop(struct status *); /* NULL is fine */

#endif
