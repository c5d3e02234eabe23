/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_rows.h - the labelled rows of an object, read part by part.
 *
 * Little of the body is in memory at a time, more only when a row is longer. One thread
 * at a time.
 */
#ifndef WRITER_KAFKA_ROWS_H
#define WRITER_KAFKA_ROWS_H

#include "base/buf.h"
#include "pipeline/row_label.h"
#include "spool/sealed.h"

struct kafka_rows {
	int fd;
	const struct sealed *object;
	int64_t number; /* of the next row */

	/* Private. */
	struct buf part;
	size_t at;    /* rows before it are done */
	int64_t from; /* what is read next stands there in the file, */
	int64_t left; /* so many bytes of rows in one piece */
};

/* Both are borrowed. */
void kafka_rows_init(struct kafka_rows *, int fd, const struct sealed *);
void kafka_rows_fini(struct kafka_rows *);
/* From the first row again. */
void kafka_rows_rewind(struct kafka_rows *);

/* The next row, until kafka_rows_next() is called. text: with its label. 0; -EAGAIN: there
 * are no more; -EINVAL: they are damaged; another -errno. Until then it stays the same
 * one. */
int kafka_rows_get(struct kafka_rows *, struct row_label *, struct str *text);
void kafka_rows_next(struct kafka_rows *, struct str text);

#endif
