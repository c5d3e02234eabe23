/* SPDX-License-Identifier: Apache-2.0 */
/* reference.h - what each metric means, for people: made from the tables of
 * counters, so that it cannot disagree with the page /metrics.
 */
#ifndef MONITOR_REFERENCE_H
#define MONITOR_REFERENCE_H

#include "base/buf.h"

/* Tables of names, types with units, and meanings; one table for each label.
 * Markdown, as it stands in README.md. Appended. */
void reference_put_metrics(struct buf *);

#endif
