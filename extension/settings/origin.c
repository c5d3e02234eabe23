/* SPDX-License-Identifier: Apache-2.0 */
/* origin.c - see origin.h. */
#include <string.h>
#include <sys/stat.h>
#include "settings/origin.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define SURE_NS	  (3 * NS_PER_S) /* FAT counts two seconds, old NFS one */

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

void origin_look(struct origin *origin, const char *path,
		 const unsigned char main[SHA256_SIZE], int64_t now_wall_ms)
{
	int64_t sure_ns = now_wall_ms * NS_PER_MS - SURE_NS;
	struct stat status;

	*origin = (struct origin){ 0 };
	if (stat(path, &status) < 0)
		return;
	origin->device = (uint64_t)status.st_dev;
	origin->inode = (uint64_t)status.st_ino;
	origin->bytes = (int64_t)status.st_size;
	origin->written_ns = nanoseconds(status.st_mtim);
	origin->changed_ns = nanoseconds(status.st_ctim);
	origin->is_sure = origin->written_ns < sure_ns && origin->changed_ns < sure_ns;
	memcpy(origin->main, main, SHA256_SIZE);
}

bool origin_equal(const struct origin *a, const struct origin *b)
{
	return a->is_sure && b->is_sure && a->device == b->device &&
	       a->inode == b->inode && a->bytes == b->bytes &&
	       a->written_ns == b->written_ns && a->changed_ns == b->changed_ns &&
	       memcmp(a->main, b->main, SHA256_SIZE) == 0;
}

void origin_read(struct origin *origin, struct str text)
{
	origin->is_read = digest_sha256(text, origin->text) == 0;
}

bool origin_same_text(const struct origin *a, const struct origin *b)
{
	return a->is_read && b->is_read && memcmp(a->main, b->main, SHA256_SIZE) == 0 &&
	       memcmp(a->text, b->text, SHA256_SIZE) == 0;
}
