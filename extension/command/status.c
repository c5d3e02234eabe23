/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - skydive-exporter status: asks the exporter that runs what it
 * does. Where it listens is what the configuration says, or the default.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include "command/command.h"
#include "command/status_table.h"
#include "net/get.h"
#include "settings/settings_files.h"
#include "monitor/status.h"
#include "sys/io.h"

#define USAGE "status [-c FILE] [--watch] [TENANT]"

#define TIMEOUT_MS  5000
#define WATCH_MS    2000
#define PAGE_MAX    ((size_t)64 << 20)
#define ADDRESS_MAX (64 * 1024)

extern char **environ;

struct request {
	const char *config, *tenant; /* of argv; may be NULL */
	bool is_watching, clears;
	struct arena arena; /* of the address */
	struct str address;
};

static bool status_parse(struct request *r, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		struct str arg = str_of(argv[i]);

		if (str_is(arg, "-c") && i + 1 < argc)
			r->config = argv[++i];
		else if (str_is(arg, "--watch"))
			r->is_watching = true;
		else if (arg.len && *arg.ptr != '-' && !r->tenant)
			r->tenant = argv[i];
		else
			return false;
	}
	return true;
}

/* Only what it says about the status is looked at. */
static int read_address(struct request *r, struct err *err)
{
	struct problems problems = PROBLEMS_INIT, warnings = PROBLEMS_INIT;
	struct status_settings status = { .listen = STR(STATUS_LISTEN) };
	struct config *config = NULL;
	int error = 0;

	if (r->config) {
		config = settings_files_main(r->config, environ, &problems, &warnings);
		error = config ? status_settings_read(&status, config, &r->arena,
						      &problems)
			       : -EINVAL;
	}
	if (error)
		err_set(err, STR_FMT,
			(int)(problems.text.len ? problems.text.len - 1 : 0),
			buf_str(&problems.text).ptr);
	else if (!status.listen.len)
		error = err_set(err,
				"%s: status.listen is \"\": it was told not to answer",
				r->config);
	r->address = status.listen;
	config_free(config);
	problems_fini(&warnings);
	problems_fini(&problems);
	return error;
}

static int status_ask(const struct request *r, struct buf *page, struct err *err)
{
	int status = net_get(r->address.ptr, "/status", TIMEOUT_MS, page, err);

	if (status == 200)
		return 0;
	if (status == -EACCES || status == -EPERM)
		return err_set(err,
			       "%s: you may not ask; its user and group, and root, may",
			       r->address.ptr);
	if (status < 0)
		err_prefix(err, "is it running? nothing answers at %s", r->address.ptr);
	else
		err_set(err, "%s answers %d: " STR_FMT, r->address.ptr, status,
			(int)(page->len ? page->len - 1 : 0), page->ptr ? page->ptr : "");
	return -EINVAL;
}

static int status_show(const struct request *r, struct err *err)
{
	struct buf page = BUF_INIT(PAGE_MAX), out = BUF_INIT(PAGE_MAX);
	int error = status_ask(r, &page, err);

	if (r->clears)
		buf_puts(&out, "\033[H\033[2J");
	else if (r->is_watching)
		buf_puts(&out, "\n");
	if (!error && r->tenant)
		error = status_table_put_tenant(buf_str(&page), str_of(r->tenant), &out,
						err);
	else if (!error)
		error = status_table_put(buf_str(&page), &out, err);
	if (!error && io_write(STDOUT_FILENO, buf_str(&out)) < 0)
		error = err_set(err, "cannot write to standard output");
	buf_fini(&page);
	buf_fini(&out);
	return error;
}

int command_status(const struct skydive_host *host, int argc, char **argv)
{
	struct request r = { .arena = ARENA_INIT(ADDRESS_MAX) };
	struct err err = ERR_INIT;
	int error;

	(void)host;
	if (!status_parse(&r, argc, argv))
		return command_usage(USAGE);
	r.clears = r.is_watching && isatty(STDOUT_FILENO);
	error = read_address(&r, &err);
	if (!error)
		error = status_show(&r, &err);
	while (!error && r.is_watching) {
		poll(NULL, 0, WATCH_MS);
		error = status_show(&r, &err);
	}
	arena_fini(&r.arena);
	if (!error)
		return EXIT_FINE;
	command_complain("%s", err.text);
	return EXIT_FAILED;
}
