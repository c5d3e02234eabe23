/* SPDX-License-Identifier: Apache-2.0 */
/* spool.c - the whole spool: its lock, its sums, what it holds. See spool.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "spool/spool_private.h"
#include "sys/clock.h"
#include "sys/io.h"

/* Nobody writes so much in that time. */
#define PLENTY_BYTES ((int64_t)1 << 30)
#define PLENTY_MS    100
#define KEEP_MS	     10000 /* after that */
/* Of rows in files that are kept: more than are sealed at a time. */
#define SPARE_BYTES  ((int64_t)16 << 20)
#define SPARE_PART   64 /* of max_bytes, at most */

static const struct spool_options spool_defaults = {
	.directory = { "/var/spool/skydive-exporter", 27 },
	.max_bytes = (int64_t)10 << 30,
	.max_age = (int64_t)7 * 86400 * 1000,
	.min_free = (int64_t)256 << 20,
};

const struct shape spool_shape = {
	.name = "spool",
	.size = sizeof(struct spool_options),
	.fields =
		(const struct field[]){
			OPTION(struct spool_options, directory, "directory", 0,
			       "where objects wait until they are stored"),
			OPTION_RANGE(struct spool_options, max_bytes, "max_bytes",
				     FIELD_SIZE, 1, INT64_MAX,
				     "size at most; then the oldest objects are dropped"),
			OPTION_RANGE(struct spool_options, max_age, "max_age",
				     FIELD_DURATION, 1000, INT64_MAX,
				     "age of an object at most; then it is dropped"),
			OPTION_RANGE(struct spool_options, min_free, "min_free",
				     FIELD_SIZE, 0, INT64_MAX,
				     "bytes of the file system to leave free"),
			{ 0 },
		},
	.defaults = &spool_defaults,
};

static int take_lock(struct spool *spool, struct err *err)
{
	spool->lock_fd = spool_open_own(spool, "lock", err);
	if (spool->lock_fd < 0)
		return spool->lock_fd;
	if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err,
			       "spool.directory: another skydive-exporter uses %s; "
			       "stop it, or set another spool.directory",
			       spool->path);
	return 0;
}

/* Nobody else's: the lock is taken. */
static int open_spares(struct spool *spool, struct err *err)
{
	int64_t most = spool->options.max_bytes / SPARE_PART;
	char path[SPOOL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/.spare", spool->path);
	spool->spares = spares_open(path, most < SPARE_BYTES ? most : SPARE_BYTES);
	return spool->spares ? 0 : err_set(err, "out of memory");
}

struct spool *spool_open(const struct spool_options *options, struct log *log,
			 struct err *err)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	int error;

	if (!spool) {
		err_set(err, "out of memory");
		return NULL;
	}
	spool->options = *options;
	spool->log = log;
	spool->lock_fd = spool->streams_fd = -1;
	spool->path = strndup(options->directory.ptr, options->directory.len);
	TAILQ_INIT(&spool->dirs);
	pthread_mutex_init(&spool->lock, NULL);
	pthread_cond_init(&spool->left, NULL);
	pthread_mutex_init(&spool->streams_lock, NULL);
	pthread_mutex_init(&spool->room.lock, NULL);
	spool_memory_init(&spool->memory);
	error = spool->path ? io_make_dirs(spool->path, 0750) : -ENOMEM;
	if (error)
		err_set(err,
			"spool.directory: cannot make " STR_FMT ": %s; make it "
			"writable for this user, or set spool.directory",
			STR_ARG(options->directory), strerror(-error));
	if (error || take_lock(spool, err) < 0 || open_spares(spool, err) < 0 ||
	    spool_read_streams(spool, err) < 0) {
		spool_close(spool);
		return NULL;
	}
	return spool;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	spares_close(spool->spares);
	if (spool->streams_fd >= 0)
		close(spool->streams_fd);
	if (spool->lock_fd >= 0)
		close(spool->lock_fd);
	spool_memory_fini(&spool->memory);
	pthread_mutex_destroy(&spool->room.lock);
	pthread_mutex_destroy(&spool->streams_lock);
	pthread_cond_destroy(&spool->left);
	pthread_mutex_destroy(&spool->lock);
	free(spool->path);
	free(spool);
}

struct strangers {
	struct spool *spool;
	const struct strs *names;
};

static int report_stranger(void *context, const char *name)
{
	const struct strangers *s = context;
	size_t i;

	if (strcmp(name, "lock") == 0 || strcmp(name, "streams") == 0 ||
	    strcmp(name, "identity") == 0 || *name == '.')
		return 0;
	for (i = 0; i < s->names->count; i++)
		if (str_is(s->names->item[i], name))
			return 0;
	log_write(s->spool->log, LOG_WARNING,
		  "spool=%s/%s no pipeline of this name is "
		  "configured; what is in it is kept until there is one",
		  s->spool->path, name);
	return 0;
}

void spool_report_strangers(struct spool *spool, const struct strs *names)
{
	struct strangers strangers = { spool, names };

	io_list(spool->path, report_stranger, &strangers);
}

void spool_set_held_max(struct spool *spool, int64_t bytes)
{
	pthread_mutex_lock(&spool->lock);
	spool->held_max = bytes;
	pthread_mutex_unlock(&spool->lock);
}

bool spool_hold(struct spool *spool, int64_t bytes)
{
	bool ok;

	pthread_mutex_lock(&spool->lock);
	ok = bytes <= 0 || spool->held + bytes <= spool->held_max;
	if (ok)
		spool->held += bytes;
	pthread_mutex_unlock(&spool->lock);
	return ok;
}

int64_t spool_bytes(struct spool *spool)
{
	return atomic_load(&spool->bytes);
}

int64_t spool_free_bytes(const struct statvfs *fs)
{
	return (int64_t)fs->f_bavail * (int64_t)fs->f_frsize;
}

bool spool_has_room(struct spool *spool, int fd, int64_t bytes)
{
	int64_t now_ms = clock_now().mono_ms;
	struct statvfs fs;

	if (bytes < PLENTY_BYTES / 2 && now_ms < atomic_load(&spool->plenty_until_ms))
		return true;
	if (fstatvfs(fd, &fs) < 0 || fs.f_blocks == 0)
		return true;
	if (spool_free_bytes(&fs) >= PLENTY_BYTES)
		atomic_store(&spool->plenty_until_ms, now_ms + PLENTY_MS);
	else
		spool_keep_less(spool);
	return spool_free_bytes(&fs) >= bytes;
}

bool spool_has_plenty(struct spool *spool)
{
	return clock_now().mono_ms < atomic_load(&spool->plenty_until_ms) + KEEP_MS;
}

void spool_keep_less(struct spool *spool)
{
	atomic_store(&spool->plenty_until_ms, 0);
	spares_drop_rows(spool->spares, NULL);
}
