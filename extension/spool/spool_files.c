/* SPDX-License-Identifier: Apache-2.0 */
/* spool_files.c - the names of a pipeline's files, and what is done with one by its name.
 * See spool.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "spool/spool_private.h"
#include "sys/io.h"

static const char *const folder_names[SPOOL_FOLDERS] = {
	[SPOOL_OPEN] = "open",
	[SPOOL_TMP] = "tmp",
	[SPOOL_NEW] = "new",
	[SPOOL_BAD] = "bad",
};

const char *spool_folder_name(enum spool_folder folder)
{
	return folder_names[folder];
}

void spool_folder_path(const struct spool_dir *dir, enum spool_folder folder,
		       char path[SPOOL_PATH_MAX])
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%s/%s", dir->spool->path, dir->name,
		 folder_names[folder]);
}

void spool_path(const struct spool_dir *dir, enum spool_folder folder, uint64_t id,
		char path[SPOOL_PATH_MAX])
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%s/%s/%016" PRIu64, dir->spool->path,
		 dir->name, folder_names[folder], id);
}

/* Somebody may have removed it while we run. */
static void make_folder(const struct spool_dir *dir, enum spool_folder folder)
{
	char path[SPOOL_PATH_MAX];

	spool_folder_path(dir, folder, path);
	io_make_dirs(path, 0750);
}

int spool_create(struct spool_dir *dir, enum spool_folder folder, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	spool_path(dir, folder, id, path);
	fd = spares_take(dir->spool->spares, path);
	if (fd != -ENOENT)
		return fd;
	make_folder(dir, folder);
	return spares_take(dir->spool->spares, path);
}

int spool_open_file(const struct spool_dir *dir, enum spool_folder folder, uint64_t id,
		    int flags)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;
	int fd;

	spool_path(dir, folder, id, path);
	fd = io_open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return fd == -ELOOP ? -EINVAL : fd;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int spool_create_rows(struct spool_dir *dir, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	spool_path(dir, SPOOL_OPEN, id, path);
	fd = spares_take_rows(dir->spool->spares, dir, path);
	return fd == -ENOENT ? spool_create(dir, SPOOL_OPEN, id) : fd;
}

void spool_keep_rows(struct spool_dir *dir, uint64_t id)
{
	char path[SPOOL_PATH_MAX];

	spool_path(dir, SPOOL_OPEN, id, path);
	if (spool_has_plenty(dir->spool))
		spares_give_rows(dir->spool->spares, dir, path);
	else
		spares_give(dir->spool->spares, path);
}

bool spool_remove(struct spool_dir *dir, enum spool_folder folder, uint64_t id)
{
	char path[SPOOL_PATH_MAX];

	spool_path(dir, folder, id, path);
	spares_give(dir->spool->spares, path);
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/* Not every file system knows how to keep what is there; ids do not meet by themselves,
 * so that a look before is enough. */
static int rename_to_free(const char *from, const char *to)
{
	struct stat status;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (lstat(to, &status) == 0)
		return -EEXIST;
	return rename(from, to) < 0 ? -errno : 0;
}

int spool_move(struct spool_dir *dir, enum spool_folder from, uint64_t id,
	       enum spool_folder to, uint64_t to_id)
{
	char old[SPOOL_PATH_MAX], new[SPOOL_PATH_MAX];
	int error;

	spool_path(dir, from, id, old);
	spool_path(dir, to, to_id, new);
	error = rename_to_free(old, new);
	if (error != -ENOENT)
		return error;
	make_folder(dir, to);
	return rename_to_free(old, new);
}

uint64_t spool_next_id(struct spool_dir *dir)
{
	return spool_next_ids(dir, 1);
}

uint64_t spool_next_ids(struct spool_dir *dir, uint64_t count)
{
	uint64_t id;

	pthread_mutex_lock(&dir->spool->lock);
	id = dir->next_id;
	dir->next_id += count;
	pthread_mutex_unlock(&dir->spool->lock);
	return id;
}
