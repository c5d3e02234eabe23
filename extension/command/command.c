/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - the table of commands, and what they take, and how they speak. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include "command/command.h"
#include "command/usage.h"
#include "sys/io.h"
#include "base/version.h"

#define CONFIG                                                                           \
	{                                                                                \
		"-c", "FILE", USAGE_NEEDED, "the configuration"                          \
	}
#define CONFIG_OF_IT                                                                     \
	{                                                                                \
		"-c", "FILE", 0,                                                         \
			"the configuration of the exporter that runs, for its socket"    \
	}
#define ANSWERS                                                                          \
	{                                                                                \
		"--topology", "ANSWERS.json", USAGE_MANY,                                \
			"what the topology would answer"                                 \
	}

static const struct usage_command commands[] = {
	{ "run",
	  NULL,
	  "Exports until SIGTERM or SIGINT; a second signal ends it at once.",
	  "run -c /etc/skydive/exporter.yml",
	  NULL,
	  { CONFIG, { "--progress", NULL, 0, "a line a second about what was done" } } },
	{ "check",
	  command_check,
	  "Says all that is wrong with the configuration.",
	  "check -c /etc/skydive/exporter.yml",
	  "--connect subscribes for a moment. When any subscriber leaves, an analyzer sends\n"
	  "nothing to the others until one connects anew: not beside an exporter that must not\n"
	  "lose flows.",
	  { CONFIG,
	    { "--connect", NULL, 0,
	      "also try the analyzer, the token, the bucket, the topology" },
	    { "--migrate", NULL, USAGE_OR, "print the file in today's layout instead" },
	    { "--reference", "[metrics]", USAGE_ALONE,
	      "print what each key means, or each metric" } } },
	{ "explain",
	  command_explain,
	  "Says what each stage of each pipeline makes of one flow; stores nothing.",
	  "explain -c /etc/skydive/exporter.yml < FLOW.json",
	  NULL,
	  { CONFIG,
	    ANSWERS,
	    { "PIPELINE", NULL, 0, "only this one" },
	    { "< FLOW.json", NULL, USAGE_NEEDED,
	      "the flow, of record --json or transform: none" } } },
	{ "record",
	  command_record,
	  "Writes what an analyzer sends into files.",
	  "record --seconds 5 ws://127.0.0.1:8082/ws/subscriber/flow sample",
	  "Writes NAME.pb (or NAME.jsonl) and NAME.times, until a signal. It is a subscriber:\n"
	  "each that starts or stops costs the others what is sent in a second or two.",
	  { { "--json", NULL, 0, "ask for JSON instead of protobuf" },
	    { "--user", "NAME:PASSWORD", 0, "of a user of the analyzer's API" },
	    { "--ca", "FILE", 0, "the CA that signed the analyzer's certificate" },
	    { "--cert", "FILE", 0, "the certificate that is shown to the analyzer" },
	    { "--key", "FILE", USAGE_WITH, "and its key" },
	    { "--seconds", "N", 0, "for so long" },
	    { "URL", NULL, USAGE_NEEDED, "ws://, wss:// or ws+unix:// of the analyzer" },
	    { "NAME", NULL, USAGE_NEEDED, "of the files, without their endings" } } },
	{ "reload",
	  command_reload,
	  "Asks the running exporter to read its files again.",
	  "reload --wait",
	  NULL,
	  { { "--wait", NULL, 0, "say what came of it; fail when something was refused" },
	    { "--pid", "PID", 0, "the process, when its socket cannot say" },
	    CONFIG_OF_IT } },
	{ "replay",
	  command_replay,
	  "Exports recordings, on their own clock, as fast as it can.",
	  "replay -c acme.yml --output objects sample.jsonl",
	  NULL,
	  { CONFIG,
	    ANSWERS,
	    { "--output", "DIR", 0, "objects go to DIR/BUCKET/KEY, not to the store" },
	    { "RECORDING", NULL, USAGE_NEEDED | USAGE_MANY,
	      "files that record wrote; also gzip'ed" } } },
	{ "retry",
	  command_retry,
	  "Sends again what the store has refused: the objects in bad/, of one tenant or all.",
	  "retry acme",
	  NULL,
	  { CONFIG_OF_IT,
	    { "TENANT", NULL, 0, "whose objects; without it, everybody's" } } },
	{ "status",
	  command_status,
	  "Shows what the running exporter does: all tenants, or all counters of one.",
	  "status --watch",
	  NULL,
	  { CONFIG_OF_IT,
	    { "--watch", NULL, 0, "again every 2 seconds" },
	    { "TENANT", NULL, 0, "its counters" } } },
	{ "version", command_version, "Prints the version.", "version", NULL, { { 0 } } },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), TEXT_MAX = 16 * 1024 };

static const struct usage_command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (str_is(str_of(name), commands[i].name))
			return &commands[i];
	return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (str_is(str_of(argv[i]), "--help"))
			return true;
	return false;
}

void command_complain(const char *fmt, ...)
{
	char text[4096];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n] = '\n';
	io_write(STDERR_FILENO, STR("skydive-exporter: "));
	io_write(STDERR_FILENO, (struct str){ text, (size_t)n + 1 });
}

int command_usage(const char *name)
{
	const struct usage_command *c = command_find(name);
	struct buf text = BUF_INIT(TEXT_MAX);

	usage_put(&text, c, " | ");
	buf_putc(&text, '\0');
	if (!buf_error(&text))
		command_complain("usage: skydive-exporter %s", buf_str(&text).ptr);
	buf_fini(&text);
	return EXIT_USAGE;
}

static int command_help(int fd, const struct usage_command *c)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	if (c)
		usage_put_help(&text, c);
	else
		usage_put_commands(&text, commands, COMMANDS);
	io_write(fd, buf_str(&text));
	buf_fini(&text);
	return EXIT_FINE;
}

int command_version(const struct skydive_host *host, int argc, char **argv)
{
	(void)host;
	(void)argv;
	if (argc != 1)
		return command_usage(argv[0]);
	io_write(STDOUT_FILENO, STR("skydive-exporter " VERSION "\n"));
	return EXIT_FINE;
}

int command_run(const struct skydive_host *host, int argc, char **argv)
{
	const struct usage_command *c = argc ? command_find(argv[0]) : NULL;

	if (asks_for_help(argc, argv))
		return command_help(STDOUT_FILENO, c);
	if (c && c->run)
		return c->run(host, argc, argv);
	if (c)
		return command_usage(c->name);
	if (argc)
		command_complain("there is no command %s", argv[0]);
	command_help(STDERR_FILENO, NULL);
	return EXIT_USAGE;
}
