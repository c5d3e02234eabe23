/* SPDX-License-Identifier: Apache-2.0 */
/* seal_commit.c - what a body becomes an object with: its envelope, and its place in new/.
 * See seal_private.h.
 */
#include <errno.h>
#include "spool/seal_private.h"
#include "sys/io.h"

#define ARENA_MAX ((size_t)4 << 20)

int seal_write_envelope(int fd, const struct open_rows *rows, struct envelope *envelope)
{
	const struct object_spec *spec = &rows->spec;
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct object object = rows->object;
	char head[ENVELOPE_SIZE];
	int error;

	object.records = rows->records;
	envelope->dirname = spec->place.dirname;
	envelope->key = object.key;
	if (spec->place.is_titled_by_tag)
		envelope->title = str_of(tag_names[spec->place.tag]);
	envelope->content_type = spec->content_type;
	envelope->content_encoding = spec->content_encoding;
	envelope->records = object.records;
	envelope->sealed_ms = object.last_ms;
	object_spec_metadata(spec, &object, &arena, &envelope->metadata);
	error = arena_error(&arena);
	if (!error)
		error = envelope_write(envelope, head);
	arena_fini(&arena);
	return error ? error : io_write_at(fd, (struct str){ head, sizeof(head) }, 0);
}

/* Its id is free, unless somebody put a file there; that one is not ours to replace. */
int seal_commit(struct spool_dir *dir, enum spool_folder from, uint64_t id,
		const struct ledger_sum *sum, uint64_t *to)
{
	int error;

	*to = id;
	error = spool_commit(dir, from, id, *to, sum);
	if (error != -EEXIST)
		return error;
	*to = spool_next_id(dir);
	return spool_commit(dir, from, id, *to, sum);
}
