/* SPDX-License-Identifier: Apache-2.0 */
/* account.c - see account.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "format/json_read.h"
#include "writer/account.h"
#include "sys/io.h"

#define ACCOUNT_VERSION "1.1.0"
#define FILE_MAX_BYTES	4096

struct account_type {
	int type;
};

enum { ACCOUNT_NONE, ACCOUNT_FILE };

static const char *const type_names[] = { "none", "file", NULL };

static const struct shape type_shape = {
	.name = "account",
	.size = sizeof(struct account_type),
	.fields =
		(const struct field[]){
			OPTION_ENUM(struct account_type, type, "type", 0, type_names,
				    "file: keep the number of bytes stored in a file"),
			{ 0 },
		},
};

static const struct shape file_shape = {
	.name = "file",
	.size = sizeof(struct account_options),
	.fields =
		(const struct field[]){
			OPTION(struct account_options, filename, "filename", 0,
			       "the file to keep"),
			{ 0 },
		},
};

/* What the file holds: times in Unix ms. */
struct sums {
	struct str version;
	int64_t accumulate_start, accumulate_end, accumulate_bytes;
	int64_t current_start, current_end, current_bytes;
};

static const struct shape sums_shape = {
	.name = "sums",
	.size = sizeof(struct sums),
	.fields =
		(const struct field[]){
			FIELD(struct sums, version, "version", 0),
			FIELD(struct sums, accumulate_start, "accumulate-start", 0),
			FIELD(struct sums, accumulate_end, "accumulate-end", 0),
			FIELD(struct sums, accumulate_bytes, "accumulate-bytes", 0),
			FIELD(struct sums, current_start, "current-start", 0),
			FIELD(struct sums, current_end, "current-end", 0),
			FIELD(struct sums, current_bytes, "current-bytes", 0),
			{ 0 },
		},
};

void account_options_read(struct account_options *options, const struct config *config,
			  struct arena *arena, struct problems *problems)
{
	struct account_type type = { 0 };
	struct err err = ERR_INIT;

	*options = (struct account_options){ .filename = STR("") };
	if (config_read(config, "pipeline.account", &type_shape, &type, arena,
			problems) ||
	    type.type == ACCOUNT_NONE ||
	    config_read(config, "pipeline.account.file", &file_shape, options, arena,
			problems) ||
	    options->filename.len)
		return;
	err_set_key(&err, "filename", "must be set with account file");
	config_problem(config, "pipeline.account.file", &err, problems);
}

static bool is_valid(const struct sums *s)
{
	return str_is(s->version, ACCOUNT_VERSION) && s->accumulate_start &&
	       s->current_start && s->accumulate_start <= s->accumulate_end &&
	       s->current_start <= s->current_end;
}

static bool read_sums(const char *path, struct sums *sums, struct arena *arena)
{
	struct buf text = BUF_INIT(FILE_MAX_BYTES);
	struct json_reader r;
	bool ok;

	*sums = (struct sums){ 0 };
	ok = io_read_file(path, &text) == 0;
	json_reader_init(&r, arena_str(arena, buf_str(&text)), arena);
	ok = ok && json_read_object(&r, &sums_shape, sums) && is_valid(sums);
	buf_fini(&text);
	return ok;
}

static int write_sums(const char *path, const char *backup, const struct sums *s)
{
	char text[FILE_MAX_BYTES];
	int n, fd, error;

	n = snprintf(text, sizeof(text),
		     "{\n \"version\": \"" ACCOUNT_VERSION "\",\n"
		     " \"accumulate-start\": %" PRId64 ",\n \"accumulate-end\": %" PRId64
		     ",\n \"accumulate-bytes\": %" PRId64
		     ",\n \"current-start\": %" PRId64 ",\n \"current-end\": %" PRId64
		     ",\n \"current-bytes\": %" PRId64 "\n}",
		     s->accumulate_start, s->accumulate_end, s->accumulate_bytes,
		     s->current_start, s->current_end, s->current_bytes);
	fd = io_open(backup, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return fd;
	error = io_write(fd, (struct str){ text, (size_t)n });
	if (close(fd) < 0 && !error)
		error = -errno;
	if (!error && rename(backup, path) < 0)
		error = -errno;
	return error;
}

void account_add(struct account *account, int64_t bytes, struct now now)
{
	struct arena arena = ARENA_INIT(4 * FILE_MAX_BYTES);
	struct buf backup = BUF_INIT(FILE_MAX_BYTES);
	const char *path = account->options->filename.ptr;
	struct sums sums;
	int error;

	if (!account->options->filename.len)
		return;
	buf_printf(&backup, "%s.bak", path);
	if (!read_sums(path, &sums, &arena) &&
	    !read_sums(buf_str(&backup).ptr, &sums, &arena))
		sums = (struct sums){ .accumulate_start = now.wall_ms };
	sums.accumulate_end = sums.current_start = sums.current_end = now.wall_ms;
	sums.accumulate_bytes += bytes;
	sums.current_bytes = bytes;
	error = write_sums(path, buf_str(&backup).ptr, &sums);
	if (error && !account->has_failed)
		log_write(account->log, LOG_WARNING, "account=%s cannot be written: %s",
			  path, strerror(-error));
	account->has_failed = error != 0;
	buf_fini(&backup);
	arena_fini(&arena);
}

size_t account_sections(struct config_section *sections, size_t max)
{
	const struct config_section ours[] = {
		{ "pipeline.account", &type_shape },
		{ "pipeline.account.file", &file_shape },
	};
	size_t count = sizeof(ours) / sizeof(ours[0]), i;

	for (i = 0; i < count && i < max; i++)
		sections[i] = ours[i];
	return count;
}
