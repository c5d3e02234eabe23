/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.c - see pipe.h. */
#include <stdio.h>
#include <stdlib.h>
#include "pipe.h"
#include "net/http.h"
#include "sys/io.h"

#define TEXT_MAX ((size_t)512 << 20)

static const char config_text[] =
	"pipeline:\n"
	"  subscriber: {url: \"ws://127.0.0.1:1/ws/subscriber/flow\"}\n"
	"  classify:\n"
	"    cluster_net_masks: [10.10.0.0/16, 'fd00:10::/64']\n"
	"  transform:\n"
	"    type: %s\n"
	"  storeheader:\n"
	"    type: %s\n"
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

static int memory_append(struct sink *sink, struct object_place place,
			 const struct rows *rows)
{
	struct memory *m = (struct memory *)sink;

	buf_put(&m->rows[place.tag], rows->bytes);
	return buf_error(&m->rows[place.tag]);
}

static int memory_seal(struct sink *sink, struct object_place place,
		       const struct object *object)
{
	(void)sink;
	(void)place;
	(void)object;
	return 0;
}

static int64_t memory_stream(struct sink *sink, int64_t wanted, int64_t last)
{
	(void)sink;
	return wanted > last ? wanted : last + 1;
}

static bool memory_hold(struct sink *sink, int64_t size)
{
	(void)sink;
	(void)size;
	return true;
}

static void open_memory(struct memory *m)
{
	int tag;

	m->sink = (struct sink){
		memory_append, memory_seal, memory_stream, memory_hold, NULL,
	};
	for (tag = 0; tag < TAG_COUNT; tag++)
		m->rows[tag] = (struct buf)BUF_INIT(TEXT_MAX);
}

static void sealed(void *context)
{
	(void)context;
}

static void open_spool_sink(struct pipe *p)
{
	struct spool_options options = { .max_bytes = INT64_MAX, .max_age = INT64_MAX };
	struct spool_sink_parts parts = {
		.stages = &p->settings->stages,
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
	p->spool_sink = spool_sink_new(&parts);
	if (!p->spool_sink)
		fail("out of memory");
}

static void read_config(struct pipe *p)
{
	struct problems problems = PROBLEMS_INIT;
	struct buf text = BUF_INIT(4096);

	buf_printf(&text, config_text,
		   p->options.transform ? p->options.transform : "vpclogs",
		   p->options.transform ? "none" : "vpclogs", p->options.compression.type,
		   p->options.compression.type, p->options.compression.level);
	p->settings = pipeline_settings_new(STR("bench"));
	if (!p->settings || !(p->settings->config = config_new()))
		fail("out of memory");
	if (config_add(p->settings->config, "bench.yml", buf_str(&text), false,
		       &problems) < 0)
		fail("%s", problems.text.ptr);
	pipeline_settings_read(p->settings, &problems);
	if (problems.count)
		fail("%s", problems.text.ptr);
	if (p->options.encode)
		p->settings->stages.encode = p->options.encode;
	buf_fini(&text);
	problems_fini(&problems);
}

static void wake(void *context)
{
	sem_post(context);
}

/* What the exporter tells it of a pipeline's questions. */
static void want(struct question_list *list, const struct question *question)
{
	struct pipe *p = (struct pipe *)((char *)list - offsetof(struct pipe, list));
	struct err err = ERR_INIT;

	if (projection_add(p->projection, question, &err) < 0)
		fail("%s", err.text);
}

static void want_text(struct question_list *list, struct str name, struct str text)
{
	struct question_parsed parsed;
	struct err err = ERR_INIT;

	(void)name;
	if (question_parse(text, &parsed, &err) < 0)
		fail("%s", err.text);
	want(list, &parsed.question);
}

static struct projection *wanted_of(struct pipe *p)
{
	p->projection = projection_new();
	p->list = (struct question_list){ PEERS_BY_ADDRESS, want, want_text };
	stage_set_questions(&p->settings->stages, &p->list);
	return p->projection;
}

static void read_answers(struct pipe *p)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;

	const char *file = p->options.answers ? p->options.answers : "topology.json";

	p->topology = topology_new_static(&err);
	if (!p->topology || recording_read_file(bench_path(file), &text, &err) < 0 ||
	    topology_add_static(p->topology, buf_str(&text), file, &err) < 0)
		fail("%s", err.text);
	buf_fini(&text);
}

static void read_graph(struct pipe *p)
{
	struct topology_options options;
	struct buf text = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;

	memcpy(&options, topology_shape.defaults, sizeof(options));
	p->topology = topology_new_static(&err);
	if (!p->topology || topology_mirror_static(p->topology, &options, &err) < 0 ||
	    topology_want(p->topology, wanted_of(p), &err) < 0 ||
	    recording_read_file(bench_path(p->options.graph), &text, &err) < 0)
		fail("%s", err.text);
	topology_play(p->topology, buf_str(&text), true, 1000);
	buf_fini(&text);
}

