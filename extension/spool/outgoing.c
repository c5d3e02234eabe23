/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing.c - see outgoing.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "pipeline/object.h"
#include "spool/envelope.h"
#include "spool/outgoing.h"
#include "sys/io.h"

#define ARENA_MAX ((size_t)256 * 1024)

void outgoing_init(struct outgoing *out)
{
	*out = (struct outgoing){
		.fd = -1,
		.arena = ARENA_INIT(ARENA_MAX),
		.key = BUF_INIT(ENVELOPE_SIZE),
	};
}

/* What stands before the body, and the body itself. */
static int read_envelope(struct outgoing *out, struct envelope *envelope, struct err *err)
{
	char head[ENVELOPE_SIZE];
	int error = io_read_at(out->fd, head, sizeof(head), 0);

	if (error) {
		err_set(err, "cannot read it: %s", strerror(-error));
		return error;
	}
	error = envelope_read(head, &out->arena, envelope, err);
	if (error)
		return error;
	error = envelope_check_body(envelope, out->fd);
	if (error == -ENODATA)
		err_set(err, "its body is damaged");
	else if (error)
		err_set(err, "cannot read it: %s", strerror(-error));
	return error;
}

int outgoing_open(struct outgoing *out, const struct spool_dir *dir, uint64_t id,
		  bool keeps_keys, struct err *err)
{
	struct envelope envelope;
	int error;

	out->fd = spool_open_file(dir, SPOOL_NEW, id, O_RDONLY);
	if (out->fd < 0) {
		err_set(err, "cannot open it: %s", strerror(-out->fd));
		return out->fd;
	}
	error = read_envelope(out, &envelope, err);
	if (error)
		return error;
	envelope_sealed(&envelope, &out->object);
	if (keeps_keys)
		return 0;
	object_key_clean(envelope.key, &out->key);
	out->object.key = buf_str(&out->key);
	return buf_error(&out->key);
}

void outgoing_close(struct outgoing *out)
{
	if (out->fd >= 0)
		close(out->fd);
	out->fd = -1;
	arena_fini(&out->arena);
	buf_fini(&out->key);
}

enum spool_outcome outgoing_outcome(int error)
{
	switch (error) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
		return SPOOL_LATER;
	case -ENOENT:
		return SPOOL_GONE;
	case -EINVAL:
	case -ENODATA:
	case -EIO:
		return SPOOL_REFUSED;
	}
	return SPOOL_UNREADABLE;
}
