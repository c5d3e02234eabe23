/* SPDX-License-Identifier: Apache-2.0 */
/* compress_whole.c - see compress_whole.h. */
#include <errno.h>
#include <stdlib.h>
#include <libdeflate.h>
#include "stage/compress_whole.h"

#define TABLES_BYTES ((int64_t)1 << 20)

int64_t whole_memory(int64_t bytes)
{
	return 2 * bytes + TABLES_BYTES;
}

static int compress_with(struct libdeflate_compressor *compressor, struct str in,
			 struct byte_sink *sink)
{
	size_t room = libdeflate_gzip_compress_bound(compressor, in.len);
	char *out = malloc(room);
	int error = -ENOMEM;

	if (out)
		room = libdeflate_gzip_compress(compressor, in.ptr, in.len, out, room);
	if (out)
		error = room ? sink->put(sink, (struct str){ out, room }) : -EIO;
	free(out);
	return error;
}

int whole_compress(int level, struct str in, struct byte_sink *sink)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
	int error = compressor ? compress_with(compressor, in, sink) : -ENOMEM;

	libdeflate_free_compressor(compressor);
	return error;
}