static void connect_analyzer(struct pipe *p)
{
	struct topology_options options;
	struct str address = str_of(p->options.analyzer);
	struct err err = ERR_INIT;

	memcpy(&options, topology_shape.defaults, sizeof(options));
	options.analyzers = (struct strs){ &address, 1 };
	options.max_in_flight = p->options.max_in_flight;
	if (!p->http)
		p->http = http_new(&err);
	options.mode = p->options.mirrors ? MODE_MIRROR : MODE_REST;
	options.host_id = STR("bench");
	p->topology = p->http ? topology_new(&options, p->http, &err) : NULL;
	if (!p->topology ||
	    (p->options.mirrors && topology_want(p->topology, wanted_of(p), &err) < 0))
		fail("%s", err.text);
}

static void open_topology(struct pipe *p)
{
	if (p->options.analyzer)
		connect_analyzer(p);
	else if (p->options.graph)
		read_graph(p);
	else
		read_answers(p);
	asker_init(&p->asker, p->topology, wake, &p->answered);
	if (queries_init(&p->queries, &p->asker.answers) < 0)
		fail("out of memory");
	/* What was recorded are answers to questions by path. */
	p->queries.peers_by = p->options.graph || p->options.answers || p->options.mirrors
				      ? PEERS_BY_ADDRESS
				      : PEERS_BY_PATH;
}

static void close_topology(struct pipe *p)
{
	queries_fini(&p->queries);
	asker_fini(&p->asker);
	topology_free(p->topology);
}

static void open_pipeline(struct pipe *p)
{
	struct pipeline_parts parts = { .stages = p->settings->stages,
					.limits = p->settings->store.bucket };

	p->pipeline = pipeline_new(&parts,
				   p->options.in_memory ? &p->memory.sink
							: spool_sink_base(p->spool_sink),
				   &p->stats);
	if (!p->pipeline)
		fail("out of memory");
}

static void enrich(struct pipe *p)
{
	for (;;) {
		queries_pass(&p->queries, pipe_now.mono_ms);
		if (!pipeline_enrich(p->pipeline, &p->queries))
			return;
		if (!p->options.analyzer)
			fail("an answer of the topology is missing");
		sem_wait(&p->answered);
	}
}

/* The next report of each flow: as much again. */
static void advance(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++) {
		const struct flow_metric *change = batch->flows[i].last_update;
		struct flow_metric *all = batch->flows[i].metric;

		if (!all || !change)
			continue;
		all->ab_packets += change->ab_packets;
		all->ab_bytes += change->ab_bytes;
		all->ba_packets += change->ba_packets;
		all->ba_bytes += change->ba_bytes;
	}
}

void pipe_make_rows(struct pipe *p)
{
	size_t pass, i;

	for (pass = 0; pass < p->state.passes; pass++) {
		for (i = 0; i < p->stream.messages; i++) {
			if (p->options.advances)
				advance(p->batch[i]);
			pipeline_accept(p->pipeline, p->batch[i], NULL,
					p->batch[i]->count, pipe_now);
			enrich(p);
			pipeline_commit(p->pipeline, pipe_now);
			queries_reset(&p->queries);
		}
	}
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

struct pipe *pipe_start(size_t passes, const struct pipe_options *options)
{
	struct pipe *p = calloc(1, sizeof(*p));

	if (!p)
		fail("out of memory");
	p->options = *options;
	sem_init(&p->answered, 0, 0);
	stream_read(&p->stream, options->flows);
	p->state = (struct state){
		.passes = passes,
		.flows = p->stream.flows * passes,
		.bytes = p->stream.bytes * passes,
	};
	decode(p);
	read_config(p);
	open_topology(p);
	if (options->in_memory)
		open_memory(&p->memory);
	else
		open_spool_sink(p);
	open_pipeline(p);
	return p;
}

void pipe_end(void *state)
{
	struct pipe *p = state;
	size_t i;
	int tag;

	pipeline_free(p->pipeline);
	spool_sink_free(p->spool_sink);
	if (p->dir)
		spool_dir_close(p->dir);
	if (p->spool)
		spool_close(p->spool);
	workers_free(p->workers);
	if (*p->path)
		io_remove_tree(p->path);
	for (tag = 0; tag < TAG_COUNT; tag++)
		buf_fini(&p->memory.rows[tag]);
	close_topology(p);
	http_free(p->http);
	sem_destroy(&p->answered);
	pipeline_settings_unref(p->settings);
	for (i = 0; i < p->stream.messages; i++)
		batch_unref(p->batch[i]);
	free(p->batch);
	stream_free(&p->stream);
	free(p);
}
