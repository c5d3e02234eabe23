/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c - skydive-exporter reload: the exporter that runs reads its files anew.
 * With --wait it is said what came of it, and exit 1 when something was refused;
 * where it has no status server, what came of it is in its log.
 *
 * How it is told: tell.h. Over TCP pages are only read, so nobody can make it reload
 * from elsewhere.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "command/command.h"
#include "command/running.h"
#include "command/tell.h"
#include "format/json_read.h"
#include "sys/clock.h"
#include "sys/io.h"

#define PAGE_MAX    ((size_t)8 << 20)
#define ARENA_MAX   ((size_t)16 << 20)
#define LOOK_MS	    50
#define PATIENCE_MS 120000

struct reload {
	const char *config; /* of argv; may be NULL */
	bool waits;
	pid_t pid; /* 0: not said */
	struct arena address_arena, page_arena;
	struct str address;
};

struct outcome {
	int64_t begun, ended, generation;
	struct str changes, refused;
};

static const struct shape outcome_shape = {
	.name = "outcome",
	.size = sizeof(struct outcome),
	.fields = (const struct field[]){ FIELD(struct outcome, begun, "begun", 0),
					  FIELD(struct outcome, ended, "ended", 0),
					  FIELD(struct outcome, generation, "generation",
						0),
					  FIELD(struct outcome, changes, "changes", 0),
					  FIELD(struct outcome, refused, "refused", 0),
					  { 0 } },
};

static bool reload_read_pid(const char *text, pid_t *pid)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	*pid = (pid_t)value;
	return !errno && end != text && !*end && value > 1 && value == *pid;
}

static bool reload_parse(struct reload *r, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		struct str arg = str_of(argv[i]);

		if (str_is(arg, "--wait"))
			r->waits = true;
		else if (str_is(arg, "-c") && i + 1 < argc)
			r->config = argv[++i];
		else if (!str_is(arg, "--pid") || i + 1 >= argc ||
			 !reload_read_pid(argv[++i], &r->pid))
			return false;
	}
	return true;
}

static int reload_ask(struct reload *r, struct outcome *o, struct err *err)
{
	struct buf page = BUF_INIT(PAGE_MAX);
	struct json_reader reader;
	int error = running_ask(r->address, "/reload", &page, err);
	struct str text;

	*o = (struct outcome){ .begun = 0 };
	arena_reset(&r->page_arena);
	if (!error) {
		text = arena_str(&r->page_arena, buf_str(&page));
		json_reader_init(&reader, text, &r->page_arena);
		if (!json_read_object(&reader, &outcome_shape, o))
			error = err_set(err,
					"%s: the answer is not that of a "
					"skydive-exporter of this version",
					r->address.ptr);
	}
	buf_fini(&page);
	return error;
}

/* One that began after we had looked has read what is there now. */
static int reload_wait(struct reload *r, int64_t begun, struct outcome *o,
		       struct err *err)
{
	int64_t until_ms = clock_now().mono_ms + PATIENCE_MS;

	do {
		poll(NULL, 0, LOOK_MS);
		if (reload_ask(r, o, err) < 0)
			return -EINVAL;
		if (o->ended > begun)
			return 0;
	} while (clock_now().mono_ms < until_ms);
	return err_set(err, "the reload has not finished after %d s; it goes on",
		       PATIENCE_MS / 1000);
}

static int reload_show(const struct outcome *o)
{
	struct buf out = BUF_INIT(PAGE_MAX);

	buf_printf(&out, "configuration %" PRId64 " is in use\n" STR_FMT, o->generation,
		   STR_ARG(o->changes));
	io_write(STDOUT_FILENO, buf_str(&out));
	buf_fini(&out);
	if (!o->refused.len)
		return EXIT_FINE;
	io_write(STDERR_FILENO, o->refused);
	command_complain("what is named above was refused; it stays as it was");
	return EXIT_FAILED;
}

static int reload_and_wait(struct reload *r, struct outcome *o, struct err *err)
{
	struct outcome before = { .begun = 0 };
	struct err unanswered = ERR_INIT;
	int silent = reload_ask(r, &before, &unanswered);

	if (tell_to_reload(r->address, r->pid, err) < 0)
		return -EINVAL;
	/* It may answer where its files said before they were changed. */
	if (silent) {
		*err = unanswered;
		err_prefix(err, "it was told to reload, but the result is not known");
		return -EINVAL;
	}
	return reload_wait(r, before.begun, o, err);
}

static int reload_run(struct reload *r, struct err *err)
{
	struct outcome o = { .begun = 0 };
	int error = running_address(r->config, &r->address_arena, &r->address, err);

	if (error)
		return error;
	if (r->waits && r->address.len)
		error = reload_and_wait(r, &o, err);
	else
		return tell_to_reload(r->address, r->pid, err);
	return error ? error : reload_show(&o);
}

static int reload_called(const struct skydive_host *host, int argc, char **argv)
{
	struct reload r = {
		.address_arena = ARENA_INIT(ARENA_MAX),
		.page_arena = ARENA_INIT(ARENA_MAX),
	};
	struct err err = ERR_INIT;
	int result;

	(void)host;
	if (!reload_parse(&r, argc, argv))
		return usage_complain(&command_reload);
	result = reload_run(&r, &err);
	arena_fini(&r.address_arena);
	arena_fini(&r.page_arena);
	if (result >= 0)
		return result;
	command_complain("%s", err.text);
	return EXIT_FAILED;
}

const struct command command_reload = {
	"reload",
	reload_called,
	"Asks the running exporter to read its files again.",
	"reload --wait",
	NULL,
	{ { "--wait", NULL, 0, "wait for the result; fail when something was refused" },
	  { "--pid", "PID", 0, "the process, when its socket does not tell" },
	  USAGE_CONFIG_OF_IT }
};
