/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - skydive-exporter explain: one flow as JSON on standard input, and
 * what each stage of each pipeline makes of it on standard output, with the
 * questions asked and their answers.
 *
 * The analyzer of the configuration is asked, or recorded answers. Nothing is
 * stored, and nothing is remembered: every flow is the first of its kind.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include "command/answers.h"
#include "graph/mirrored.h"
#include "net/http.h"
#include "command/command.h"
#include "flow/decode.h"
#include "settings/settings.h"
#include "stage/explain.h"
#include "sys/clock.h"
#include "sys/io.h"

#define FLOW_MAX ((size_t)64 << 20)
#define POLL_MS	 5

extern char **environ;

struct explanation {
	const char *config, *pipeline;
	struct strs topology_files; /* of argv */
	struct settings *settings;
	struct http *http;
	struct topology *topology;
	struct asker asker;
	atomic_bool is_answered;
};

static bool explain_parse(struct explanation *e, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		struct str arg = str_of(argv[i]);

		if (str_is(arg, "-c") && i + 1 < argc)
			e->config = argv[++i];
		else if (str_is(arg, "--topology") && i + 1 < argc)
			e->topology_files.item[e->topology_files.count++] = str_of(
				argv[++i]);
		else if (arg.len && *arg.ptr != '-' && !e->pipeline)
			e->pipeline = argv[i];
		else
			return false;
	}
	return e->config != NULL;
}

static void explain_wake(void *context)
{
	atomic_store((atomic_bool *)context, true);
}

static bool wait_for_answers(void *context)
{
	struct explanation *e = context;
	int64_t until_ms = clock_now().mono_ms + e->settings->lookup_timeout_ms;

	while (!atomic_exchange(&e->is_answered, false)) {
		if (clock_now().mono_ms >= until_ms) {
			asker_give_up(&e->asker, true);
			return false;
		}
		poll(NULL, 0, POLL_MS);
	}
	return true;
}

static int open_topology(struct explanation *e, struct err *err)
{
	if (e->topology_files.count) {
		e->topology = answers_read(&e->topology_files, err);
	} else {
		e->http = http_new(err);
		if (e->http)
			e->topology = topology_new(&e->settings->topology, e->http, err);
	}
	if (!e->topology)
		return -1;
	asker_init(&e->asker, e->topology, explain_wake, &e->is_answered);
	return 0;
}

/* One flow, or a list of flows. */
static struct batch *read_flows(struct err *err)
{
	struct buf text = BUF_INIT(FLOW_MAX), list = BUF_INIT(FLOW_MAX);
	struct batch *batch = NULL;
	struct str json;

	if (io_read_file("-", &text) < 0) {
		err_set(err, "cannot read a flow from standard input");
		return NULL;
	}
	json = buf_str(&text);
	while (json.len && strchr(" \t\r\n", *json.ptr))
		json = str_skip(json, 1);
	if (json.len && *json.ptr == '[')
		buf_put(&list, json);
	else
		buf_printf(&list, "[" STR_FMT "]", STR_ARG(json));
	buf_fini(&text);
	if (!buf_error(&list))
		batch = batch_new(list.ptr, list.len, NULL);
	if (batch && decode_json(buf_str(&list), batch, err) == 0 && batch->count)
		return batch;
	if (batch && batch->count == 0 && !*err->text)
		err_set(err, "no flow can be read; give one as an analyzer sends it, "
			     "{\"UUID\": ...}");
	batch_unref(batch);
	return NULL;
}

/* While the exporter runs; here the analyzer is asked, or files. */
static void say_who(struct buf *out, struct str question)
{
	struct str index;
	struct err why = ERR_INIT;

	if (!question_is_mirrored(question, &index, &why))
		buf_printf(out, "      of the analyzer: %s\n", why.text);
	else if (index.len)
		buf_printf(out, "      of the mirror, by " STR_FMT "\n", STR_ARG(index));
	else
		buf_puts(out, "      of the mirror, of all its nodes\n");
}

static void explain_pipeline(struct explanation *e, const struct pipeline_settings *p,
			     const struct batch *batch)
{
	struct explain x = {
		.stages = &p->stages,
		.peers_by = (enum peers_by)e->settings->topology.peers_by,
		.answers = &e->asker.answers,
		.wait = wait_for_answers,
		.say_who = e->settings->topology.mode == MODE_REST ? NULL : say_who,
		.context = e,
		.now = clock_now(),
	};
	struct buf out = BUF_INIT(FLOW_MAX);
	uint32_t i;

	for (i = 0; i < batch->count; i++) {
		buf_printf(&out, "pipeline %s", p->name);
		if (batch->count > 1)
			buf_printf(&out, ", flow %u", i + 1);
		buf_puts(&out, ":\n");
		asker_give_up(&e->asker, false);
		explain_flow(&x, batch, i, &out);
		io_write(STDOUT_FILENO, buf_str(&out));
		buf_reset(&out);
	}
	buf_fini(&out);
}

static int explain_all(struct explanation *e, struct err *err)
{
	struct batch *batch = read_flows(err);
	size_t i, count = 0;

	if (!batch)
		return -1;
	for (i = 0; i < e->settings->pipelines; i++) {
		const struct pipeline_settings *p = e->settings->pipeline[i];

		if (e->pipeline && !str_is(str_of(e->pipeline), p->name))
			continue;
		explain_pipeline(e, p, batch);
		count++;
	}
	batch_unref(batch);
	return count ? 0 : err_set(err, "there is no pipeline %s", e->pipeline);
}

static int explain_run(struct explanation *e, struct err *err)
{
	struct problems problems = PROBLEMS_INIT;
	int error = -1;

	e->settings = settings_read(e->config, environ, NULL, &problems);
	if (problems.count)
		err_set(err, STR_FMT,
			(int)(problems.text.len ? problems.text.len - 1 : 0),
			problems.text.ptr);
	else if (e->settings && open_topology(e, err) == 0)
		error = explain_all(e, err);
	problems_fini(&problems);
	asker_fini(&e->asker);
	topology_free(e->topology);
	http_free(e->http);
	settings_free(e->settings);
	return error;
}

static int explain_called(const struct skydive_host *host, int argc, char **argv)
{
	struct explanation e = { 0 };
	struct err err = ERR_INIT;
	int error;

	(void)host;
	e.topology_files.item = calloc((size_t)argc, sizeof(struct str));
	if (!e.topology_files.item || !explain_parse(&e, argc, argv)) {
		free(e.topology_files.item);
		return usage_complain(&command_explain);
	}
	error = explain_run(&e, &err);
	free(e.topology_files.item);
	if (!error)
		return EXIT_FINE;
	command_complain("%s", err.text);
	return EXIT_FAILED;
}

const struct command command_explain = {
	"explain",
	explain_called,
	"Shows what each stage of each pipeline makes of one flow; stores nothing.",
	"explain -c /etc/skydive/exporter.yml < FLOW.json",
	NULL,
	{ USAGE_CONFIG,
	  USAGE_ANSWERS,
	  { "PIPELINE", NULL, 0, "only this one" },
	  { "< FLOW.json", NULL, USAGE_NEEDED,
	    "the flow, of record --json or transform: none" } }
};
