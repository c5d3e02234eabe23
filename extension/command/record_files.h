/* SPDX-License-Identifier: Apache-2.0 */
/* record_files.h - the files of a recording: messages, and when they came. They are only
 * their owner's: who talks to whom is nobody else's business.
 */
#ifndef COMMAND_RECORD_FILES_H
#define COMMAND_RECORD_FILES_H

#include <stdbool.h>
#include "base/err.h"
#include "base/str.h"

struct record_files {
	int messages_fd, times_fd;
};

/* NAME with each of the ends. 0, or -EINVAL; then both are closed. */
int record_files_open(struct record_files *, const char *name, const char *messages_end,
		      const char *times_end, struct err *);
void record_files_close(struct record_files *);

/* A message with its length in front. 0 or -errno, as for the other. */
int record_files_counted(struct record_files *, struct str message);
/* A JSON message, or the next piece of it, as a line. A line has one end, its own: between
 * values a line feed is a space as any other, and becomes one. */
int record_files_line(struct record_files *, char *piece, size_t size, bool is_last);

#endif
