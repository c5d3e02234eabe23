/* SPDX-License-Identifier: Apache-2.0 */
/* step_pipeline.c - from flows to rows in the spool, and from there to a sealed
 * object. See bench.h.
 *
 * "row" is what a tenant does with a batch: accept, enrich (every answer of the
 * topology is at hand), commit, into open files of a real spool. "row-memory"
 * leaves the spool out. "seal-N" makes gzip objects of level N; "zlib-N" is the
 * same rows through zlib alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include "bench.h"
#include "store/intake.h"
#include "sys/io.h"
#include "tenant_config.h"
#include "topology/topology.h"

#define TEXT_MAX	((size_t)512 << 20)
#define OUT_SIZE	((size_t)64 << 10)

static const char config_text[] =
	"pipeline:\n"
	"  classify:\n"
	"    cluster_net_masks: [10.10.0.0/16, 'fd00:10::/64']\n"
	"  transform:\n"
	"    type: vpclogs\n"
	"  storeheader:\n"
	"    type: vpclogs\n"
	"  compress:\n"
	"    type: gzip\n"
	"    gzip:\n"
	"      level: %d\n"
	"  store:\n"
	"    type: buffered\n"
	"    buffered:\n"
	"      dirname: bucket\n"
	"      filename_prefix: logs\n"
	"      max_flows_per_object: 100000000\n"
	"      max_seconds_per_object: 100000000\n"
	"      max_seconds_per_stream: 100000000\n"
	"      max_flow_array_size: 100000000\n"
	"  write:\n"
	"    type: stdout\n";

static const struct now now = { 1000, 1795341600000 };

/* Keeps rows in memory. */
struct memory {
	struct sink sink;
	struct buf rows[TAG_COUNT];
};

struct pipe {
	struct state state;
	int level;
	struct stream stream;
	struct batch **batch;
	struct config *config;
	struct tenant_config tenant;
	struct stats stats;
	struct topology *topology;
	struct asker asker;
	struct queries queries;
	struct pipeline *pipeline;

	struct memory memory;

	/* Or the spool. */
	char path[4096];
	struct workers *workers;
	struct spool *spool;
	struct spool_dir *dir;
	struct intake *intake;
};

static int memory_append(struct sink *sink, enum tag tag, const struct rows *rows)
{
	struct memory *m = (struct memory *)sink;

	buf_put(&m->rows[tag], rows->bytes);
	return buf_error(&m->rows[tag]);
}

static int memory_seal(struct sink *sink, enum tag tag, const struct object *object)
{
	(void)sink;
	(void)tag;
	(void)object;
	return 0;
}

static int64_t memory_stream(struct sink *sink, int64_t wanted)
{
	(void)sink;
	return wanted;
}

static bool memory_hold(struct sink *sink, int64_t size)
{
	(void)sink;
	(void)size;
	return true;
}

static struct sink *open_memory(struct memory *m)
{
	int tag;

	m->sink = (struct sink){
		memory_append, memory_seal, memory_stream, memory_hold,
	};
	for (tag = 0; tag < TAG_COUNT; tag++)
		m->rows[tag] = (struct buf)BUF_INIT(TEXT_MAX);
	return &m->sink;
}

static void sealed(void *context)
{
	(void)context;
}

static struct sink *open_intake(struct pipe *p)
{
	struct spool_options options = { .max_bytes = INT64_MAX, .max_age = INT64_MAX };
	struct intake_parts parts = {
		.stages = &p->tenant.stages, .stats = &p->stats, .sealed = sealed,
		.place = { .dirname = STR("bucket"), .prefix = STR("logs"),
			   .content_encoding = STR("auto") },
	};
	struct err err = ERR_INIT;

	snprintf(p->path, sizeof(p->path), "%s", bench_path("spool-XXXXXX"));
	if (!mkdtemp(p->path))
		fail("cannot make %s", p->path);
	options.directory = str_of(p->path);
	p->workers = workers_new(0, "bench", &err);
	p->spool = spool_open(&options, NULL, &err);
	if (p->spool)
		p->dir = spool_dir_open(p->spool, "bench", &p->stats, now, &err);
	if (!p->workers || !p->dir)
		fail("%s", err.text);
	parts.dir = p->dir;
	parts.workers = p->workers;
	p->intake = intake_new(&parts);
	return intake_sink(p->intake);
}

static void read_config(struct pipe *p)
{
	struct problems problems = PROBLEMS_INIT;
	struct buf text = BUF_INIT(4096);

	buf_printf(&text, config_text, p->level);
	p->config = config_new();
	if (!p->config || config_add(p->config, "bench.yml", buf_str(&text), false,
				     &problems) < 0)
		fail("%s", problems.text.ptr);
	tenant_config_read(&p->tenant, p->config, NULL, &problems);
	if (problems.count)
		fail("%s", problems.text.ptr);
	buf_fini(&text);
	problems_fini(&problems);
}

static void wake(void *context)
{
	(void)context;
}

