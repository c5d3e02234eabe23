/* SPDX-License-Identifier: Apache-2.0 */
/* spool_identity.c - the name of a spool, on disk. See spool.h.
 *
 * It is in what is sent record by record, so that two exporters, or one whose spool was
 * made anew, never give two records the same name.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>
#include "spool/spool_private.h"
#include "sys/io.h"

#define DIGITS 16

static int make_identity(struct spool *spool)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -errno;
	snprintf(spool->identity, sizeof(spool->identity), "%016llx",
		 (unsigned long long)number);
	return 0;
}

static int save_identity(int fd, const struct spool *spool)
{
	int error = io_write_at(fd, str_of(spool->identity), 0);

	if (!error && fdatasync(fd) < 0)
		error = -errno;
	return error;
}

static int read_identity(struct spool *spool, struct err *err)
{
	int fd = spool_open_own(spool, "identity", err);
	ssize_t n;
	int error = 0;

	if (fd < 0)
		return fd;
	n = pread(fd, spool->identity, DIGITS, 0);
	spool->identity[n > 0 ? n : 0] = '\0';
	if (strspn(spool->identity, "0123456789abcdef") != DIGITS) {
		error = make_identity(spool);
		if (!error)
			error = save_identity(fd, spool);
	}
	close(fd);
	if (error)
		*spool->identity = '\0';
	if (error)
		err_set(err, "spool.directory: cannot write %s/identity: %s", spool->path,
			strerror(-error));
	return error;
}

const char *spool_identity(struct spool *spool, struct err *err)
{
	bool is_known = *spool->identity || read_identity(spool, err) == 0;

	return is_known ? spool->identity : NULL;
}
