/* SPDX-License-Identifier: Apache-2.0 */
/* spool.c - the whole spool: its lock, its streams, its limits. See spool.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "spool/spool_private.h"
#include "sys/clock.h"
#include "sys/io.h"

/* Nobody writes so much in that time. */
#define PLENTY_BYTES ((int64_t)1 << 30)
#define PLENTY_MS    100

#define STREAM_DIGITS 20
#define STREAM_MAX    INT64_C(253402300799) /* the last second of year 9999 */

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
				     "of all that waits; then the oldest go"),
			OPTION_RANGE(struct spool_options, max_age, "max_age",
				     FIELD_DURATION, 1000, INT64_MAX,
				     "of an object that waits; then it goes"),
			OPTION_RANGE(struct spool_options, min_free, "min_free",
				     FIELD_SIZE, 0, INT64_MAX,
				     "of the file system, left to others"),
			{ 0 },
		},
	.defaults = &spool_defaults,
};

static int take_lock(struct spool *spool, struct err *err)
{
	char path[SPOOL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/lock", spool->path);
	spool->lock_fd = io_open(path, O_RDWR | O_CREAT, 0640);
	if (spool->lock_fd < 0)
		return err_set(err,
			       "spool.directory: cannot write to %s: %s; make it "
			       "writable for this user, or set spool.directory",
			       spool->path, strerror(-spool->lock_fd));
	if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err,
			       "spool.directory: another skydive-exporter uses %s; "
			       "stop it, or set another spool.directory",
			       spool->path);
	return 0;
}

/* The file is short and synced before a key depends on it. If it is damaged all
 * the same, the clock alone says which keys are new. */
static void parse_streams(struct spool *spool, const char *text)
{
	long long highest = strtoll(text, NULL, 10);

	if (strspn(text, "0123456789") == STREAM_DIGITS && highest <= STREAM_MAX) {
		spool->stream_floor = highest;
		return;
	}
	log_write(spool->log, LOG_ERROR,
		  "spool=%s/streams is damaged: new streams begin at the time of the "
		  "clock",
		  spool->path);
}

/* Nobody else's: the lock is taken. */
static int open_spares(struct spool *spool, struct err *err)
{
	char path[SPOOL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/.spare", spool->path);
	spool->spares = spares_open(path);
	return spool->spares ? 0 : err_set(err, "out of memory");
}

static int read_streams(struct spool *spool, struct err *err)
{
	char path[SPOOL_PATH_MAX], text[STREAM_DIGITS + 1] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "%s/streams", spool->path);
	spool->streams_fd = io_open(path, O_RDWR | O_CREAT, 0640);
	if (spool->streams_fd < 0)
		return err_set(err, "cannot open %s: %s", path,
			       strerror(-spool->streams_fd));
	n = pread(spool->streams_fd, text, STREAM_DIGITS, 0);
	if (n > 0)
		parse_streams(spool, text);
	spool->stream_highest = spool->stream_floor;
	return 0;
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
	error = spool->path ? io_make_dirs(spool->path, 0750) : -ENOMEM;
	if (error)
		err_set(err,
			"spool.directory: cannot make " STR_FMT ": %s; make it "
			"writable for this user, or set spool.directory",
			STR_ARG(options->directory), strerror(-error));
	if (error || take_lock(spool, err) < 0 || open_spares(spool, err) < 0 ||
	    read_streams(spool, err) < 0) {
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

	if (strcmp(name, "lock") == 0 || strcmp(name, "streams") == 0 || *name == '.')
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

void spool_charge(struct spool *spool, int64_t bytes)
{
	pthread_mutex_lock(&spool->lock);
	spool->bytes += bytes;
	pthread_mutex_unlock(&spool->lock);
}

int64_t spool_bytes(struct spool *spool)
{
	int64_t bytes;

	pthread_mutex_lock(&spool->lock);
	bytes = spool->bytes;
	pthread_mutex_unlock(&spool->lock);
	return bytes;
}

static int64_t free_bytes(const struct statvfs *fs)
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
	if (free_bytes(&fs) >= PLENTY_BYTES)
		atomic_store(&spool->plenty_until_ms, now_ms + PLENTY_MS);
	return free_bytes(&fs) >= bytes;
}

static int remember_stream(struct spool *spool, int64_t id)
{
	char text[STREAM_DIGITS + 2];
	int error;

	snprintf(text, sizeof(text), "%0*" PRId64 "\n", STREAM_DIGITS, id);
	error = io_write_at(spool->streams_fd, str_of(text), 0);
	if (!error && fdatasync(spool->streams_fd) < 0)
		error = -errno;
	return error;
}

int64_t spool_stream(struct spool *spool, int64_t wanted)
{
	int64_t id;
	int error = 0;

	pthread_mutex_lock(&spool->lock);
	id = wanted > spool->stream_floor ? wanted : spool->stream_floor + 1;
	if (id > spool->stream_highest)
		error = remember_stream(spool, id);
	if (!error && id > spool->stream_highest)
		spool->stream_highest = id;
	pthread_mutex_unlock(&spool->lock);
	return error ? error : id;
}

int64_t spool_last_stream(struct spool *spool)
{
	int64_t id;

	pthread_mutex_lock(&spool->lock);
	id = spool->stream_highest;
	pthread_mutex_unlock(&spool->lock);
	return id;
}

int64_t spool_stream_alone(struct spool *spool, int64_t wanted)
{
	int64_t id;
	int error;

	pthread_mutex_lock(&spool->lock);
	id = wanted > spool->stream_highest ? wanted : spool->stream_highest + 1;
	error = remember_stream(spool, id);
	if (!error)
		spool->stream_highest = spool->stream_floor = id;
	pthread_mutex_unlock(&spool->lock);
	return error ? error : id;
}

static bool is_too_full(const struct spool *spool)
{
	struct statvfs fs;

	if (spool->bytes > spool->options.max_bytes)
		return true;
	if (spool->options.min_free == 0 || statvfs(spool->path, &fs) < 0)
		return false;
	return free_bytes(&fs) < spool->options.min_free;
}

static struct spool_entry *oldest_free(struct spool_dir *dir)
{
	struct spool_entry *entry;

	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (!entry->is_taken)
			return entry;
	return NULL;
}

void spool_make_room(struct spool *spool)
{
	while (is_too_full(spool)) {
		struct spool_dir *dir, *largest = NULL;
		struct spool_entry *entry;

		TAILQ_FOREACH (dir, &spool->dirs, link)
			if (oldest_free(dir) && (!largest || dir->bytes > largest->bytes))
				largest = dir;
		if (!largest)
			return;
		entry = oldest_free(largest);
		log_write(spool->log, LOG_WARNING,
			  "tenant=%s spool=full the oldest object "
			  "is dropped: records=%" PRId64 " bytes=%" PRId64 "; see "
			  "spool.max_bytes and spool.min_free",
			  largest->name, entry->records, entry->bytes);
		stats_add(largest->stats, STAT_RECORDS_EVICTED, entry->records);
		stats_add(largest->stats, STAT_OBJECTS_EVICTED, 1);
		spool_forget(largest, entry, true);
	}
}
