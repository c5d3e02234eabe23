/* SPDX-License-Identifier: Apache-2.0 */
/* step_pipeline.c - from flows to rows in the spool, and from there to a sealed
 * object. See bench.h.
 *
 * "row" is what a tenant does with a batch: accept, enrich (every answer of the
 * topology is at hand), commit, into open files of a real spool. "row-memory"
 * leaves the spool out, "row-aws" makes AWS's lines, "row-lines" and
 * "row-protobuf" keep the whole flow, in memory. "row-secadvisor" makes
 * Security Advisor records of flows between 2,000 peers, "row-peers" VPC records
 * of the same flows. "row-cached" makes Security Advisor records with two lines of
 * extend, of pods whose answers are all in the cache, "row-mirror" the same of a mirror.
 * "seal-N" makes gzip objects of level N, "seal-zstd" zstd
 * objects of level 1; "zlib-N" is the same rows through zlib alone.
 */
#include <zlib.h>
#include "pipe.h"
#include "stage/registry.h"

#define OUT_SIZE ((size_t)64 << 10)

static const struct compression gzip_6 = { "gzip", 6 };
static const struct compression gzip_1 = { "gzip", 1 };
static const struct compression zstd_1 = { "zstd", 1 };

static void make_rows(void *state)
{
	pipe_make_rows(state);
}

static void forget_rows(void *state)
{
	struct pipe *p = state;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++)
		buf_reset(&p->memory.rows[tag]);
}

/* Rows of one more object per tag; those of the last run are gone. */
static void fill(void *state)
{
	struct pipe *p = state;
	uint64_t id;

	while (spool_take(p->dir, &id))
		spool_done(p->dir, id, SPOOL_STORED);
	make_rows(p);
}

static void seal(void *state)
{
	struct pipe *p = state;
	struct spool_backlog backlog;

	pipeline_flush(p->pipeline, pipe_now);
	workers_run(p->workers, pipe_now);
	spool_backlog(p->dir, &backlog);
	p->state.made = backlog.bytes;
}

static void deflate_alone(int level, struct str rows)
{
	static char out[OUT_SIZE];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)rows.ptr,
		       .avail_in = (uInt)rows.len };
	int result = deflateInit2(&z, level, Z_DEFLATED, MAX_WBITS + 16, 8,
				  Z_DEFAULT_STRATEGY);

	while (result == Z_OK) {
		z.next_out = (Bytef *)out;
		z.avail_out = sizeof(out);
		result = deflate(&z, Z_FINISH);
	}
	if (result != Z_STREAM_END)
		fail("zlib");
	deflateEnd(&z);
}

static void compress_rows(void *state)
{
	struct pipe *p = state;
	int tag;

	for (tag = 0; tag < TAG_COUNT; tag++)
		deflate_alone(p->options.compression.level,
			      buf_str(&p->memory.rows[tag]));
}

/* From here on bytes are those of the rows. */
static struct pipe *with_rows(struct pipe *p)
{
	int tag;

	make_rows(p);
	p->state.bytes = 0;
	for (tag = 0; tag < TAG_COUNT; tag++)
		p->state.bytes += p->memory.rows[tag].len;
	return p;
}

static struct pipe *start(size_t passes, const char *flows, const char *transform,
			  struct compression compression, bool in_memory)
{
	const struct pipe_options options = {
		.flows = flows,
		.transform = transform,
		.compression = compression,
		.in_memory = in_memory,
	};

	return pipe_start(passes, &options);
}

static size_t bytes_of_rows(size_t passes)
{
	struct pipe *p = with_rows(start(passes, "flows.pb", NULL, gzip_6, true));
	size_t bytes = p->state.bytes;

	pipe_end(p);
	return bytes;
}

static void *start_row(size_t passes)
{
	return start(passes, "flows.pb", NULL, gzip_6, false);
}

