/* SPDX-License-Identifier: Apache-2.0 */
/* compress_whole.c - see compress_whole.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include "stage/compress_whole.h"

#define TABLES_BYTES ((int64_t)1 << 20)
#define LARGE_PAGE   ((uintptr_t)2 << 20)

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

static char *large_page_at(uintptr_t at)
{
	return (char *)(at / LARGE_PAGE * LARGE_PAGE);
}

static char *member(const struct whole *w, size_t *room)
{
	*room = w->mapped - (size_t)(w->rows + w->room - w->map);
	return w->rows + w->room;
}

int whole_begin(struct whole *w, int64_t bytes)
{
	size_t room = (size_t)bytes;
	size_t mapped = LARGE_PAGE + room + libdeflate_gzip_compress_bound(NULL, room);
	char *map = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return -ENOMEM;
	*w = (struct whole){ .map = map, .mapped = mapped, .room = room };
	w->rows = large_page_at((uintptr_t)map + LARGE_PAGE - 1);
	return 0;
}

/* All at once, and in large pages where one is filled: to fault them one after the other
 * takes a tenth of the time of compressing. */
static void populate(struct whole *w)
{
	char *large_end = large_page_at((uintptr_t)w->rows + w->room);

	if (large_end > w->rows)
		madvise(w->rows, (size_t)(large_end - w->rows), MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
	madvise(w->rows, w->room, MADV_POPULATE_WRITE);
#endif
}

int whole_add(struct whole *w, struct str bytes)
{
	if (bytes.len > w->room - w->len)
		return -EFBIG;
	if (!w->len)
		populate(w);
	if (bytes.len)
		memcpy(w->rows + w->len, bytes.ptr, bytes.len);
	w->len += bytes.len;
	return 0;
}

void whole_end(struct whole *w)
{
	if (w->map)
		munmap(w->map, w->mapped);
	w->map = NULL;
}

/* What the middle of it shrinks to, in thousandths, or 0. */
static size_t sample(const struct whole *w)
{
	struct libdeflate_compressor *quick = libdeflate_alloc_compressor(
		LEVEL_LIKE_ZLIB - 1);
	const char *rows = w->rows + (w->len - SAMPLE_BYTES) / 2;
	size_t room, made = 0;
	char *out = member(w, &room);

	if (quick)
		made = libdeflate_gzip_compress(quick, rows, SAMPLE_BYTES, out, room);
	libdeflate_free_compressor(quick);
	return made * 1000 / SAMPLE_BYTES;
}

/* The fastest level whose member is not larger than one of zlib's level 6. The more rows
 * repeat, the longer are the matches that a level must look for. */
static int level_like_zlib(const struct whole *w)
{
	size_t left = w->len > SAMPLE_BYTES ? sample(w) : 0;

	if (left >= DIFFER)
		return LEVEL_LIKE_ZLIB - 1;
	return left >= REPEAT ? LEVEL_LIKE_ZLIB : LEVEL_LIKE_ZLIB + 1;
}

int whole_compress(struct whole *w, int level, struct byte_sink *sink)
{
	struct libdeflate_compressor *compressor;
	size_t room, made;
	char *out = member(w, &room);

	if (level == LEVEL_LIKE_ZLIB)
		level = level_like_zlib(w);
	compressor = libdeflate_alloc_compressor(level);
	if (!compressor)
		return -ENOMEM;
	made = libdeflate_gzip_compress(compressor, w->rows, w->len, out, room);
	libdeflate_free_compressor(compressor);
	return made ? sink->put(sink, (struct str){ out, made }) : -EIO;
}
