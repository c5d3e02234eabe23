/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h - how keys of objects are built: text with names in braces.
 *
 *	{tag}			egress, ingress, internal, other
 *	{record_type}		the same as IBM names it: "all" for other
 *	{stream}		when the stream began, 20190226T164649Z
 *	{stream_hex}		the same in Unix seconds, 8 hexadecimal digits
 *	{sequence}		number of the object in its tag's stream, 8 digits
 *	{tag_sequence_hex}	a digit for the tag, 7 hexadecimal ones for the number
 *	{year} {month} {day} {hour}
 *	{minute}		of the slot, in steps of five
 *
 * Tag, stream and sequence make the key of every object of a pipeline unique, whenever
 * it is made; a layout that lacks one of them is refused. The times are those of the
 * slot of the object's records: five minutes, an hour or a day, whatever the finest
 * name is.
 */
#ifndef PIPELINE_LAYOUT_H
#define PIPELINE_LAYOUT_H

#include "base/err.h"
#include "pipeline/object.h"

/* The layout of the Go flow exporter. */
#define LAYOUT_EXPORTER	 "{tag}/{stream}/{sequence}.gz"
/* The same for what is packed otherwise; that of the Go exporter also says .gz of what
 * is not packed at all. */
#define LAYOUT_ZSTD	 "{tag}/{stream}/{sequence}.zst"
/* The same for objects that are sent record by record, where a key is part of each
 * record's name. */
#define LAYOUT_BY_RECORD "{tag}/{stream}/{sequence}"
#define LAYOUT_MAX	 600 /* bytes; S3 takes keys of 1024 */

struct layout {
	struct str text; /* borrowed */
	int64_t slot_ms; /* 0: no time in it */
	bool renumbers;	 /* a slot has streams of its own, counted from 0 */
};

/* The values that a key is made of. */
struct key_parts {
	struct str prefix;
	enum tag tag;
	int64_t stream;		/* Unix seconds */
	struct str stream_text; /* in its place; empty: not so */
	int64_t sequence;
	int64_t time_ms; /* in its slot, Unix ms */
};

/* -EINVAL with the reason: an unknown name, or keys would not be unique. */
int layout_init(struct layout *, struct str text, struct err *);

/* The first ms of the slot of a time; 0 without slots. */
int64_t layout_slot(const struct layout *, int64_t wall_ms);
/* 0 or 1, alternating from slot to slot; 0 without slots. */
unsigned layout_parity(const struct layout *, int64_t slot_ms);

/* <prefix>/<text with its values>. The slash is there even when the prefix is empty. */
void layout_key(const struct layout *, const struct key_parts *, struct buf *key);

#endif
