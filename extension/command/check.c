/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - skydive-exporter check -c FILE: reads everything, and says all that
 * is wrong, without the network and without changing anything. With --connect
 * it then tries what the configuration names; with --migrate it prints the file
 * in today's layout instead. --reference lists every key, and with metrics what
 * /metrics says.
 */
#include <unistd.h>
#include "command/check_connect.h"
#include "command/command.h"
#include "monitor/reference.h"
#include "settings/settings_migrate.h"
#include "settings/settings_reference.h"
#include "sys/io.h"

#define TEXT_MAX ((size_t)4 << 20)

extern char **environ;

/* The file in today's layout goes to standard output, if check takes it. */
static int check_migrate(const char *path)
{
	struct problems problems = PROBLEMS_INIT, warnings = PROBLEMS_INIT;
	struct buf text = BUF_INIT(TEXT_MAX);
	int error = settings_migrate(path, &text, &problems, &warnings);

	io_write(STDERR_FILENO, buf_str(&warnings.text));
	io_write(STDERR_FILENO, buf_str(&problems.text));
	if (!error)
		io_write(STDOUT_FILENO, buf_str(&text));
	buf_fini(&text);
	problems_fini(&problems);
	problems_fini(&warnings);
	return error ? EXIT_FAILED : EXIT_FINE;
}

static int check_reference(void (*put)(struct buf *))
{
	struct buf text = BUF_INIT(TEXT_MAX);

	put(&text);
	io_write(STDOUT_FILENO, buf_str(&text));
	buf_fini(&text);
	return EXIT_FINE;
}

static void check_count(const struct settings *s, const char *path, struct buf *line)
{
	size_t disabled = 0, i;

	for (i = 0; i < s->pipelines; i++)
		disabled += s->pipeline[i]->is_disabled;
	buf_printf(line, "%s: fine, %zu pipeline%s", path, s->pipelines,
		   s->pipelines == 1 ? "" : "s");
	if (disabled)
		buf_printf(line, ", %zu disabled", disabled);
	buf_putc(line, '\n');
}

static void check_tell(const struct settings *s)
{
	io_write(STDERR_FILENO, buf_str(&s->warnings.text));
	io_write(STDERR_FILENO, buf_str(&s->advice.text));
}

static int check_called(const struct skydive_host *host, int argc, char **argv)
{
	struct problems problems = PROBLEMS_INIT;
	struct settings *settings;
	struct buf line = BUF_INIT(4096);
	int exit_code = EXIT_FINE;

	(void)host;
	if (argc == 2 && str_is(str_of(argv[1]), "--reference"))
		return check_reference(settings_reference_put);
	if (argc == 3 && str_is(str_of(argv[1]), "--reference") &&
	    str_is(str_of(argv[2]), "metrics"))
		return check_reference(reference_put_metrics);
	if (argc == 4 && str_is(str_of(argv[3]), "--migrate") &&
	    str_is(str_of(argv[1]), "-c"))
		return check_migrate(argv[2]);
	if (argc < 3 || argc > 4 || !str_is(str_of(argv[1]), "-c") ||
	    (argc == 4 && !str_is(str_of(argv[3]), "--connect")))
		return usage_complain(&command_check);
	settings = settings_read(argv[2], environ, NULL, &problems);
	if (settings)
		check_tell(settings);
	if (settings && !problems.count) {
		check_count(settings, argv[2], &line);
		io_write(STDOUT_FILENO, buf_str(&line));
		if (argc == 4 && !check_connect(settings))
			exit_code = EXIT_FAILED;
	} else {
		io_write(STDERR_FILENO, buf_str(&problems.text));
		exit_code = EXIT_FAILED;
	}
	settings_free(settings);
	buf_fini(&line);
	problems_fini(&problems);
	return exit_code;
}

const struct command command_check = {
	"check",
	check_called,
	"Checks the configuration and reports all errors.",
	"check -c /etc/skydive/exporter.yml",
	"--connect subscribes for a moment. When any subscriber leaves, an analyzer sends\n"
	"nothing to the others until one connects anew: not beside an exporter that must not\n"
	"lose flows.",
	{ USAGE_CONFIG,
	  { "--connect", NULL, 0,
	    "also try the analyzer or the topic, the token, the bucket, the topology" },
	  { "--migrate", NULL, USAGE_OR, "print the file in today's layout instead" },
	  { "--reference", "[metrics]", USAGE_ALONE,
	    "print what each key means, or each metric" } }
};
