/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - the table of commands, and how they speak. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "command/command.h"
#include "sys/io.h"
#include "base/version.h"

static const struct {
	const char *name;
	int (*run)(const struct skydive_host *, int argc, char **argv);
} commands[] = {
	{ "check", command_check },	{ "explain", command_explain },
	{ "record", command_record },	{ "reload", command_reload },
	{ "replay", command_replay },	{ "status", command_status },
	{ "version", command_version },
};

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

int command_usage(const char *usage)
{
	command_complain("usage: skydive-exporter %s", usage);
	return EXIT_USAGE;
}

int command_version(const struct skydive_host *host, int argc, char **argv)
{
	(void)host;
	(void)argv;
	if (argc != 1)
		return command_usage("version");
	io_write(STDOUT_FILENO, STR("skydive-exporter " VERSION "\n"));
	return EXIT_FINE;
}

int command_run(const struct skydive_host *host, int argc, char **argv)
{
	size_t i;

	for (i = 0; argc && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_is(str_of(argv[0]), commands[i].name))
			return commands[i].run(host, argc, argv);
	return command_usage("run|check|replay|record|reload|status|version ...");
}
