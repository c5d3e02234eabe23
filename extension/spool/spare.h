/* SPDX-License-Identifier: Apache-2.0 */
/* spare.h - files of the spool that have done, to be used again.
 *
 * An object is two files, one of rows and one that is finished. A file that is
 * renamed costs less than one that is removed and another that is made: ext4
 * without a journal, for one, looks at every inode that was freed in the last
 * minutes before it takes one, and a thousand tenants free two thousand a minute.
 *
 * They hold a byte, in a directory of their own, and nobody reads them: what an
 * earlier run left there is removed. All functions are safe from any thread.
 */
#ifndef SPOOL_SPARE_H
#define SPOOL_SPARE_H

struct spares;

/* Makes the directory and empties it. NULL: no memory. */
struct spares *spares_open(const char *directory);
/* Removes the directory. */
void spares_close(struct spares *);

/* Makes a file of this name: a descriptor to read and write, or -errno; -EEXIST: there
 * is one, which stays as it is. A new file is empty, or holds one byte, which the first
 * write is to overwrite. */
int spares_take(struct spares *, const char *path);
/* The file is not there any more, which cannot fail as long as it can be removed. */
void spares_give(struct spares *, const char *path);

#endif
