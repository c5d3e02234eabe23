/* SPDX-License-Identifier: Apache-2.0 */
/* io.h - whole files, directories, and complete reads and writes.
 *
 * All functions return 0 or -errno unless they say otherwise; interrupted and
 * partial calls are continued. Descriptors are close-on-exec.
 */
#ifndef SYS_IO_H
#define SYS_IO_H

#include <stdint.h>
#include <sys/types.h>
#include "base/buf.h"

int io_open(const char *path, int flags, mode_t mode); /* a descriptor, or -errno */
int io_write(int fd, struct str);
int io_write_at(int fd, struct str, int64_t offset);
/* Reads size bytes, or up to the end of the file. Returns how many, or -errno. */
ssize_t io_read_up_to(int fd, void *to, size_t size, int64_t offset);
/* Reads exactly size bytes; -ENODATA at the end of the file. */
int io_read_at(int fd, void *to, size_t size, int64_t offset);
/* Appends the whole file, or standard input for "-"; -EFBIG past the limit of
 * the buffer, -EISDIR for a directory. */
int io_read_file(const char *path, struct buf *);
/* Appends the path with links, "." and ".." resolved; the part at its end that does not
 * exist is appended as written. 0 or -errno. */
int io_resolve(const char *path, struct buf *);
/* Makes a directory and those above it. */
int io_make_dirs(const char *path, mode_t mode);
int io_sync_dir(const char *path);
/* Calls visit for every name but "." and "..", until it returns non-zero, which is then
 * returned. */
int io_list(const char *path, int (*visit)(void *context, const char *name),
	    void *context);
/* Removes the directory and everything in it; never follows symbolic links. */
int io_remove_tree(const char *path);

#endif
