/* SPDX-License-Identifier: Apache-2.0 */
/* compress_whole.c - see compress_whole.h. */
#include <errno.h>
#include <stdlib.h>
#include <libdeflate.h>
#include "stage/compress_whole.h"

#define TABLES_BYTES ((int64_t)1 << 20)

enum {
	LEVEL_LIKE_ZLIB = 6,
	SAMPLE_BYTES = 64 << 10,
	/* of the sample, in thousandths of it: from here on rows differ, below they nearly
	 * all repeat */
	DIFFER = 90,
	REPEAT = 60
};

int64_t whole_memory(int64_t bytes)
{
	return 2 * bytes + TABLES_BYTES;
}

/* What the middle of it shrinks to, in thousandths, or 0. */
static size_t sample(struct str in)
{
	struct libdeflate_compressor *quick = libdeflate_alloc_compressor(
		LEVEL_LIKE_ZLIB - 1);
	size_t room = libdeflate_gzip_compress_bound(quick, SAMPLE_BYTES), made = 0;
	char *out = malloc(room);

	if (quick && out)
		made = libdeflate_gzip_compress(quick,
						in.ptr + (in.len - SAMPLE_BYTES) / 2,
						SAMPLE_BYTES, out, room);
	free(out);
	libdeflate_free_compressor(quick);
	return made * 1000 / SAMPLE_BYTES;
}

/* The fastest level whose member is not larger than one of zlib's level 6. The more rows
 * repeat, the longer are the matches that a level must look for. */
static int level_like_zlib(struct str in)
{
	size_t left = in.len > SAMPLE_BYTES ? sample(in) : 0;

	if (left >= DIFFER)
		return LEVEL_LIKE_ZLIB - 1;
	return left >= REPEAT ? LEVEL_LIKE_ZLIB : LEVEL_LIKE_ZLIB + 1;
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
	struct libdeflate_compressor *compressor;
	int error;

	if (level == LEVEL_LIKE_ZLIB)
		level = level_like_zlib(in);
	compressor = libdeflate_alloc_compressor(level);
	error = compressor ? compress_with(compressor, in, sink) : -ENOMEM;

	libdeflate_free_compressor(compressor);
	return error;
}
