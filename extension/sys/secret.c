/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - see secret.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/buf.h"
#include "sys/io.h"
#include "sys/secret.h"

#define CHECK_MS 1000
#define ROOM	 (SECRET_MAX + 1) /* one more shows what is too long */

struct str secret_environment(const char *name)
{
	return str_of(getenv(name));
}

bool secret_has_blank_end(struct str s)
{
	return s.len &&
	       ((unsigned char)s.ptr[0] <= ' ' || (unsigned char)s.ptr[s.len - 1] <= ' ');
}

static bool secret_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str secret_trim(struct str s)
{
	while (s.len && secret_is_blank(s.ptr[0]))
		s = str_skip(s, 1);
	while (s.len && secret_is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* It becomes part of a header: a line break in it would begin another one. */
static int secret_check(struct str s, struct err *err)
{
	size_t i;

	if (s.len == 0)
		return err_set(err, "it is empty");
	if (s.len > SECRET_MAX)
		return err_set(err, "it is longer than %d bytes", SECRET_MAX);
	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return err_set(err,
				       "it holds more than one line, or is not text");
	return 0;
}

static void secret_forget(struct secret *s)
{
	if (s->value)
		explicit_bzero(s->value, s->len);
	free(s->value);
	s->value = NULL;
	s->len = 0;
}

/* 1: changed, 0: the same as before, or -errno. */
static int secret_set(struct secret *s, struct str value, struct err *err)
{
	char *copy;

	if (s->value && str_equal(secret_value(s), value))
		return 0;
	copy = malloc(value.len + 1);
	if (!copy) {
		err_set(err, "out of memory");
		return -ENOMEM;
	}
	memcpy(copy, value.ptr, value.len);
	copy[value.len] = '\0';
	secret_forget(s);
	s->value = copy;
	s->len = value.len;
	return 1;
}

static int read_text(int fd, char *room, struct str *text)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, room + len, ROOM - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < ROOM) || (n < 0 && errno == EINTR));
	*text = (struct str){ room, len };
	return n < 0 ? -errno : 0;
}

static int read_secret(struct secret *s, int fd, struct err *err)
{
	char room[ROOM];
	struct str text;
	int error;

	error = read_text(fd, room, &text);
	if (error) {
		err_set(err, "%s", strerrordesc_np(-error));
	} else {
		text = text.len == ROOM ? text : secret_trim(text);
		error = secret_check(text, err);
	}
	if (!error)
		error = secret_set(s, text, err);
	explicit_bzero(room, sizeof(room));
	return error;
}

/* What is seen belongs to what is read: a file that is replaced meanwhile
 * differs from it at the next look. */
static int secret_load(struct secret *s, struct err *err)
{
	int fd = io_open(s->path, O_RDONLY | O_NONBLOCK, 0);
	int error = fd < 0 ? fd : 0;

	if (!error && fstat(fd, &s->seen) < 0)
		error = -errno;
	if (!error && !S_ISREG(s->seen.st_mode))
		error = S_ISDIR(s->seen.st_mode) ? -EISDIR : -EINVAL;
	if (error)
		err_set(err, "%s", strerrordesc_np(-error));
	else
		error = read_secret(s, fd, err);
	if (fd >= 0)
		close(fd);
	if (error < 0)
		err_prefix(err, "cannot read the secret in %s", s->path);
	return error;
}

/* The name as it stands, or in the directory of credentials if it is there. */
static char *secret_find(struct str file)
{
	struct str directory = secret_environment("CREDENTIALS_DIRECTORY");
	struct buf path = BUF_INIT(SECRET_MAX);

	if (directory.len && file.ptr[0] != '/') {
		buf_put(&path, directory);
		buf_putc(&path, '/');
		buf_put(&path, file);
		if (!buf_error(&path) && access(path.ptr, F_OK) == 0)
			return path.ptr;
		buf_fini(&path);
	}
	return strndup(file.ptr, file.len);
}

int secret_open(struct secret *s, struct str given, struct str file, int64_t mono_ms,
		struct err *err)
{
	int error;

	*s = (struct secret){ .checked_ms = mono_ms };
	if (file.len) {
		s->path = secret_find(file);
		error = s->path ? secret_load(s, err) : -ENOMEM;
	} else {
		error = given.len ? secret_check(given, err) : 0;
		if (given.len && !error)
			error = secret_set(s, given, err);
	}
	if (error < 0)
		secret_close(s);
	return error < 0 ? error : 0;
}

void secret_close(struct secret *s)
{
	secret_forget(s);
	free(s->path);
	*s = (struct secret){ .path = NULL };
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && is_same_time(a->st_mtim, b->st_mtim) &&
	       is_same_time(a->st_ctim, b->st_ctim);
}

bool secret_refresh(struct secret *s, int64_t mono_ms)
{
	struct err err = ERR_INIT;
	struct stat now;
	int changed = 0;

	if (!s->path || mono_ms - s->checked_ms < CHECK_MS)
		return false;
	s->checked_ms = mono_ms;
	if (!s->problem.text[0] && stat(s->path, &now) == 0 && is_same(&now, &s->seen))
		return false;
	changed = secret_load(s, &err);
	s->problem = err;
	return changed > 0;
}

struct str secret_value(const struct secret *s)
{
	return (struct str){ s->value, s->len };
}
