/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - skydive-exporter status: asks the exporter that runs what it
 * does. Where it listens is what the configuration says, or the default.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include "command/audit.h"
#include "command/command.h"
#include "command/running.h"
#include "command/status_table.h"
#include "page/html.h"
#include "sys/io.h"

#define CONFIG	    "/etc/skydive/exporter.yml" /* of an audit */
#define WATCH_MS    2000
#define PAGE_MAX    ((size_t)64 << 20)
#define ADDRESS_MAX (64 * 1024)

struct request {
	const char *config, *tenant; /* of argv; may be NULL */
	bool is_watching, clears, is_audit, is_html;
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
		else if (str_is(arg, "--audit"))
			r->is_audit = true;
		else if (str_is(arg, "--html"))
			r->is_html = true;
		else if (arg.len && *arg.ptr != '-' && !r->tenant)
			r->tenant = argv[i];
		else
			return false;
	}
	if (r->is_watching + r->is_audit + r->is_html > 1)
		return false;
	return !r->is_audit || r->tenant;
}

static int read_address(struct request *r, struct err *err)
{
	int error = running_address(r->config, &r->arena, &r->address, err);

	if (!error && !r->address.len)
		error = err_set(err,
				"%s: status.listen is \"\": it was told not to answer",
				r->config);
	return error;
}

/* The page of a browser, as it is. */
static int status_show_html(const struct request *r, struct err *err)
{
	struct buf path = BUF_INIT(ADDRESS_MAX), page = BUF_INIT(PAGE_MAX);
	int error;

	buf_puts(&path, "/");
	if (r->tenant) {
		buf_puts(&path, "tenants/");
		url_encode(&path, str_of(r->tenant));
	}
	error = running_ask(r->address, buf_str(&path).ptr, &page, err);
	if (!error && io_write(STDOUT_FILENO, buf_str(&page)) < 0)
		error = err_set(err, "cannot write to standard output");
	buf_fini(&path);
	buf_fini(&page);
	return error;
}

static int status_show(const struct request *r, struct err *err)
{
	struct buf page = BUF_INIT(PAGE_MAX), out = BUF_INIT(PAGE_MAX);
	int error = running_ask(r->address, "/status", &page, err);

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

static int status_called(const struct skydive_host *host, int argc, char **argv)
{
	struct request r = { .arena = ARENA_INIT(ADDRESS_MAX) };
	struct err err = ERR_INIT;
	int error;

	(void)host;
	if (!status_parse(&r, argc, argv))
		return usage_complain(&command_status);
	if (r.is_audit)
		return audit_run(r.config ? r.config : CONFIG, r.tenant);
	r.clears = r.is_watching && isatty(STDOUT_FILENO);
	error = read_address(&r, &err);
	if (!error && r.is_html)
		error = status_show_html(&r, &err);
	else if (!error)
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

const struct command command_status = {
	"status",
	status_called,
	"Shows what the running exporter does: all tenants, or all counters of one.",
	"status --watch",
	NULL,
	{ USAGE_CONFIG_OF_IT,
	  { "--watch", NULL, 0, "again every 2 seconds" },
	  { "--audit", NULL, USAGE_OR,
	    "of TENANT, instead: what was stored and is not in its store any more" },
	  { "--html", NULL, USAGE_OR, "the page for a browser, to be kept in a file" },
	  { "TENANT", NULL, 0, "its counters" } }
};
