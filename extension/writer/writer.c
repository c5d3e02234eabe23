/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - the table of writers, and what those share that copy the body. */
#include <errno.h>
#include <stdlib.h>
#include "writer/writer.h"
#include "sys/io.h"

#define PART_BYTES (64 * 1024)

const struct writer *const writer_all[] = { &writer_s3, &writer_file, &writer_stdout,
					    NULL };

const struct writer *writer_find(struct str name)
{
	const struct writer *const *writer;

	for (writer = writer_all; *writer; writer++)
		if (str_is(name, (*writer)->name))
			return *writer;
	return NULL;
}

int put_each_part(const struct put *put, int (*write)(void *context, struct str part),
		  void *context)
{
	int64_t at = 0;
	char *bytes = malloc(PART_BYTES);
	int error = bytes ? 0 : -ENOMEM;

	while (!error && at < put->object->size) {
		int64_t left = put->object->size - at;
		size_t size = left < PART_BYTES ? (size_t)left : PART_BYTES;

		error = io_read_at(put->fd, bytes, size, put->object->offset + at);
		if (!error)
			error = write(context, (struct str){ bytes, size });
		at += (int64_t)size;
	}
	free(bytes);
	return error;
}
