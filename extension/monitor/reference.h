/* SPDX-License-Identifier: Apache-2.0 */
/* reference.h - the reference of all metrics, made from the tables of counters, so that
 * it always agrees with the page /metrics.
 */
#ifndef MONITOR_REFERENCE_H
#define MONITOR_REFERENCE_H

#include "base/buf.h"

/* Tables of names, types with units, and meanings; one table for each label.
 * Markdown; the tables of skydive-exporter-metrics(7) say the same. Appended. */
void reference_put_metrics(struct buf *);

#endif
