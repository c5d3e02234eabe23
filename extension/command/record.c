/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - skydive-exporter record: writes what an analyzer sends to
 * NAME.pb or NAME.jsonl and NAME.times, until it is interrupted.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "command/command.h"
#include "command/record_files.h"
#include "command/record_topology.h"
#include "flow/message.h"
#include "source/flow_stream.h"
#include "source/registry.h"
#include "sys/clock.h"

#define ENVELOPE_MAX ((size_t)64 << 10) /* what is not flows */

struct record {
	struct flow_stream_options options;
	struct session_identity identity;
	struct tls_files tls;
	struct source_parts parts;
	const char *name, *user; /* user: with the password, or NULL */
	int64_t seconds;
	bool with_topology;
	struct record_files files;
	_Atomic int error; /* -errno, or -EPROTO: not what was asked for */
	_Atomic int64_t messages;
};

/* Where the value of an option goes, or NULL. */
static const char **record_option(struct record *r, struct str name)
{
	if (str_is(name, "--ca"))
		return &r->tls.ca_cert;
	if (str_is(name, "--cert"))
		return &r->tls.client_cert;
	if (str_is(name, "--key"))
		return &r->tls.client_key;
	return str_is(name, "--user") ? &r->user : NULL;
}

/* What follows from the options together. */
static bool record_complete(struct record *r)
{
	struct str user = str_of(r->user ? r->user : "");

	r->identity.username = str_until(user, ':');
	r->identity.password = str_skip(user, r->identity.username.len + 1);
	r->identity.tls = &r->tls;
	return !r->tls.client_cert == !r->tls.client_key;
}

static bool record_parse(struct record *r, int argc, char **argv, const char **url)
{
	const char **value;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		struct str arg = str_of(argv[i]);

		value = record_option(r, arg);
		if (str_is(arg, "--json"))
			r->options.protocol = 1;
		else if (str_is(arg, "--topology"))
			r->with_topology = true;
		else if (value && i + 1 < argc)
			*value = argv[++i];
		else if (str_is(arg, "--seconds") && i + 1 < argc)
			r->seconds = strtoll(argv[++i], NULL, 10);
		else
			return false;
	}
	if (argc - i != 2 || !record_complete(r))
		return false;
	*url = argv[i];
	r->name = argv[i + 1];
	return true;
}

/* What it was, for the watchdog. */
static enum heard record_look(struct str bytes, enum recording_kind kind)
{
	struct arena arena = ARENA_INIT(ENVELOPE_MAX);
	struct err ignored = ERR_INIT;
	struct message message;
	enum heard heard = HEARD_OTHER;

	if (message_parse(bytes, kind == RECORDING_JSON ? FRAMING_JSON : FRAMING_PROTOBUF,
			  &arena, &message, &ignored) == 0)
		heard = message_has_flows(&message)	? HEARD_FLOWS
			: str_is(message.type, "stats") ? HEARD_STATS
							: HEARD_OTHER;
	arena_fini(&arena);
	return heard;
}

/* A message as it came. Protobuf files take both kinds: their readers look. */
static enum heard record_keep(void *context, char *message, size_t size,
			      enum recording_kind kind)
{
	struct record *r = context;
	struct str bytes = { message, size };
	enum heard heard = record_look(bytes, kind);
	int error;

	if (!r->options.protocol)
		error = record_files_counted(&r->files, bytes);
	else if (message_is_json(bytes))
		error = record_files_line(&r->files, message, size, true);
	else
		error = -EPROTO;
	if (error)
		r->error = error;
	else
		r->messages++;
	free(message);
	return heard;
}

/* The signals that end it are the host's; in the command they are ours. */
static void wait_for_end(const struct record *r)
{
	int64_t until_ms = r->seconds ? clock_now().mono_ms + r->seconds * 1000
				      : NEVER_MS;
	struct pollfd in = { .events = POLLIN };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	in.fd = signalfd(-1, &signals, SFD_CLOEXEC);
	while (!r->error && clock_now().mono_ms < until_ms)
		if (poll(&in, 1, 100) != 0)
			break;
	close(in.fd);
}

