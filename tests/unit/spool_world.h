/* SPDX-License-Identifier: Apache-2.0 */
/* spool_world.h - a spool in a directory of its own, for tests.
 *
 * What the log says is kept as text, a line each; world_log() waits until all
 * of it has been handed over, by ending the log: so it is asked once, last.
 */
#ifndef TESTS_SPOOL_WORLD_H
#define TESTS_SPOOL_WORLD_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys/digest.h"
#include "spool/envelope.h"
#include "spool/spool.h"
#include "sys/io.h"
#include "temporary.h"

#define WORLD_PATH 256

struct world {
	char path[WORLD_PATH];
	struct spool_options options;
	struct spool *spool;
	struct spool_dir *dir; /* of pipeline "t" */
	struct stats stats;
	struct log *log;
	struct buf lines;
};

static inline void world_keep_line(void *context, enum skydive_log_level level,
				   const char *text)
{
	struct world *w = context;

	buf_printf(&w->lines, "%d %s\n", (int)level, text);
}

static inline void world_make(struct world *w)
{
	struct skydive_host host = {
		.size = sizeof(host),
		.context = w,
		.log = world_keep_line,
	};

	*w = (struct world){ .lines = BUF_INIT(1 << 20) };
	temporary_name(w->path, sizeof(w->path), "spool");
	assert_non_null(mkdtemp(w->path));
	w->options = (struct spool_options){
		.directory = str_of(w->path),
		.max_bytes = (int64_t)1 << 30,
		.max_age = 86400 * 1000,
	};
	w->log = log_new(&host, LOG_INFO, NULL);
	assert_non_null(w->log);
}

static inline void world_open(struct world *w, struct now now)
{
	struct err err = ERR_INIT;

	w->spool = spool_open(&w->options, w->log, &err);
	if (!w->spool)
		fail_msg("%s", err.text);
	w->dir = spool_dir_open(w->spool, "t", &w->stats, now, &err);
	if (!w->dir)
		fail_msg("%s", err.text);
}

static inline void world_close(struct world *w)
{
	if (!w->spool)
		return;
	spool_dir_close(w->dir);
	spool_close(w->spool);
	w->dir = NULL;
	w->spool = NULL;
}

/* As after a crash and a new start. */
static inline void world_reopen(struct world *w, struct now now)
{
	int i;

	world_close(w);
	for (i = 0; i < STAT_COUNT; i++)
		w->stats.value[i] = 0;
	world_open(w, now);
}

/* All that it has said so far; it must say nothing more. */
static inline const char *world_said(struct world *w)
{
	log_free(w->log);
	w->log = NULL;
	return buf_str(&w->lines).ptr;
}

/* All that it has said; the world is closed, which may say more. */
static inline const char *world_log(struct world *w)
{
	world_close(w);
	return world_said(w);
}

static inline void world_end(struct world *w)
{
	world_close(w);
	log_free(w->log);
	buf_fini(&w->lines);
	assert_int_equal(io_remove_tree(w->path), 0);
}

static inline bool world_has(const struct world *w, enum spool_folder folder, uint64_t id)
{
	char path[SPOOL_PATH_MAX];
	struct stat status;

	spool_path(w->dir, folder, id, path);
	return stat(path, &status) == 0;
}

static inline void world_write(const struct world *w, enum spool_folder folder,
			       uint64_t id, struct str bytes)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	spool_path(w->dir, folder, id, path);
	fd = io_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, bytes), 0);
	close(fd);
}

static inline void world_read(const struct world *w, enum spool_folder folder,
			      uint64_t id, struct buf *b)
{
	char path[SPOOL_PATH_MAX];

	spool_path(w->dir, folder, id, path);
	buf_reset(b);
	assert_int_equal(io_read_file(path, b), 0);
}

/* Puts a sealed object of so many bytes and records into new/. The spool
 * does not hear of it. */
static inline void world_seal(const struct world *w, uint64_t id, size_t size,
			      int64_t records, const char *key)
{
	struct envelope envelope = {
		.dirname = STR("bucket"),
		.key = str_of(key),
		.content_type = STR("application/json"),
		.records = records,
		.size = (int64_t)size,
	};
	struct buf file = BUF_INIT(1 << 20);
	char *room = buf_room(&file, ENVELOPE_SIZE + size);

	assert_non_null(room);
	memset(room + ENVELOPE_SIZE, 'x', size);
	assert_int_equal(digest_sha256((struct str){ room + ENVELOPE_SIZE, size },
				       envelope.sha256),
			 0);
	assert_int_equal(envelope_write(&envelope, room), 0);
	buf_added(&file, ENVELOPE_SIZE + size);
	world_write(w, SPOOL_NEW, id, buf_str(&file));
	buf_fini(&file);
}

#endif