static void open_topology(struct pipe *p)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;

	p->topology = topology_new_static(&err);
	if (!p->topology ||
	    recording_read_file(bench_path("topology.json"), &text, &err) < 0 ||
	    topology_add_static(p->topology, buf_str(&text), "topology.json", &err) < 0)
		fail("%s", err.text);
	buf_fini(&text);
	asker_init(&p->asker, p->topology, wake, NULL);
	if (queries_init(&p->queries, &p->asker.answers) < 0)
		fail("out of memory");
}

static void decode(struct pipe *p)
{
	size_t i;

	p->batch = calloc(p->stream.messages, sizeof(struct batch *));
	if (!p->batch)
		fail("out of memory");
	for (i = 0; i < p->stream.messages; i++)
		p->batch[i] = bench_decode(p->stream.message[i], p->stream.kind, NULL, NULL);
}

static struct pipe *start(size_t passes, const char *name, int level, bool in_memory)
{
	struct pipe *p = calloc(1, sizeof(*p));
	struct pipeline_parts parts = { 0 };
	struct sink *sink;

	if (!p)
		fail("out of memory");
	p->level = level;
	stream_read(&p->stream, name);
	p->state = (struct state){
		passes, p->stream.flows * passes, p->stream.bytes * passes,
	};
	decode(p);
	read_config(p);
	open_topology(p);
	sink = in_memory ? open_memory(&p->memory) : open_intake(p);
	parts.limits = p->tenant.limits.bucket;
	stage_set_parts(&p->tenant.stages, &parts);
	p->pipeline = pipeline_new(&parts, sink, &p->stats);
	if (!p->pipeline)
		fail("out of memory");
	return p;
}

static void end(void *state)
{
	struct pipe *p = state;
	size_t i;
	int tag;

	pipeline_free(p->pipeline);
	intake_free(p->intake);
	if (p->dir)
		spool_dir_close(p->dir);
	if (p->spool)
		spool_close(p->spool);
	workers_free(p->workers);
	if (*p->path)
		io_remove_tree(p->path);
	for (tag = 0; tag < TAG_COUNT; tag++)
		buf_fini(&p->memory.rows[tag]);
	queries_fini(&p->queries);
	asker_fini(&p->asker);
	topology_free(p->topology);
	tenant_config_fini(&p->tenant);
	config_free(p->config);
	for (i = 0; i < p->stream.messages; i++)
		batch_unref(p->batch[i]);
	free(p->batch);
	stream_free(&p->stream);
	free(p);
}

static void make_rows(void *state)
{
	struct pipe *p = state;
	size_t pass, i;

	for (pass = 0; pass < p->state.passes; pass++) {
		for (i = 0; i < p->stream.messages; i++) {
			pipeline_accept(p->pipeline, p->batch[i], NULL,
					p->batch[i]->count);
			queries_pass(&p->queries);
			if (pipeline_enrich(p->pipeline, &p->queries))
				fail("an answer of the topology is missing");
			pipeline_commit(p->pipeline, now);
			queries_reset(&p->queries);
		}
	}
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

	pipeline_flush(p->pipeline, now);
	workers_run(p->workers, now);
}

static void deflate_alone(int level, struct str rows)
{
	static char out[OUT_SIZE];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)rows.ptr, .avail_in = (uInt)rows.len };
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
		deflate_alone(p->level, buf_str(&p->memory.rows[tag]));
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

static size_t bytes_of_rows(size_t passes)
{
	struct pipe *p = with_rows(start(passes, "flows.pb", 6, true));
	size_t bytes = p->state.bytes;

	end(p);
	return bytes;
}

static void *start_row(size_t passes)
{
	return start(passes, "flows.pb", 6, false);
}

static void *start_row_recorded(size_t passes)
{
	return start(passes, "recorded.pb", 6, false);
}

static void *start_row_memory(size_t passes)
{
	return start(passes, "flows.pb", 6, true);
}

static void *start_seal(size_t passes, int level)
{
	struct pipe *p = start(passes, "flows.pb", level, false);

	p->state.bytes = bytes_of_rows(passes);
	return p;
}

static void *start_seal_6(size_t passes)
{
	return start_seal(passes, 6);
}

static void *start_seal_1(size_t passes)
{
	return start_seal(passes, 1);
}

static void *start_zlib_6(size_t passes)
{
	return with_rows(start(passes, "flows.pb", 6, true));
}

static void *start_zlib_1(size_t passes)
{
	return with_rows(start(passes, "flows.pb", 1, true));
}

const struct step steps_pipeline[] = {
	{ "row", start_row, NULL, make_rows, end },
	{ "row-memory", start_row_memory, forget_rows, make_rows, end },
	{ "row-as-recorded", start_row_recorded, NULL, make_rows, end },
	{ "seal-6", start_seal_6, fill, seal, end },
	{ "zlib-6", start_zlib_6, NULL, compress_rows, end },
	{ "seal-1", start_seal_1, fill, seal, end },
	{ "zlib-1", start_zlib_1, NULL, compress_rows, end },
	{ 0 }
};
