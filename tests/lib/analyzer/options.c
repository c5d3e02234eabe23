/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer.h"
#include "bytes.h"

#include <getopt.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: analyzer [options] RECORDING...\n"
	"A Skydive analyzer played back: GET /ws/subscriber/flow and /ws/subscriber,\n"
	"POST /api/topology.\n"
	"RECORDING is NAME.jsonl[.gz] or NAME.pb[.gz], with NAME.times beside it.\n"
	"\n"
	"  --listen [ADDR:]PORT    127.0.0.1:0, 0 = any free port; or unix:PATH\n"
	"  --tls-cert FILE --tls-key FILE\n"
	"  --host-id ID            X-Host-Id of the answer (analyzer)\n"
	"  --auth USER:PASSWORD    refuse everybody else with 401\n"
	"  --keystone              they are good for POST /login only, which gives a token\n"
	"  --roles                 questions are 405 until a login or a handshake\n"
	"  --pace orig|max|N       as recorded, as fast as read (default), N flows/s\n"
	"  --repeat N              play all N times, 0 = for ever (1)\n"
	"  --clients N             start when N subscribers are there; 0 = at \"play\" (1)\n"
	"  --window N              messages queued at most with --pace max (4)\n"
	"  --uniq                  other UUIDs in each repetition\n"
	"  --captures N            spread CaptureID over capture-0000 ... (N - 1)\n"
	"  --per-message N         cut the stream into messages of N flows\n"
	"  --stats-every MS        also send a stats message so often\n"
	"  --queue-size N          messages per subscriber (10000)\n"
	"  --sndbuf BYTES          SO_SNDBUF of the connections\n"
	"  --ping-delay S --pong-timeout S    2 and 5\n"
	"  --leave-delay MS        clean-up after a connection has ended (0)\n"
	"  --topology FILE         answers [{\"query\",\"status\",\"body\"}, ...]; repeatable\n"
	"  --topology-delay MS     thinking time of each query\n"
	"  --graph FILE            the topology, NAME.json[.gz], or what a stream begins with\n"
	"  --graph-stream FILE     the topology, and its changes to be played\n"
	"  --graph-pace orig|max|N as --pace, N events/s (max)\n"
	"  --graph-clients N       play after N SyncRequests; 0 = at \"graph-play\" (1)\n"
	"  --graph-queue N         messages per subscriber of the topology (10000)\n"
	"  --empty-graph           a topology without anything; without any: 404\n"
	"  --no-partial            X-Update-Policy is not known\n"
	"  --stdin                 commands on standard input; exit at its end\n"
	"  --exit-at-end           exit when the last subscriber leaves after the end\n"
	"\n"
	"Commands; those from \"refuse\" on are options, too (\"topology\" is\n"
	"--topology-mode):\n"
	"  stats queries play pause resume drop rst \"close CODE\" \"gate clear\" expire quit\n"
	"  graph|graph-only|tell-only TYPE JSON   graph-play [N]   graph-hold on|off\n"
	"  graph-cut\n"
	"  refuse STATUS|none   hang handshake|topology|none   ping on|off\n"
	"  silence on|off   no-stats on|off\n"
	"  close-before-ping on|off   topology STATUS|garbage|large|normal\n";