static void *start_row_aws(size_t passes)
{
	const struct pipe_options options = {
		.flows = "flows.pb",
		.transform = "awsflowlogs\n  encode:\n    type: text",
		.compression = gzip_6,
		.advances = true,
	};

	return pipe_start(passes, &options);
}

static void *start_row_recorded(size_t passes)
{
	return start(passes, "recorded.pb", NULL, gzip_6, false);
}

static void *start_row_memory(size_t passes)
{
	return start(passes, "flows.pb", NULL, gzip_6, true);
}

static struct pipe *start_lines(size_t passes, const struct encode *encode)
{
	const struct pipe_options options = {
		.flows = "flows.pb",
		.transform = "none\n  encode:\n    type: ndjson",
		.encode = encode,
		.compression = gzip_6,
		.in_memory = true,
	};

	return pipe_start(passes, &options);
}

static void *start_row_lines(size_t passes)
{
	return start_lines(passes, NULL);
}

static void *start_row_protobuf(size_t passes)
{
	return start_lines(passes, &encode_protobuf);
}

static void *start_row_peers(size_t passes)
{
	return start(passes, "peers.pb", NULL, gzip_6, false);
}

static void *start_row_secadvisor(size_t passes)
{
	return start(passes, "peers.pb", "secadvisor", gzip_6, false);
}

/* Two lines of extend, and pods that are known. */
static void *start_known(size_t passes, const char *answers, const char *graph)
{
	const struct pipe_options options = {
		.flows = "peers.pb",
		.transform = PIPE_SECADVISOR,
		.compression = gzip_6,
		.answers = answers,
		.graph = graph,
	};

	return pipe_start(passes, &options);
}

static void *start_row_cached(size_t passes)
{
	return start_known(passes, "peers.json", NULL);
}

static void *start_row_mirror(size_t passes)
{
	return start_known(passes, NULL, "peers.graph.json");
}

static struct pipe *start_seal(size_t passes, struct compression compression)
{
	struct pipe *p = start(passes, "flows.pb", NULL, compression, false);

	p->state.bytes = bytes_of_rows(passes);
	return p;
}

static void *start_seal_6(size_t passes)
{
	return start_seal(passes, gzip_6);
}

static void *start_seal_1(size_t passes)
{
	return start_seal(passes, gzip_1);
}

static void *start_seal_zstd(size_t passes)
{
	return start_seal(passes, zstd_1);
}

static void *start_zlib_6(size_t passes)
{
	return with_rows(start(passes, "flows.pb", NULL, gzip_6, true));
}

static void *start_zlib_1(size_t passes)
{
	return with_rows(start(passes, "flows.pb", NULL, gzip_1, true));
}

const struct step steps_pipeline[] = {
	{ "row", start_row, NULL, make_rows, pipe_end },
	{ "row-memory", start_row_memory, forget_rows, make_rows, pipe_end },
	{ "row-aws", start_row_aws, NULL, make_rows, pipe_end },
	{ "row-as-recorded", start_row_recorded, NULL, make_rows, pipe_end },
	{ "row-lines", start_row_lines, forget_rows, make_rows, pipe_end },
	{ "row-protobuf", start_row_protobuf, forget_rows, make_rows, pipe_end },
	{ "row-peers", start_row_peers, NULL, make_rows, pipe_end },
	{ "row-secadvisor", start_row_secadvisor, NULL, make_rows, pipe_end },
	{ "row-cached", start_row_cached, NULL, make_rows, pipe_end },
	{ "row-mirror", start_row_mirror, NULL, make_rows, pipe_end },
	{ "seal-6", start_seal_6, fill, seal, pipe_end },
	{ "zlib-6", start_zlib_6, NULL, compress_rows, pipe_end },
	{ "seal-1", start_seal_1, fill, seal, pipe_end },
	{ "seal-zstd", start_seal_zstd, fill, seal, pipe_end },
	{ "zlib-1", start_zlib_1, NULL, compress_rows, pipe_end },
	{ 0 },
};
