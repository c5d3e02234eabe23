/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - skydive-exporter replay: recordings through the configured
 * pipelines, as fast as it can, on the recordings' own clock.
 *
 * Before a message of time T all happens that was due by T, so the result is
 * the same every time, every object's bytes and keys. Lookups are answered from
 * files at once. With --output objects go to a directory instead of the store.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "command/answers.h"
#include "command/command.h"
#include "exporter/exporter.h"
#include "sys/io.h"

extern char **environ;

struct replay {
	const char *config;
	const char *output;
	struct strs topology, recordings; /* of argv */
	const char *stream_path;	  /* of the topology */
	struct recording *stream;
	struct recorded change; /* its next message */
	bool has_change;
	struct replay_options options;
	struct log *log;
	struct exporter *exporter;
	int64_t time_ms; /* of the last message */
	bool has_started;
};

static bool replay_parse(struct replay *r, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		struct str arg = str_of(argv[i]);

		if (arg.len < 2 || argv[i][0] != '-') {
			r->recordings.item[r->recordings.count++] = arg;
			continue;
		}
		if (i + 1 == argc)
			return false;
		if (str_is(arg, "-c"))
			r->config = argv[++i];
		else if (str_is(arg, "--output"))
			r->output = argv[++i];
		else if (str_is(arg, "--topology-stream"))
			r->stream_path = argv[++i];
		else if (str_is(arg, "--topology"))
			r->topology.item[r->topology.count++] = str_of(argv[++i]);
		else
			return false;
	}
	return r->config && r->recordings.count;
}

static int make_spool(char path[PATH_MAX], struct err *err)
{
	const char *place = getenv("TMPDIR");

	if (!place || !*place)
		place = "/tmp";
	errno = ENAMETOOLONG;
	if (snprintf(path, PATH_MAX, "%s/skydive-exporter-replay-XXXXXX", place) <
		    PATH_MAX &&
	    mkdtemp(path))
		return 0;
	return err_set(err,
		       "cannot make a directory in %.100s: %s; set TMPDIR to one with "
		       "room",
		       place, strerror(errno));
}

static int next_change(struct replay *r, struct err *err)
{
	int result = recording_next(r->stream, &r->change, err);

	r->has_change = result > 0;
	return result < 0 ? result : 0;
}

static int open_stream(struct replay *r, struct settings *settings, struct err *err)
{
	if (!r->stream_path)
		return 0;
	if (settings->topology.mode == MODE_REST)
		return err_set(err,
			       "topology.mode is rest, for which there is no stream");
	r->stream = recording_open(r->stream_path, err);
	if (!r->stream || next_change(r, err) < 0)
		return -EINVAL;
	settings->topology.log = r->log;
	return topology_mirror_static(r->options.topology, &settings->topology, err);
}

/* What the topology had become by that time. */
static int play_changes(struct replay *r, int64_t until_ms, struct err *err)
{
	int error = 0;

	while (!error && r->has_change && r->change.time_ms <= until_ms) {
		topology_play(exporter_topology(r->exporter),
			      (struct str){ r->change.message, r->change.size },
			      recording_kind(r->stream) == RECORDING_JSON,
			      r->change.time_ms < 0 ? until_ms : r->change.time_ms);
		free(r->change.message);
		error = next_change(r, err);
	}
	return error;
}

static void close_stream(struct replay *r)
{
	if (r->has_change)
		free(r->change.message);
	recording_close(r->stream);
}

static int replay_open_exporter(struct replay *r, struct err *err)
{
	struct problems problems = PROBLEMS_INIT;
	struct settings *settings = settings_read(r->config, environ, r->log, &problems);

	if (settings && !problems.count && open_stream(r, settings, err) < 0) {
		settings_free(settings);
	} else if (settings && !problems.count) {
		r->exporter = exporter_new(settings, &r->options, r->log, err);
	} else {
		err_set(err, STR_FMT,
			(int)(problems.text.len ? problems.text.len - 1 : 0),
			buf_str(&problems.text).ptr);
		settings_free(settings);
	}
	problems_fini(&problems);
	if (r->exporter)
		r->options.topology = NULL; /* taken */
	if (!r->exporter || exporter_start(r->exporter, err) < 0)
		return -EINVAL;
	return exporter_subscribe(r->exporter, err);
}

static int replay_play(struct replay *r, const char *path, struct err *err)
{
	struct recording *recording = recording_open(path, err);
	struct recorded one;
	int result;

	if (!recording)
		return -EINVAL;
	while ((result = recording_next(recording, &one, err)) > 0) {
		if (one.time_ms < 0)
			one.time_ms = r->has_started ? r->time_ms + RECORDING_STEP_MS : 0;
		if (r->has_started && one.time_ms < r->time_ms)
			one.time_ms = r->time_ms;
		r->has_started = true;
		r->time_ms = one.time_ms;
		if (play_changes(r, one.time_ms, err) < 0) {
			free(one.message);
			result = -EINVAL;
			break;
		}
		exporter_replay(r->exporter, one.message, one.size,
				recording_kind(recording), one.time_ms);
	}
	recording_close(recording);
	return result;
}

static int replay_run(struct replay *r, struct err *err)
{
	int error = replay_open_exporter(r, err);
	size_t left, i;

	for (i = 0; !error && i < r->recordings.count; i++)
		error = replay_play(r, r->recordings.item[i].ptr, err);
	if (!r->exporter)
		return error;
	left = exporter_replay_end(r->exporter, r->time_ms);
	if (!error && left)
		error = err_set(err, "%zu objects could not be stored; see the log above",
				left);
	exporter_free(r->exporter);
	return error;
}

static int replay_called(const struct skydive_host *host, int argc, char **argv)
{
	struct replay r = { 0 };
	struct err err = ERR_INIT;
	char spool[PATH_MAX] = "";
	int error = -EINVAL;

	r.topology.item = calloc((size_t)argc, sizeof(struct str));
	r.recordings.item = calloc((size_t)argc, sizeof(struct str));
	if (!r.topology.item || !r.recordings.item || !replay_parse(&r, argc, argv)) {
		free(r.topology.item);
		free(r.recordings.item);
		return usage_complain(&command_replay);
	}
	if (r.output)
		r.options.output = str_of(r.output);
	r.log = log_new(host, LOG_INFO, &err);
	if (r.log && make_spool(spool, &err) == 0) {
		r.options.spool = str_of(spool);
		r.options.topology = answers_read(&r.topology, &err);
		if (r.options.topology)
			error = replay_run(&r, &err);
		io_remove_tree(spool);
	}
	topology_free(r.options.topology);
	close_stream(&r);
	log_free(r.log);
	free(r.topology.item);
	free(r.recordings.item);
	if (!error)
		return EXIT_FINE;
	command_complain("%s", err.text);
	return EXIT_FAILED;
}

const struct command command_replay = {
	"replay",
	replay_called,
	"Exports recordings, on their own clock, as fast as it can.",
	"replay -c acme.yml --output objects sample.jsonl",
	NULL,
	{ USAGE_CONFIG,
	  USAGE_ANSWERS,
	  { "--topology-stream", "STREAM.jsonl", 0,
	    "the topology's stream that record wrote, for a mirror" },
	  { "--output", "DIR", 0, "objects go to DIR/BUCKET/KEY, not to the store" },
	  { "RECORDING", NULL, USAGE_NEEDED | USAGE_MANY,
	    "files that record wrote; also gzip'ed" } }
};
