/* SPDX-License-Identifier: Apache-2.0 */
/* retry.c - skydive-exporter retry: objects that were moved to bad/, because the store
 * refused them, are to be sent again: after it was mended, or asked for more.
 *
 * They are asked for with a file in the spool, so the file system decides who may;
 * the exporter that runs is told to look, as by reload, and one that does not run
 * finds it at its next start.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command/command.h"
#include "command/running.h"
#include "command/tell.h"
#include "settings/settings.h"
#include "spool/spool.h"
#include "sys/io.h"

#define ARENA_MAX ((size_t)1 << 20)
#define CONFIG	  "/etc/skydive/exporter.yml"

extern char **environ;

struct retry {
	const char *config, *tenant; /* of argv; tenant may be NULL: all */
	char spool[4096];
	size_t asked, failed;
};

static bool retry_parse(struct retry *r, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (str_is(str_of(argv[i]), "-c") && i + 1 < argc)
			r->config = argv[++i];
		else if (*argv[i] == '-' || r->tenant)
			return false;
		else
			r->tenant = argv[i];
	}
	return true;
}

struct shard_count {
	const char *tenant; /* its directory */
	size_t files;
};

static int count_file(void *context, const char *name)
{
	*(size_t *)context += strspn(name, "0123456789") == strlen(name);
	return 0;
}

/* Of a partition; the exporter takes its files over. */
static int count_shard(void *context, const char *name)
{
	struct shard_count *c = context;
	char bad[8192];

	if (str_starts(str_of(name), STR("shard-")) &&
	    snprintf(bad, sizeof(bad), "%s/%s/bad", c->tenant, name) < (int)sizeof(bad))
		io_list(bad, count_file, &c->files);
	return 0;
}

static size_t count_bad(const char *spool, const char *name)
{
	char tenant[8192], bad[8192];
	struct shard_count c = { tenant, 0 };

	snprintf(tenant, sizeof(tenant), "%s/%s", spool, name);
	if (snprintf(bad, sizeof(bad), "%s/%s/bad", spool, name) >= (int)sizeof(bad) ||
	    io_list(bad, count_file, &c.files) < 0)
		return 0;
	io_list(tenant, count_shard, &c);
	return c.files;
}

/* A directory of the spool, or a file in it. */
static int retry_see(void *context, const char *name)
{
	struct retry *r = context;
	struct buf line = BUF_INIT(1 << 16);
	size_t files = count_bad(r->spool, name);
	int error;

	if ((r->tenant && strcmp(r->tenant, name) != 0) || !files)
		return 0;
	error = spool_ask_retry(r->spool, name);
	if (error) {
		command_complain("%s: cannot ask for it in %s/%s: %s", name, r->spool,
				 name, strerror(-error));
		r->failed++;
	} else {
		buf_printf(&line, "%s: %zu file%s of bad/ to be sent again\n", name,
			   files, files == 1 ? "" : "s");
		io_write(STDOUT_FILENO, buf_str(&line));
		r->asked++;
	}
	buf_fini(&line);
	return 0;
}

static int find_spool(struct retry *r)
{
	struct problems problems = PROBLEMS_INIT;
	struct settings *settings = settings_read(r->config, environ, NULL, &problems);

	if (settings)
		snprintf(r->spool, sizeof(r->spool), STR_FMT,
			 STR_ARG(settings->spool.directory));
	else
		io_write(STDERR_FILENO, buf_str(&problems.text));
	settings_free(settings);
	problems_fini(&problems);
	return settings ? 0 : -EINVAL;
}

/* Nobody has to run: then the next start sends them. */
static void tell_running(const struct retry *r)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct err err = ERR_INIT;
	struct str address;
	const char *when;

	when = running_address(r->config, &arena, &address, &err) == 0 &&
			       tell_to_reload(address, 0, &err) == 0
		       ? "the running exporter was told\n"
		       : "no running exporter could be told: they are sent after its "
			 "next reload or start\n";
	io_write(STDOUT_FILENO, str_of(when));
	arena_fini(&arena);
}

static int retry_called(const struct skydive_host *host, int argc, char **argv)
{
	struct retry r = { .config = CONFIG };

	(void)host;
	if (!retry_parse(&r, argc, argv))
		return usage_complain(&command_retry);
	if (find_spool(&r) < 0)
		return EXIT_FAILED;
	if (io_list(r.spool, retry_see, &r) < 0) {
		command_complain("%s: %s", r.spool, strerror(errno));
		return EXIT_FAILED;
	}
	if (r.asked)
		tell_running(&r);
	else if (!r.failed)
		command_complain("%s%s%s: nothing is in bad/", r.spool,
				 r.tenant ? "/" : "", r.tenant ? r.tenant : "");
	return r.asked && !r.failed ? EXIT_FINE : EXIT_FAILED;
}

const struct command command_retry = {
	"retry",
	retry_called,
	"Sends again what the store has refused: the objects in bad/, of one tenant or all.",
	"retry acme",
	NULL,
	{ USAGE_CONFIG_OF_IT,
	  { "TENANT", NULL, 0, "the tenant; without it, all tenants" } }
};
