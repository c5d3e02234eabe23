/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.c - see pipe.h. */
#include <stdio.h>
#include <stdlib.h>
#include "pipe.h"
#include "sys/io.h"

#define TEXT_MAX ((size_t)512 << 20)

static const char config_text[] =
	"pipeline:\n"
	"  classify:\n"
	"    cluster_net_masks: [10.10.0.0/16, 'fd00:10::/64']\n"
	"  transform:\n"
	"    type: vpclogs\n"
	"  storeheader:\n"
	"    type: vpclogs\n"
	"  compress:\n"
	"    type: %s\n"
	"    %s:\n"
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

const struct now pipe_now = { 1000, 1795341600000 };

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
		memory_append,
		memory_seal,
		memory_stream,
		memory_hold,
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
		.stages = &p->tenant.stages,
		.stats = &p->stats,
		.sealed = sealed,
		.place = { .dirname = STR("bucket"),
			   .prefix = STR("logs"),
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
		p->dir = spool_dir_open(p->spool, "bench", &p->stats, pipe_now, &err);
	if (!p->workers || !p->dir)
		fail("%s", err.text);
	parts.dir = p->dir;
	parts.sealers = p->workers;
	p->intake = intake_new(&parts);
	return intake_sink(p->intake);
}

static void read_config(struct pipe *p)
{
	struct problems problems = PROBLEMS_INIT;
	struct buf text = BUF_INIT(4096);

	buf_printf(&text, config_text, p->compression.type, p->compression.type,
		   p->compression.level);
	p->config = config_new();
	if (!p->config ||
	    config_add(p->config, "bench.yml", buf_str(&text), false, &problems) < 0)
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
		p->batch[i] = bench_decode(p->stream.message[i], p->stream.kind, NULL,
					   NULL);
}

struct pipe *pipe_start(size_t passes, const char *name, struct compression compression,
			bool in_memory)
{
	struct pipe *p = calloc(1, sizeof(*p));
	struct pipeline_parts parts = { 0 };
	struct sink *sink;

	if (!p)
		fail("out of memory");
	p->compression = compression;
	stream_read(&p->stream, name);
	p->state = (struct state){
		.passes = passes,
		.flows = p->stream.flows * passes,
		.bytes = p->stream.bytes * passes,
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

void pipe_end(void *state)
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
