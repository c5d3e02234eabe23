/* SPDX-License-Identifier: Apache-2.0 */
/* origin.h - what a pipeline's settings were read from, to tell whether it is the same
 * still: of ten thousand files a reload understands those anew that have changed, and
 * those that may have it reads.
 */
#ifndef SETTINGS_ORIGIN_H
#define SETTINGS_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "sys/digest.h"

struct origin {
	bool is_sure; /* a change would be seen: see origin_look() */
	bool is_read; /* text is known */
	uint64_t device, inode;
	int64_t bytes;
	struct timespec written, changed;
	unsigned char main[SHA256_SIZE]; /* of the text of the main file */
	unsigned char text[SHA256_SIZE]; /* of its own */
};

/* Before the file is read. Not sure is a file that was changed a few seconds ago, as
 * file systems count coarsely: it may be changed once more at the same time. */
void origin_look(struct origin *, const char *path, const unsigned char main[SHA256_SIZE],
		 int64_t now_wall_ms);
/* Both are sure, and nothing has changed: nobody has to look at the text. */
bool origin_equal(const struct origin *, const struct origin *);
/* When the file was read. */
void origin_read(struct origin *, struct str text);
/* Both were read, and are the same texts. */
bool origin_same_text(const struct origin *, const struct origin *);

#endif
