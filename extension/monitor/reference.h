/* SPDX-License-Identifier: Apache-2.0 */
/* reference.h - what each metric means, for people: made from the tables of
 * counters, so that it cannot disagree with the page /metrics.
 */
#ifndef MONITOR_REFERENCE_H
#define MONITOR_REFERENCE_H

#include "base/buf.h"

/* Tables of names, types with units, and meanings; one table for each label.
 * Markdown; the tables of skydive-exporter-metrics(7) say the same. Appended. */
void reference_put_metrics(struct buf *);

#endif
