/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - the table of commands, and which one is called. */
#include <stdbool.h>
#include <unistd.h>
#include "command/command.h"
#include "command/usage.h"
#include "sys/io.h"
#include "base/version.h"

static int version_called(const struct skydive_host *, int argc, char **argv);

/* The host's own. */
static const struct command command_of_host = {
	"run",
	NULL,
	"Exports until SIGTERM or SIGINT; a second signal ends it at once.",
	"run -c /etc/skydive/exporter.yml",
	NULL,
	{ USAGE_CONFIG, { "--progress", NULL, 0, "a status line every second" } }
};

static const struct command command_version = {
	"version", version_called, "Prints the version.", "version", NULL, { { 0 } }
};

static const struct command *const commands[] = {
	&command_of_host, &command_check,  &command_explain,
	&command_record,  &command_reload, &command_replay,
	&command_retry,	  &command_status, &command_version,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (str_is(str_of(name), commands[i]->name))
			return commands[i];
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

static int command_help(int fd, const struct command *c)
{
	struct buf text = BUF_INIT(USAGE_MAX);

	if (c)
		usage_put_help(&text, c);
	else
		usage_put_commands(&text, commands, COMMANDS);
	io_write(fd, buf_str(&text));
	buf_fini(&text);
	return EXIT_FINE;
}

static int version_called(const struct skydive_host *host, int argc, char **argv)
{
	(void)host;
	(void)argv;
	if (argc != 1)
		return usage_complain(&command_version);
	io_write(STDOUT_FILENO, STR("skydive-exporter " VERSION "\n"));
	return EXIT_FINE;
}

int command_run(const struct skydive_host *host, int argc, char **argv)
{
	const struct command *c = argc ? command_find(argv[0]) : NULL;

	if (asks_for_help(argc, argv))
		return command_help(STDOUT_FILENO, c);
	if (c && c->run)
		return c->run(host, argc, argv);
	if (c)
		return usage_complain(c);
	if (argc)
		command_complain("there is no command %s", argv[0]);
	command_help(STDERR_FILENO, NULL);
	return EXIT_USAGE;
}