enum option_id {
	OPT_LISTEN = 256,
	OPT_TLS_CERT,
	OPT_TLS_KEY,
	OPT_HOST_ID,
	OPT_AUTH,
	OPT_KEYSTONE,
	OPT_ROLES,
	OPT_PACE,
	OPT_REPEAT,
	OPT_CLIENTS,
	OPT_WINDOW,
	OPT_UNIQ,
	OPT_CAPTURES,
	OPT_PER_MESSAGE,
	OPT_STATS_EVERY,
	OPT_QUEUE_SIZE,
	OPT_SNDBUF,
	OPT_PING_DELAY,
	OPT_PONG_TIMEOUT,
	OPT_LEAVE_DELAY,
	OPT_TOPOLOGY,
	OPT_TOPOLOGY_DELAY,
	OPT_GRAPH,
	OPT_GRAPH_STREAM,
	OPT_GRAPH_PACE,
	OPT_GRAPH_CLIENTS,
	OPT_GRAPH_QUEUE,
	OPT_EMPTY_GRAPH,
	OPT_NO_PARTIAL,
	OPT_STDIN,
	OPT_EXIT_AT_END,
	OPT_HELP,
	OPT_MODE,
	OPT_TOPOLOGY_MODE,
};

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "tls-cert", required_argument, NULL, OPT_TLS_CERT },
	{ "tls-key", required_argument, NULL, OPT_TLS_KEY },
	{ "host-id", required_argument, NULL, OPT_HOST_ID },
	{ "auth", required_argument, NULL, OPT_AUTH },
	{ "keystone", no_argument, NULL, OPT_KEYSTONE },
	{ "roles", no_argument, NULL, OPT_ROLES },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "clients", required_argument, NULL, OPT_CLIENTS },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "uniq", no_argument, NULL, OPT_UNIQ },
	{ "captures", required_argument, NULL, OPT_CAPTURES },
	{ "per-message", required_argument, NULL, OPT_PER_MESSAGE },
	{ "stats-every", required_argument, NULL, OPT_STATS_EVERY },
	{ "queue-size", required_argument, NULL, OPT_QUEUE_SIZE },
	{ "sndbuf", required_argument, NULL, OPT_SNDBUF },
	{ "ping-delay", required_argument, NULL, OPT_PING_DELAY },
	{ "pong-timeout", required_argument, NULL, OPT_PONG_TIMEOUT },
	{ "leave-delay", required_argument, NULL, OPT_LEAVE_DELAY },
	{ "topology", required_argument, NULL, OPT_TOPOLOGY },
	{ "topology-delay", required_argument, NULL, OPT_TOPOLOGY_DELAY },
	{ "graph", required_argument, NULL, OPT_GRAPH },
	{ "graph-stream", required_argument, NULL, OPT_GRAPH_STREAM },
	{ "graph-pace", required_argument, NULL, OPT_GRAPH_PACE },
	{ "graph-clients", required_argument, NULL, OPT_GRAPH_CLIENTS },
	{ "graph-queue", required_argument, NULL, OPT_GRAPH_QUEUE },
	{ "empty-graph", no_argument, NULL, OPT_EMPTY_GRAPH },
	{ "no-partial", no_argument, NULL, OPT_NO_PARTIAL },
	{ "stdin", no_argument, NULL, OPT_STDIN },
	{ "exit-at-end", no_argument, NULL, OPT_EXIT_AT_END },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "refuse", required_argument, NULL, OPT_MODE },
	{ "hang", required_argument, NULL, OPT_MODE },
	{ "ping", required_argument, NULL, OPT_MODE },
	{ "silence", required_argument, NULL, OPT_MODE },
	{ "no-stats", required_argument, NULL, OPT_MODE },
	{ "close-before-ping", required_argument, NULL, OPT_MODE },
	{ "topology-mode", required_argument, NULL, OPT_TOPOLOGY_MODE },
	{ NULL, 0, NULL, 0 },
};

static int bad_value(const char *name, const char *value)
{
	fprintf(stderr, "analyzer: --%s: \"%s\" is not possible\n", name, value);
	return 2;
}

static void set_listen(struct options *options, const char *value)
{
	const char *colon = strrchr(value, ':');

	free(options->address);
	options->unix_socket = !strncmp(value, "unix:", 5);
	if (options->unix_socket) {
		options->address = mem_strndup(value + 5, strlen(value + 5));
		return;
	}
	options->address = colon ? mem_strndup(value, (size_t)(colon - value))
				 : mem_strndup("127.0.0.1", 9);
	options->port = atoi(colon ? colon + 1 : value);
}

static void set_auth(struct options *options, const char *value)
{
	size_t size = strlen(value) * 2 + 8;

	free(options->credentials);
	options->credentials = mem_zalloc(size);
	lws_b64_encode_string(value, (int)strlen(value), options->credentials, (int)size);
}

static int set_pace(enum player_pace *pace, double *rate, const char *name,
		    const char *value)
{
	char *end;

	if (!strcmp(value, "max")) {
		*pace = PACE_MAX;
	} else if (!strcmp(value, "orig")) {
		*pace = PACE_RECORDED;
	} else {
		*pace = PACE_RATE;
		*rate = strtod(value, &end);
		if (*end || *rate <= 0)
			return bad_value(name, value);
	}
	return 0;
}

/* Options that only say yes; false if it is another one. */
static bool set_flag(struct analyzer *an, int opt)
{
	struct options *options = &an->options;

	switch (opt) {
	case OPT_UNIQ:
		options->player.uniq = true;
		return true;
	case OPT_KEYSTONE:
		options->keystone = true;
		return true;
	case OPT_ROLES:
		options->roles = true;
		return true;
	case OPT_EMPTY_GRAPH:
		an->graph.given = true;
		return true;
	case OPT_NO_PARTIAL:
		options->no_partial = true;
		return true;
	case OPT_STDIN:
		options->use_stdin = true;
		return true;
	case OPT_EXIT_AT_END:
		options->exit_at_end = true;
		return true;
	default:
		return false;
	}
}

static int set_graph(struct analyzer *an, int opt, const char *name, const char *value)
{
	struct graph_player *player = &an->graph_player;

	switch (opt) {
	case OPT_GRAPH:
		return graph_player_load_graph(&an->graph, value) ? 1 : 0;
	case OPT_GRAPH_STREAM:
		return graph_player_load(player, &an->graph, value) ? 1 : 0;
	default:
		return set_pace(&player->pace.pace, &player->pace.rate, name, value);
	}
}

