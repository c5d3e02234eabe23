/* SPDX-License-Identifier: Apache-2.0 */
/* compress_whole.c - see compress_whole.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

static char *member(const struct whole *w, size_t *room)
{
	*room = (size_t)whole_memory((int64_t)w->bytes) - w->bytes;
	return w->room + w->bytes;
}

int whole_add(struct whole *w, struct str bytes)
{
	if (bytes.len > w->bytes - w->len)
		return -EFBIG;
	if (bytes.len)
		memcpy(w->room + w->len, bytes.ptr, bytes.len);
	w->len += bytes.len;
	return 0;
}

/* What the middle of it shrinks to, in thousandths. */
static size_t sample(const struct whole *w, struct libdeflate_compressor *quick)
{
	const char *rows = w->room + (w->len - SAMPLE_BYTES) / 2;
	size_t room;
	char *out = member(w, &room);

	return libdeflate_gzip_compress(quick, rows, SAMPLE_BYTES, out, room) * 1000 /
	       SAMPLE_BYTES;
}

/* Of the fastest level whose member is not larger than one of zlib's level 6. The more rows
 * repeat, the longer are the matches that a level must look for. */
static struct libdeflate_compressor *like_zlib(const struct whole *w)
{
	struct libdeflate_compressor *quick;
	size_t left;

	if (w->len <= SAMPLE_BYTES)
		return libdeflate_alloc_compressor(LEVEL_LIKE_ZLIB + 1);
	quick = libdeflate_alloc_compressor(LEVEL_LIKE_ZLIB - 1);
	left = quick ? sample(w, quick) : DIFFER;
	if (left >= DIFFER)
		return quick;
	libdeflate_free_compressor(quick);
	return libdeflate_alloc_compressor(left >= REPEAT ? LEVEL_LIKE_ZLIB
							  : LEVEL_LIKE_ZLIB + 1);
}

int whole_compress(struct whole *w, int level, struct byte_sink *sink)
{
	struct libdeflate_compressor *compressor = level == LEVEL_LIKE_ZLIB
							   ? like_zlib(w)
							   : libdeflate_alloc_compressor(
								     level);
	size_t room, made;
	char *out = member(w, &room);

	if (!compressor)
		return -ENOMEM;
	made = libdeflate_gzip_compress(compressor, w->room, w->len, out, room);
	libdeflate_free_compressor(compressor);
	return made ? sink->put(sink, (struct str){ out, made }) : -EIO;
}
