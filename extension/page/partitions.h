/* SPDX-License-Identifier: Apache-2.0 */
/* partitions.h - what this exporter has of the topics that it reads, on the first page.
 */
#ifndef PAGE_PARTITIONS_H
#define PAGE_PARTITIONS_H

#include "page/frame.h"

/* A table of those among the first sources that have partitions, if any has. */
void partitions_put(struct page_frame *, size_t sources_max);

#endif
