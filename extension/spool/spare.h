/* SPDX-License-Identifier: Apache-2.0 */
/* spare.h - reuses files that the spool no longer needs.
 *
 * Each object takes two files, one of rows and the finished one. To rename a file costs
 * less than to remove one and create another: ext4 without a journal, for instance,
 * looks at every inode that was freed in the last minutes before it takes one, and a
 * thousand tenants free two thousand a minute.
 *
 * Spare files have one byte, in a directory of their own, and are never read; those of
 * an earlier run are removed. All functions are safe from any thread.
 *
 * Files of rows are kept as they are: to write over what the page cache has costs half of
 * what it costs to write where nothing is, and nothing has to be freed. They are only made
 * into files of the same owner, which must not take what is in them for its own.
 */
#ifndef SPOOL_SPARE_H
#define SPOOL_SPARE_H

#include <stdint.h>

struct spares;

/* Makes the directory and empties it; so many bytes of rows are kept at most. NULL: no
 * memory. */
struct spares *spares_open(const char *directory, int64_t max_bytes);
/* Removes the directory. */
void spares_close(struct spares *);

/* Makes a file of this name: a descriptor to read and write, or -errno; -EEXIST: it
 * exists, and is unchanged. A new file is empty, or has one byte, which the first write
 * must overwrite. */
int spares_take(struct spares *, const char *path);
/* Takes the file away, as a spare or by removing it; fails only if it cannot be
 * removed. */
void spares_give(struct spares *, const char *path);

/* As spares_take(), but the new file may have any bytes that this owner gave. */
int spares_take_rows(struct spares *, const void *owner, const char *path);
/* As spares_give(); it is not emptied, but others, the oldest first, until there is room. */
void spares_give_rows(struct spares *, const void *owner, const char *path);
/* Removes what this owner gave; NULL: all that have rows. */
void spares_drop_rows(struct spares *, const void *owner);

#endif
