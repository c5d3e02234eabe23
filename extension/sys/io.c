/* SPDX-License-Identifier: Apache-2.0 */
/* io.c - see io.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sys/io.h"

int io_open(const char *path, int flags, mode_t mode)
{
	int fd;

	do {
		fd = open(path, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int io_write(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			bytes = str_skip(bytes, (size_t)n);
	}
	return 0;
}

int io_write_at(int fd, struct str bytes, int64_t offset)
{
	while (bytes.len) {
		ssize_t n = pwrite(fd, bytes.ptr, bytes.len, offset);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes = str_skip(bytes, (size_t)n);
			offset += n;
		}
	}
	return 0;
}

ssize_t io_read_up_to(int fd, void *to, size_t size, int64_t offset)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = pread(fd, (char *)to + have, size - have,
				  offset + (int64_t)have);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			have += (size_t)n;
	}
	return (ssize_t)have;
}

int io_read_at(int fd, void *to, size_t size, int64_t offset)
{
	ssize_t n = io_read_up_to(fd, to, size, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n < size ? -ENODATA : 0;
}

static int read_all(int fd, struct buf *b)
{
	char past;

	for (;;) {
		size_t left = b->limit - b->len;
		size_t size = left < 64 * 1024 ? left : 64 * 1024;
		char *room = left ? buf_room(b, size) : &past;
		ssize_t n;

		if (!room)
			return buf_error(b);
		n = read(fd, room, left ? size : 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0 && !left)
			return -EFBIG;
		if (n > 0)
			buf_added(b, (size_t)n);
	}
}

int io_read_file(const char *path, struct buf *b)
{
	bool is_input = strcmp(path, "-") == 0;
	int fd = is_input ? STDIN_FILENO : io_open(path, O_RDONLY, 0);
	int error;

	if (fd < 0)
		return fd;
	error = read_all(fd, b);
	if (!is_input)
		close(fd);
	return error;
}

int io_make_dirs(const char *path, mode_t mode)
{
	char part[4096];
	size_t len = strlen(path), i;

	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len + 1);
	for (i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return -errno;
		if (i < len)
			part[i] = '/';
	}
	return 0;
}

/* What follows a folder that is there, part by part; there ".." has no meaning but
 * the one that its text has. */
static void put_parts(struct str rest, struct buf *b)
{
	struct str part;

	while (rest.len) {
		part = str_until(rest, '/');
		rest = str_skip(rest, part.len + (part.len < rest.len));
		if (!part.len || str_is(part, "."))
			continue;
		buf_putc(b, '/');
		buf_put(b, part);
	}
}

int io_resolve(const char *path, struct buf *b)
{
	char begin[PATH_MAX], real[PATH_MAX];
	size_t len = strlen(path), all = len;
	char *slash;

	if (len >= sizeof(begin))
		return -ENAMETOOLONG;
	memcpy(begin, path, len + 1);
	while (!realpath(begin, real)) {
		slash = strrchr(begin, '/');
		if (!slash)
			return -errno;
		len = (size_t)(slash - begin);
		if (slash == begin)
			slash++;
		if (!*slash)
			return -errno;
		*slash = '\0';
	}
	if (strcmp(real, "/") != 0)
		buf_puts(b, real);
	put_parts((struct str){ path + len, all - len }, b);
	return buf_error(b);
}

int io_sync_dir(const char *path)
{
	int fd = io_open(path, O_RDONLY | O_DIRECTORY, 0);
	int error;

	if (fd < 0)
		return fd;
	error = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return error;
}

int io_list(const char *path, int (*visit)(void *context, const char *name),
	    void *context)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (!dir)
		return -errno;
	while (!result && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = visit(context, entry->d_name);
	closedir(dir);
	return result;
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

int io_remove_tree(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 ? -errno : 0;
}