static int record_stream(const struct record *r, struct err *err)
{
	void *source = source_flow_stream.new(&r->parts);
	int error = source ? source_flow_stream.start(source, err)
			   : err_set(err, "out of memory");

	if (!error) {
		wait_for_end(r);
		source_flow_stream.stop(source);
	}
	source_flow_stream.free(source);
	return error;
}

static int record_check_tls(const struct record *r, struct err *err)
{
	const char *const files[] = { r->tls.ca_cert, r->tls.client_cert,
				      r->tls.client_key };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] && access(files[i], R_OK) < 0)
			return err_set(err, "%s: %s", files[i], strerror(errno));
	return 0;
}

/* The flows, and the topology beside them. */
static int record_both(struct record *r, struct err *err)
{
	struct topology_recorder *topology = NULL;
	int64_t messages = 0;
	int error, stopped;

	if (r->with_topology) {
		topology = record_topology_start(&r->parts.url, &r->identity, r->name,
						 r->parts.log, err);
		if (!topology)
			return -EINVAL;
	}
	error = record_stream(r, err);
	if (!topology)
		return error;
	stopped = record_topology_stop(topology, &messages);
	if (stopped)
		r->error = stopped;
	command_complain("%s-topology: %" PRId64 " messages", r->name, messages);
	return error;
}

static int record_run(struct record *r, struct err *err)
{
	int error;

	if (record_check_tls(r, err) < 0 ||
	    record_files_open(&r->files, r->name, r->options.protocol ? ".jsonl" : ".pb",
			      ".times", err) < 0)
		return -EINVAL;
	error = record_both(r, err);
	record_files_close(&r->files);
	if (r->error == -EPROTO)
		err_set(err, "%s: the analyzer sends protobuf; record without --json",
			r->name);
	else if (r->error)
		err_set(err, "%s: %s", r->name, strerror(-r->error));
	return r->error ? r->error : error;
}

static int record_called(const struct skydive_host *host, int argc, char **argv)
{
	struct record r = { .options = flow_stream_defaults };
	const struct source *source = NULL;
	struct err err = ERR_INIT;
	const char *url = NULL;
	char host_id[64];
	int error;

	if (!record_parse(&r, argc, argv, &url))
		return usage_complain(&command_record);
	if (source_find(str_of(url), &source, &r.parts.url, &err) < 0 ||
	    source != &source_flow_stream) {
		command_complain("%s", err.text[0] ? err.text
						   : "only an analyzer's "
						     "websocket is recorded");
		return EXIT_FAILED;
	}
	snprintf(host_id, sizeof(host_id), "skydive-exporter-record-%d", (int)getpid());
	r.identity.host_id = str_of(host_id);
	r.parts.options = &r.options;
	r.parts.identity = &r.identity;
	r.parts.deliver = record_keep;
	r.parts.context = &r;
	r.parts.log = log_new(host, LOG_INFO, &err);
	error = r.parts.log ? record_run(&r, &err) : -ENOMEM;
	log_free(r.parts.log);
	if (error) {
		command_complain("%s", err.text);
		return EXIT_FAILED;
	}
	command_complain("%s: %" PRId64 " messages", r.name, r.messages);
	return EXIT_FINE;
}

const struct command command_record = {
	"record",
	record_called,
	"Writes what an analyzer sends into files.",
	"record --seconds 5 ws://127.0.0.1:8082/ws/subscriber/flow sample",
	"Writes NAME.pb (or NAME.jsonl) and NAME.times, until a signal. It is a subscriber:\n"
	"each that starts or stops costs the others what is sent in a second or two. With\n"
	"--topology also NAME-topology.jsonl and its times, for replay --topology-stream.",
	{ { "--json", NULL, 0, "ask for JSON instead of protobuf" },
	  { "--topology", NULL, 0, "also the changes of the topology" },
	  { "--user", "NAME:PASSWORD", 0, "of a user of the analyzer's API" },
	  { "--ca", "FILE", 0, "the CA that signed the analyzer's certificate" },
	  { "--cert", "FILE", 0, "client certificate for the analyzer" },
	  { "--key", "FILE", USAGE_WITH, "and its key" },
	  { "--seconds", "N", 0, "for so long" },
	  { "URL", NULL, USAGE_NEEDED, "ws://, wss:// or ws+unix:// of the analyzer" },
	  { "NAME", NULL, USAGE_NEEDED, "of the files, without their endings" } }
};
