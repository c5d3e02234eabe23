/* SPDX-License-Identifier: Apache-2.0 */
/* open_rows.h - reads the file of an open object that is to be finished: its seal frame,
 * the spec of the object, the rows. seal.h tells what is made of it.
 *
 * Any worker; one at a time.
 */
#ifndef SPOOL_OPEN_ROWS_H
#define SPOOL_OPEN_ROWS_H

#include "spool/open_frames.h"
#include "stage/object_builder.h"

struct open_rows {
	uint64_t id;
	struct frame_reader reader;
	struct open_frames frames;
	struct arena arena; /* of strings */
	struct object_spec spec;
	struct object object; /* as its seal frame says */
	int64_t end;	      /* of the rows that go into it */
	int64_t records;      /* that they are */
	int64_t seal_end;     /* behind the seal frame */
	bool is_unreadable;   /* reading it failed, not writing what is made of it */
};

/* Of open/<id>; fd is borrowed. */
void open_rows_init(struct open_rows *, int fd, uint64_t id);
void open_rows_fini(struct open_rows *);

/* Reads all but the rows. 0; -ENODATA: it is damaged, err may say how; -errno. */
int open_rows_read(struct open_rows *, int64_t seal_at, struct err *);
/* Tells a compressor that wants to know how many bytes there will be; damage is found
 * later. 0 or -errno. */
int open_rows_expect(struct open_rows *, struct object_builder *);
/* Feeds the rows; to NULL: they are only looked at. -EBADMSG: a frame is damaged, the rows
 * end before it; or they are not as many as was thought: end and records are set, for
 * another try. */
int open_rows_feed(struct open_rows *, struct object_builder *);

#endif
