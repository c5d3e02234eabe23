/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - what an operator and a monitor see of the running exporter, over
 * HTTP (net/httpd.h):
 *
 *	/metrics	Prometheus' text format
 *	/healthz	200 while the threads do their work
 *	/readyz		200 while every source is subscribed and not starved
 *	/reload		JSON, what the last reload did (exporter/reload_report.h)
 *	/status		JSON, for the command "status"
 *
 * A thread of its own; it never waits for the reader, the workers or a store.
 */
#ifndef MONITOR_STATUS_H
#define MONITOR_STATUS_H

#include "exporter/exporter.h"

struct status;

/* Listens, and says "starting" until there is something to say. 0, or -errno
 * with the reason. listen is copied. */
int status_start(const char *listen, struct status **, struct err *);
/* The exporter was started; it is borrowed until status_stop(). NULL is fine. */
void status_serve(struct status *, struct exporter *);
void status_stop(struct status *); /* NULL is fine */

#endif
