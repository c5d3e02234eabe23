/* SPDX-License-Identifier: Apache-2.0 */
/* record_files.c - see record_files.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "command/record_files.h"
#include "sys/clock.h"
#include "sys/io.h"

#define MODE 0600

static int create(const char *name, const char *end, struct err *err)
{
	struct buf path = BUF_INIT(4096);
	int fd;

	buf_printf(&path, "%s%s", name, end);
	fd = io_open(buf_str(&path).ptr, O_WRONLY | O_CREAT | O_TRUNC, MODE);
	/* One that was there keeps the mode it had. */
	if (fd >= 0 && fchmod(fd, MODE) < 0) {
		close(fd);
		fd = -EPERM;
	}
	if (fd < 0)
		err_set(err, "%s: %s", buf_str(&path).ptr, strerror(-fd));
	buf_fini(&path);
	return fd;
}

int record_files_open(struct record_files *f, const char *name, const char *messages_end,
		      const char *times_end, struct err *err)
{
	f->times_fd = -1;
	f->messages_fd = create(name, messages_end, err);
	if (f->messages_fd >= 0)
		f->times_fd = create(name, times_end, err);
	if (f->times_fd >= 0)
		return 0;
	record_files_close(f);
	return -EINVAL;
}

void record_files_close(struct record_files *f)
{
	if (f->messages_fd >= 0)
		close(f->messages_fd);
	if (f->times_fd >= 0)
		close(f->times_fd);
	f->messages_fd = f->times_fd = -1;
}

static int write_time(const struct record_files *f)
{
	char time[32];

	snprintf(time, sizeof(time), "%" PRId64 "\n", clock_now().wall_ms);
	return io_write(f->times_fd, str_of(time));
}

int record_files_counted(struct record_files *f, struct str message)
{
	char size[10];
	size_t n = 0;
	uint64_t left = message.len;
	int error;

	do {
		size[n++] = (char)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		left >>= 7;
	} while (left);
	error = io_write(f->messages_fd, (struct str){ size, n });
	error = error ? error : io_write(f->messages_fd, message);
	return error ? error : write_time(f);
}

int record_files_line(struct record_files *f, char *piece, size_t size, bool is_last)
{
	char *end = piece;
	int error;

	while ((end = memchr(end, '\n', size - (size_t)(end - piece))))
		*end = ' ';
	error = io_write(f->messages_fd, (struct str){ piece, size });
	if (error || !is_last)
		return error;
	error = io_write(f->messages_fd, STR("\n"));
	return error ? error : write_time(f);
}
