/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - the writer "file": an object becomes <directory>/<bucket>/<key>, and
 * what an object store would keep beside it <key>.headers, a "name: value" a
 * line. The object appears under its name whole, after its headers, and is on the
 * disk before it counts as stored: then the spool's copy goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/object.h"
#include "writer/writer.h"
#include "sys/io.h"

#define PATH_MAX_BYTES 4096
#define HEADERS_MAX    (64 * 1024)

struct file_writer {
	struct str directory;
};

static const struct shape file_shape = {
	.name = "file",
	.size = sizeof(struct file_writer),
	.fields =
		(const struct field[]){
			OPTION(struct file_writer, directory, "directory", 0,
			       "objects are written below it"),
			{ 0 },
		},
};

static int file_init(void *state, const struct writer_around *around, struct err *err)
{
	struct file_writer *self = state;

	(void)around;
	if (self->directory.len == 0)
		return err_set_key(err, "directory",
				   "must be set: objects are written below it");
	return 0;
}

static void file_put_headers(const struct sealed *object, struct buf *b)
{
	size_t i;

	buf_printf(b, "content-type: " STR_FMT "\n", STR_ARG(object->content_type));
	if (object->content_encoding.len)
		buf_printf(b, "content-encoding: " STR_FMT "\n",
			   STR_ARG(object->content_encoding));
	for (i = 0; i < object->metadata.count; i++)
		buf_printf(b, "x-amz-meta-" STR_FMT ": " STR_FMT "\n",
			   STR_ARG(object->metadata.name[i]),
			   STR_ARG(object->metadata.value[i]));
}

static int write_part(void *fd, struct str part)
{
	return io_write(*(const int *)fd, part);
}