static int set_text(struct analyzer *an, int opt, const char *name, const char *value)
{
	struct options *options = &an->options;

	switch (opt) {
	case OPT_LISTEN:
		set_listen(options, value);
		return 0;
	case OPT_TLS_CERT:
		options->tls_cert = value;
		return 0;
	case OPT_TLS_KEY:
		options->tls_key = value;
		return 0;
	case OPT_HOST_ID:
		options->host_id = value;
		return 0;
	case OPT_AUTH:
		set_auth(options, value);
		return 0;
	case OPT_PACE:
		return set_pace(&options->player.pace, &options->player.rate, name,
				value);
	case OPT_GRAPH:
	case OPT_GRAPH_STREAM:
	case OPT_GRAPH_PACE:
		return set_graph(an, opt, name, value);
	case OPT_TOPOLOGY:
		return rest_load(&an->rest, value) ? 1 : 0;
	case OPT_TOPOLOGY_MODE:
		name = "topology";
		/* fall through */
	case OPT_MODE:
		return modes_set(&an->modes, name, value) ? bad_value(name, value) : 0;
	default:
		return 2;
	}
}

static int set_number(struct analyzer *an, int opt, const char *name, const char *text)
{
	struct options *options = &an->options;
	char *end;
	double value = strtod(text, &end);
	unsigned number = (unsigned)value;

	if (end == text || *end || value < 0 || value > 1e9)
		return bad_value(name, text);
	switch (opt) {
	case OPT_REPEAT:
		options->player.repeat = number;
		break;
	case OPT_CLIENTS:
		options->player.clients = number;
		break;
	case OPT_WINDOW:
		options->player.window = number ? number : 1;
		break;
	case OPT_STATS_EVERY:
		options->player.stats_ms = number;
		break;
	case OPT_CAPTURES:
		options->captures = number;
		break;
	case OPT_PER_MESSAGE:
		options->per_message = number;
		break;
	case OPT_QUEUE_SIZE:
		options->queue_size = number ? number : 1;
		break;
	case OPT_GRAPH_QUEUE:
		options->graph_queue = number ? number : 1;
		break;
	case OPT_GRAPH_CLIENTS:
		an->graph_player.pace.clients = number;
		break;
	case OPT_SNDBUF:
		options->sndbuf = (int)number;
		break;
	case OPT_PING_DELAY:
		options->ping_delay = value;
		break;
	case OPT_PONG_TIMEOUT:
		options->pong_timeout = value;
		break;
	case OPT_LEAVE_DELAY:
		options->leave_delay_ms = number;
		break;
	case OPT_TOPOLOGY_DELAY:
		options->topology_delay_ms = number;
		break;
	}
	return 0;
}

static int set_option(struct analyzer *an, int opt, const char *name, const char *value)
{
	if (set_flag(an, opt))
		return -1;
	switch (opt) {
	case OPT_HELP:
		fputs(usage, stdout);
		return 0;
	case OPT_LISTEN:
	case OPT_TLS_CERT:
	case OPT_TLS_KEY:
	case OPT_HOST_ID:
	case OPT_AUTH:
	case OPT_PACE:
	case OPT_TOPOLOGY:
	case OPT_GRAPH:
	case OPT_GRAPH_STREAM:
	case OPT_GRAPH_PACE:
	case OPT_TOPOLOGY_MODE:
	case OPT_MODE:
		opt = set_text(an, opt, name, value);
		return opt ? opt : -1;
	case '?':
		return 2;
	default:
		opt = set_number(an, opt, name, value);
		return opt ? opt : -1;
	}
}

int options_read(struct analyzer *an, int argc, char **argv)
{
	struct options *options = &an->options;
	int opt, rc, index = 0;

	*options = (struct options){
		.host_id = "analyzer",
		.ping_delay = 2,
		.pong_timeout = 5,
		.queue_size = 10000,
		.graph_queue = 10000,
		.player = { .pace = PACE_MAX, .repeat = 1, .clients = 1, .window = 4 }
	};
	an->graph_player.pace = (struct graph_pace){ .pace = PACE_MAX, .clients = 1 };
	set_listen(options, "127.0.0.1:0");
	while ((opt = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		rc = set_option(an, opt, long_options[index].name, optarg);
		if (rc >= 0)
			return rc;
	}
	for (; optind < argc; optind++)
		if (recording_load(&an->stream, argv[optind]))
			return 1;
	if (options->captures)
		recording_spread_captures(&an->stream, options->captures);
	if (options->per_message)
		recording_cut(&an->stream, options->per_message);
	return -1;
}
