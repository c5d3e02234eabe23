/* SPDX-License-Identifier: Apache-2.0 */
/* spool_aside.c - a row of an object that its store does not take, as an object of its
 * own. See spool.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "spool/envelope.h"
#include "spool/ledger.h"
#include "spool/spool_private.h"
#include "sys/digest.h"
#include "sys/io.h"

#define METADATA_MAX 32

/* The object's metadata, but for its records. */
struct aside {
	struct str name[METADATA_MAX], value[METADATA_MAX];
	char number[24];
};

static int copy_metadata(struct aside *a, const struct sealed *of, int64_t number,
			 struct map_of_str *out)
{
	size_t i;

	*out = (struct map_of_str){ .name = a->name, .value = a->value };
	snprintf(a->number, sizeof(a->number), "%lld", (long long)number);
	for (i = 0; i < of->metadata.count; i++) {
		bool is_count = str_is(of->metadata.name[i], "num-records");

		if (str_is(of->metadata.name[i], SEALED_FIRST_ROW))
			continue;
		if (out->count == METADATA_MAX - 1)
			return -ENAMETOOLONG;
		out->name[out->count] = of->metadata.name[i];
		out->value[out->count++] = is_count ? STR("1") : of->metadata.value[i];
	}
	out->name[out->count] = STR(SEALED_FIRST_ROW);
	out->value[out->count++] = str_of(a->number);
	return 0;
}

static int sum_up(struct envelope *envelope, struct str row)
{
	struct digest md5;
	int error = digest_init(&md5, DIGEST_MD5);

	if (error)
		return error;
	digest_add(&md5, row);
	error = digest_end(&md5, envelope->md5);
	digest_fini(&md5);
	return error ? error : digest_sha256(row, envelope->sha256);
}

/* The body first: a file without its head was never finished. */
static int write_aside(int fd, const struct sealed *of, struct str row, int64_t number)
{
	struct envelope envelope = {
		.dirname = of->dirname,
		.key = of->key,
		.content_type = of->content_type,
		.content_encoding = of->content_encoding,
		.records = 1,
		.size = (int64_t)row.len,
	};
	char head[ENVELOPE_SIZE];
	struct aside aside;
	int error = copy_metadata(&aside, of, number, &envelope.metadata);

	if (!error)
		error = sum_up(&envelope, row);
	if (!error)
		error = envelope_write(&envelope, head);
	if (!error)
		error = io_write_at(fd, row, ENVELOPE_SIZE);
	if (!error)
		error = io_write_at(fd, (struct str){ head, sizeof(head) }, 0);
	return error;
}

/* Of an object that is taken: so many more rows are in bad/. */
static void count_aside(struct spool_dir *dir, uint64_t id, int64_t more)
{
	struct spool_entry *entry;

	pthread_mutex_lock(&dir->spool->lock);
	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (entry->id == id)
			break;
	if (entry && entry->records >= more) {
		entry->aside += more;
		entry->records -= more;
		stats_add(dir->stats, STAT_RECORDS_SPOOLED, -more);
		stats_add(dir->stats, STAT_RECORDS_QUARANTINED, more);
	}
	pthread_mutex_unlock(&dir->spool->lock);
}

/* What this process has put aside is counted already. */
static void count_found(struct spool_dir *dir, uint64_t id, int64_t found)
{
	struct spool_entry *entry;
	int64_t known = found;

	pthread_mutex_lock(&dir->spool->lock);
	TAILQ_FOREACH (entry, &dir->waiting, link)
		if (entry->id == id)
			known = entry->aside;
	pthread_mutex_unlock(&dir->spool->lock);
	if (found > known)
		count_aside(dir, id, found - known);
}

static struct str first_row(const struct map_of_str *metadata)
{
	size_t i;

	for (i = 0; i < metadata->count; i++)
		if (str_is(metadata->name[i], SEALED_FIRST_ROW))
			return metadata->value[i];
	return STR("");
}

/* The number of the row, or -1: the file is that of something else. */
static int64_t row_of(const struct spool_dir *dir, uint64_t id, const struct sealed *of,
		      struct arena *arena)
{
	int fd = spool_open_file(dir, SPOOL_BAD, id, O_RDONLY);
	struct envelope envelope;
	char head[ENVELOPE_SIZE];
	bool is_row = fd >= 0 && io_read_at(fd, head, sizeof(head), 0) == 0 &&
		      envelope_read(head, arena, &envelope, NULL) == 0 &&
		      str_equal(envelope.key, of->key);
	struct str number = is_row ? first_row(&envelope.metadata) : STR("");

	if (fd >= 0)
		close(fd);
	return number.len ? strtoll(number.ptr, NULL, 10) : -1;
}

int spool_find_aside(struct spool_dir *dir, uint64_t id, const struct sealed *of,
		     int (*see)(void *context, int64_t number), void *context)
{
	struct arena arena = ARENA_INIT(4 * ENVELOPE_SIZE);
	int64_t number, found = 0;
	size_t count, i;
	uint64_t *bad = spool_bad_ids(dir, &count);
	int error = bad ? 0 : -ENOMEM;

	for (i = 0; !error && i < count; i++) {
		arena_reset(&arena);
		number = row_of(dir, bad[i], of, &arena);
		if (number >= 0)
			error = see(context, number);
		found += number >= 0;
	}
	arena_fini(&arena);
	free(bad);
	if (!error)
		count_found(dir, id, found);
	return error;
}

int spool_put_aside(struct spool_dir *dir, uint64_t id, const struct sealed *of,
		    struct str row, int64_t number)
{
	/* Its record was counted when the object was sealed. */
	const struct ledger_sum sum = { .objects = 1, .bytes = (int64_t)row.len };
	const struct spool_entry entry = { .is_object = true, .records = 1 };
	uint64_t to = spool_next_id(dir);
	int fd = spool_create(dir, SPOOL_TMP, to), error;

	if (fd < 0)
		return fd;
	error = write_aside(fd, of, row, number);
	if (!error && fdatasync(fd) < 0)
		error = -errno;
	if (close(fd) < 0 && !error)
		error = -errno;
	if (!error)
		error = spool_commit(dir, SPOOL_TMP, to, to, &sum);
	if (error) {
		spool_remove(dir, SPOOL_TMP, to);
		return error;
	}
	/* One that cannot be moved now is an object that the next start finds. */
	spool_move_to_bad(dir, SPOOL_NEW, to, &entry);
	count_aside(dir, id, 1);
	return 0;
}