/* Writes path by way of path.part: the object's body, or text. */
static int write_file(const char *path, const struct put *put, struct str text)
{
	char part[PATH_MAX_BYTES + 8];
	int fd, error;

	snprintf(part, sizeof(part), "%s.part", path);
	fd = io_open(part, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	if (fd < 0)
		return fd;
	error = put ? put_each_part(put, write_part, &fd) : io_write(fd, text);
	if (!error && fdatasync(fd) < 0)
		error = -errno;
	if (close(fd) < 0 && !error)
		error = -errno;
	if (!error && rename(part, path) < 0)
		error = -errno;
	if (error)
		unlink(part);
	return error;
}

/* The names that are new: of the object, and of the folders that it needed, up to
 * the configured one. path is the object's folder, which may end inside of itself. */
static int sync_names(char *path, size_t configured, bool is_new)
{
	int error = io_sync_dir(path);
	char *slash;

	while (!error && is_new && (slash = strrchr(path, '/')) && slash != path &&
	       (size_t)(slash - path) + 1 >= configured) {
		*slash = '\0';
		error = io_sync_dir(path);
	}
	return error;
}

static int make_folder(const char *path, bool *is_new)
{
	*is_new = access(path, F_OK) < 0;
	return *is_new ? io_make_dirs(path, 0750) : 0;
}

static int write_object(const struct file_writer *self, struct put *put, struct buf *path)
{
	struct buf headers = BUF_INIT(HEADERS_MAX);
	char folder[PATH_MAX_BYTES];
	bool is_new = false;
	int error;

	buf_put(path, self->directory);
	buf_putc(path, '/');
	object_key_clean(put->object->dirname, path);
	buf_putc(path, '/');
	buf_put(path, put->object->key);
	if (buf_error(path))
		return -ENAMETOOLONG;
	snprintf(folder, sizeof(folder), "%.*s",
		 (int)(strrchr(path->ptr, '/') - path->ptr), path->ptr);
	error = make_folder(folder, &is_new);
	file_put_headers(put->object, &headers);
	buf_puts(path, ".headers");
	if (!error)
		error = buf_error(path) ? -ENAMETOOLONG : buf_error(&headers);
	if (!error)
		error = write_file(path->ptr, NULL, buf_str(&headers));
	buf_cut(path, path->len - strlen(".headers"));
	if (!error)
		error = write_file(path->ptr, put, (struct str){ NULL, 0 });
	if (!error)
		error = sync_names(folder, self->directory.len, is_new);
	buf_fini(&headers);
	return error;
}

/* path is the object's. */
static int remove_object(struct buf *path)
{
	int error = unlink(buf_str(path).ptr) < 0 ? -errno : 0;

	buf_puts(path, ".headers");
	if (!error && unlink(buf_str(path).ptr) < 0)
		error = -errno;
	return error;
}

static void file_put(void *state, struct put *put)
{
	struct buf path = BUF_INIT(PATH_MAX_BYTES);
	int error = write_object(state, put, &path);

	if (!error && put->object->removes)
		error = remove_object(&path);

	put->result = error == -ENAMETOOLONG ? PUT_REFUSED
		      : error		     ? PUT_FAILED
					     : PUT_STORED;
	if (error)
		snprintf(put->error, sizeof(put->error), "cannot write %s: %s",
			 path.ptr ? path.ptr : "the object", strerror(-error));
	buf_fini(&path);
	put->done(put);
}

/* A folder that is being listed. */
struct walk {
	const struct listing *listing;
	struct buf *path;
	size_t top; /* of the path, where keys begin */
	struct err *err;
};

/* What the writer puts beside an object, or was about to. */
static bool is_beside(const char *name)
{
	size_t len = strlen(name);

	return (len > 8 && strcmp(name + len - 8, ".headers") == 0) ||
	       (len > 5 && strcmp(name + len - 5, ".part") == 0);
}

static int walk_file(const struct walk *walk, const struct stat *status)
{
	struct listed listed = {
		.key = str_skip(buf_str(walk->path), walk->top),
		.bytes = status->st_size,
	};

	if (!str_starts(listed.key, walk->listing->prefix))
		return 0;
	return walk->listing->see(walk->listing->context, &listed);
}

static int walk_folder(struct walk *walk);

static int walk_see(void *context, const char *name)
{
	struct walk *walk = context;
	struct buf *path = walk->path;
	size_t len = path->len;
	struct stat status;
	int result = 0;

	buf_printf(path, "/%s", name);
	if (buf_error(path))
		return err_set(walk->err, "a path is too long below %.*s", (int)len,
			       path->ptr);
	if (lstat(buf_str(path).ptr, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			result = walk_folder(walk);
		else if (S_ISREG(status.st_mode) && !is_beside(name))
			result = walk_file(walk, &status);
	}
	buf_cut(path, len);
	return result;
}

/* What does not exist has no objects. */
static int walk_folder(struct walk *walk)
{
	struct buf folder = BUF_INIT(PATH_MAX_BYTES);
	int result;

	buf_put(&folder, buf_str(walk->path));
	errno = 0;
	result = io_list(buf_str(&folder).ptr, walk_see, walk);
	if (result < 0 && !*walk->err->text && result != -ENOENT)
		result = err_set(walk->err, "cannot list %s: %s", folder.ptr,
				 strerror(-result));
	buf_fini(&folder);
	return result == -ENOENT ? 0 : result;
}

static int file_list(void *state, const struct listing *listing, struct err *err)
{
	const struct file_writer *self = state;
	struct buf path = BUF_INIT(PATH_MAX_BYTES);
	struct str folder = listing->prefix;
	struct walk walk = { listing, &path, 0, err };
	int result;

	while (folder.len && folder.ptr[folder.len - 1] != '/')
		folder.len--;
	buf_put(&path, self->directory);
	buf_putc(&path, '/');
	object_key_clean(listing->dirname, &path);
	walk.top = path.len + 1;
	if (folder.len)
		buf_printf(&path, "/" STR_FMT, (int)folder.len - 1, folder.ptr);
	result = buf_error(&path) ? err_set(err, "the path is too long")
				  : walk_folder(&walk);
	buf_fini(&path);
	return result;
}

static void file_put_place(const void *state, struct str key, struct buf *b)
{
	const struct file_writer *self = state;
	struct buf path = BUF_INIT(PATH_MAX_BYTES), real = BUF_INIT(PATH_MAX_BYTES);

	buf_printf(&path, STR_FMT "/" STR_FMT, STR_ARG(self->directory), STR_ARG(key));
	if (!buf_error(&path) && io_resolve(buf_str(&path).ptr, &real) == 0)
		buf_put(b, buf_str(&real));
	else
		buf_put(b, buf_str(&path));
	buf_fini(&path);
	buf_fini(&real);
}

const struct writer writer_file = {
	.name = "file",
	.section = "pipeline.write.file",
	.state = &file_shape,
	.blocks = true,
	.init = file_init,
	.put = file_put,
	.put_place = file_put_place,
	.list = file_list,
};
