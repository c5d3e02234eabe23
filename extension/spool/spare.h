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
 */
#ifndef SPOOL_SPARE_H
#define SPOOL_SPARE_H

struct spares;

/* Makes the directory and empties it. NULL: no memory. */
struct spares *spares_open(const char *directory);
/* Removes the directory. */
void spares_close(struct spares *);

/* Makes a file of this name: a descriptor to read and write, or -errno; -EEXIST: it
 * exists, and is unchanged. A new file is empty, or has one byte, which the first write
 * must overwrite. */
int spares_take(struct spares *, const char *path);
/* Takes the file away, as a spare or by removing it; fails only if it cannot be
 * removed. */
void spares_give(struct spares *, const char *path);

#endif
