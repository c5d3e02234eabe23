/* SPDX-License-Identifier: Apache-2.0 */
/* put_parts.c - what those writers share that copy the body themselves. See writer.h. */
#include <errno.h>
#include <stdlib.h>
#include "sys/io.h"
#include "writer/writer.h"

#define PART_BYTES (64 * 1024)

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
