/* SPDX-License-Identifier: Apache-2.0 */
/* row_list.h - the rows of a tag that the sink has not yet taken.
 *
 * They are stored one after the other, in order of arrival, each with the time of what
 * it reports.
 */
#ifndef PIPELINE_ROW_LIST_H
#define PIPELINE_ROW_LIST_H

#include <stdbool.h>
#include "base/buf.h"

struct row {
	int64_t time_ms; /* of what it reports, Unix ms; any number */
	uint32_t bytes;
};

struct row_list {
	struct buf bytes; /* the next row is written at its end */
	size_t used;	  /* bytes of complete rows */
	struct row *row;
	size_t count, room;
};

void row_list_init(struct row_list *);
void row_list_fini(struct row_list *);

/* Makes a row of the bytes written since the last one. false: it was too long, or there
 * was no memory; it is dropped. */
bool row_list_end_row(struct row_list *, int64_t time_ms);
/* Bytes of the oldest rows. */
size_t row_list_bytes(const struct row_list *, size_t rows);
/* Forgets the oldest rows. */
void row_list_forget(struct row_list *, size_t rows);
/* Moves the rows with from <= time < to before all others; otherwise the order is kept.
 * Returns their number; without memory 0, and nothing was moved. */
size_t row_list_bring_forward(struct row_list *, int64_t from_ms, int64_t to_ms);

#endif
