/* SPDX-License-Identifier: Apache-2.0 */
/* compress_gzip.c - one gzip member (RFC 1952) without name or time.
 *
 * Objects of up to WHOLE_BYTES_MAX are compressed as a whole (compress_whole.h), which
 * takes half of zlib's time. Larger ones, and those whose size is not known before, are a
 * stream of zlib's, whose only user this is. Rows are much alike, so from level 4 zlib is
 * told to look less far back for a match, but for a long one.
 */
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>
#include "stage/compress_whole.h"
#include "stage/registry.h"

#define WINDOW_GZIP  (MAX_WBITS + 16)
#define MEMORY_LEVEL 8
#define OS_UNKNOWN   255

struct gzip {
	int64_t level;
};

static const struct gzip gzip_defaults = { .level = 6 };

static const struct shape gzip_shape = {
	.name = "gzip",
	.size = sizeof(struct gzip),
	.fields =
		(const struct field[]){
			OPTION_RANGE(struct gzip, level, "level", 0, 1, 9,
				     "1 is fast, 9 is small"),
			{ 0 },
		},
	.defaults = &gzip_defaults,
};

/* Where zlib's own numbers (its configuration_table) do worse on rows. */
enum { GOOD_LENGTH = 64, LONGEST = 258 };
static const int chain_of_level[10] = {
	[4] = 6, [5] = 12, [6] = 20, [7] = 48, [8] = 256
};

struct gzip_stream {
	int level;
	struct whole
		whole; /* with room all is gathered there, and compressed at the end */
	bool has_begun;
	z_stream z; /* else, once it has begun */
	gz_header header;
	char out[64 * 1024];
};

static void *gzip_start(const void *state)
{
	const struct gzip *self = state;
	struct gzip_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->level = (int)self->level;
	return s;
}

static int gzip_expect(void *stream, int64_t bytes)
{
	struct gzip_stream *s = stream;

	s->whole.bytes = (size_t)bytes;
	return 0;
}

static int64_t gzip_memory(int64_t bytes)
{
	return bytes <= WHOLE_BYTES_MAX ? whole_memory(bytes) : 0;
}

static void gzip_lend(void *stream, char *room)
{
	struct gzip_stream *s = stream;

	s->whole.room = room;
}

static int gzip_begin(struct gzip_stream *s)
{
	int chain = chain_of_level[s->level];

	if (deflateInit2(&s->z, s->level, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	if (chain)
		deflateTune(&s->z, GOOD_LENGTH, LONGEST, LONGEST, chain);
	s->header.os = OS_UNKNOWN;
	deflateSetHeader(&s->z, &s->header);
	s->has_begun = true;
	return 0;
}

/* Runs deflate until it wants more input, or, at the end, until it is done. */
static int gzip_run(struct gzip_stream *s, int flush, struct byte_sink *sink)
{
	int result, error;

	do {
		s->z.next_out = (Bytef *)s->out;
		s->z.avail_out = sizeof(s->out);
		result = deflate(&s->z, flush);
		if (result == Z_STREAM_ERROR)
			return -EIO;
		error = sink->put(sink, (struct str){ s->out,
						      sizeof(s->out) - s->z.avail_out });
		if (error < 0)
			return error;
	} while (flush == Z_FINISH ? result != Z_STREAM_END : s->z.avail_out == 0);
	return 0;
}

static int gzip_write(void *stream, struct str in, struct byte_sink *sink)
{
	struct gzip_stream *s = stream;
	int error = 0;

	if (s->whole.room)
		return whole_add(&s->whole, in);
	if (!s->has_begun)
		error = gzip_begin(s);
	while (in.len && !error) {
		uInt part = in.len < (1u << 30) ? (uInt)in.len : 1u << 30;

		s->z.next_in = (Bytef *)(uintptr_t)in.ptr;
		s->z.avail_in = part;
		error = gzip_run(s, Z_NO_FLUSH, sink);
		in = str_skip(in, part);
	}
	return error;
}

static int gzip_finish(void *stream, struct byte_sink *sink)
{
	struct gzip_stream *s = stream;
	int error = 0;

	if (s->whole.room)
		return whole_compress(&s->whole, s->level, sink);
	if (!s->has_begun)
		error = gzip_begin(s);
	s->z.avail_in = 0;
	return error ? error : gzip_run(s, Z_FINISH, sink);
}

static void gzip_end(void *stream)
{
	struct gzip_stream *s = stream;

	if (!s)
		return;
	if (s->has_begun)
		deflateEnd(&s->z);
	free(s);
}

const struct compress compress_gzip = {
	.stage = { .name = "gzip",
		   .section = "pipeline.compress.gzip",
		   .state = &gzip_shape },
	.content_encoding = "gzip",
	.content_type = "application/gzip",
	.start = gzip_start,
	.expect = gzip_expect,
	.memory = gzip_memory,
	.lend = gzip_lend,
	.write = gzip_write,
	.finish = gzip_finish,
	.end = gzip_end,
};
