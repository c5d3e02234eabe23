/* SPDX-License-Identifier: Apache-2.0 */
/* row_label.h - what stands before each row when a writer sends records one by one:
 * when what it reports ended, and the text by which records belong together.
 *
 *	1551199609544 0010 000002a4\n<key><row>
 *
 * Three numbers of fixed width, in decimal the time (Unix ms), in hexadecimal the
 * bytes of the key and of the row. So a row may hold any bytes, and objects can be read
 * with less(1) if the rows can.
 */
#ifndef PIPELINE_ROW_LABEL_H
#define PIPELINE_ROW_LABEL_H

#include "base/buf.h"
#include "flow/flow.h"

/* The media types of what consists of such rows, for ourselves: lines, or messages of
 * protobuf. Programs that know the first one only take the second for no labelled rows,
 * and keep what has it. */
#define LABELLED_ROWS_TYPE     "application/vnd.skydive-exporter.rows"
#define LABELLED_PROTOBUF_TYPE LABELLED_ROWS_TYPE "+protobuf"

#define ROW_LABEL_SIZE 28 /* bytes of the numbers */
#define ROW_KEY_MAX    256

/* What the key is. */
enum row_key {
	ROW_KEY_NONE,
	ROW_KEY_CONNECTION, /* the same in both directions, wherever it was seen */
	ROW_KEY_INTERFACE,  /* where it was seen */
};

struct row_labels {
	bool are_wanted;
	enum row_key key;
};

struct row_label {
	int64_t time_ms;
	struct str key, row;
};

/* Whether what has this media type consists of labelled rows. */
bool row_label_is_type(struct str media_type);

/* The key of a flow's records; empty: none. flow may be NULL. */
struct str row_key_of(enum row_key, const struct flow *);

/* Before the row is appended; returns what row_label_end() needs. */
size_t row_label_begin(struct buf *, struct str key);
/* After it. */
void row_label_end(struct buf *, size_t begun, struct str key, int64_t time_ms);

/* The next labelled row of bytes, which are shortened by it. 0; -EAGAIN: it is not yet
 * whole; -EINVAL: these are no labelled rows. *needed: with -EAGAIN, so many bytes make
 * it whole, or tell more. */
int row_label_read(struct str *bytes, struct row_label *, size_t *needed);

#endif
