/* SPDX-License-Identifier: Apache-2.0 */
/* spool_own.c - the spool's own files, which only we may have put there. See
 * spool_private.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "spool/spool_private.h"
#include "sys/io.h"

/* Whoever may write to the directory could leave a link there, to a file of ours. */
static const char *distrust(const struct spool *spool, const struct stat *file)
{
	struct stat directory;

	if (!S_ISREG(file->st_mode))
		return "it is not a plain file";
	if (file->st_nlink > 1)
		return "it has another name, too";
	if (file->st_uid == geteuid() ||
	    (stat(spool->path, &directory) == 0 && file->st_uid == directory.st_uid))
		return NULL;
	return "it belongs to another user";
}

int spool_open_own(struct spool *spool, const char *name, struct err *err)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;
	const char *why = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", spool->path, name);
	fd = io_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fd == -ELOOP)
		why = "it is a symbolic link";
	else if (fd < 0)
		return err_set(err,
			       "spool.directory: cannot write to %s: %s; make it "
			       "writable for this user, or set spool.directory",
			       spool->path, strerror(-fd));
	else if (fstat(fd, &status) == 0)
		why = distrust(spool, &status);
	if (!why)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_set(err,
		       "spool.directory: %s is not used: %s; look who put it there, "
		       "and remove it",
		       path, why);
}
