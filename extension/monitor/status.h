/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - the status server, for operators and monitoring, over HTTP (net/httpd.h):
 *
 *	/metrics	Prometheus' text format
 *	/healthz	200 while the threads do their work
 *	/readyz		200 while every source is subscribed and not starved
 *	/reload		JSON, what the last reload did (exporter/reload_report.h)
 *	/status		JSON, for the command "status"
 *
 * It has a thread of its own, which never waits for sources, workers or stores.
 */
#ifndef MONITOR_STATUS_H
#define MONITOR_STATUS_H

#include "exporter/exporter.h"

struct status;

/* Listens, and answers "starting" until status_serve(). 0, or -errno with the reason.
 * listen is copied. */
int status_start(const char *listen, struct status **, struct err *);
/* The exporter has started; it is borrowed until status_stop(). NULL is fine. */
void status_serve(struct status *, struct exporter *);
void status_stop(struct status *); /* NULL is fine */

#endif
