/* SPDX-License-Identifier: Apache-2.0 */
/* origin.c - see origin.h. */
#include <string.h>
#include <sys/stat.h>
#include "settings/origin.h"
#include "sys/clock.h"

#define SURE_MS 3000 /* FAT counts two seconds, old NFS one */

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

void origin_look(struct origin *origin, const char *path,
		 const unsigned char main[SHA256_SIZE], int64_t now_wall_ms)
{
	int64_t sure_ms = now_wall_ms - SURE_MS;
	struct stat status;

	*origin = (struct origin){ 0 };
	if (stat(path, &status) < 0)
		return;
	origin->device = (uint64_t)status.st_dev;
	origin->inode = (uint64_t)status.st_ino;
	origin->bytes = (int64_t)status.st_size;
	origin->written = status.st_mtim;
	origin->changed = status.st_ctim;
	origin->is_sure = clock_ms(origin->written) < sure_ms &&
			  clock_ms(origin->changed) < sure_ms;
	memcpy(origin->main, main, SHA256_SIZE);
}

bool origin_equal(const struct origin *a, const struct origin *b)
{
	return a->is_sure && b->is_sure && a->device == b->device &&
	       a->inode == b->inode && a->bytes == b->bytes &&
	       same_time(a->written, b->written) && same_time(a->changed, b->changed) &&
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
