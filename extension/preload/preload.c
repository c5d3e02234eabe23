/* SPDX-License-Identifier: Apache-2.0 */
/* preload.c - the host for those who want the exporter in the analyzer's own process:
 * a shared object for LD_PRELOAD, which needs nothing but libc and exports nothing.
 *
 *	LD_PRELOAD=.../skydive-exporter-preload.so SKYDIVE_EXPORTER_CONFIG=FILE \
 *		skydive analyzer -c ...
 *
 * In other programs than "skydive", and without an argument "analyzer", it does
 * nothing. There it takes itself out of LD_PRELOAD, so that no child has it, has the
 * extension beside it tried in a child (trial.h), and loads and runs it on a thread
 * of its own, in which all signals are blocked. What fails is one line on standard
 * error, and the analyzer goes on without it.
 *
 * The process is not ours: its signals, limits, directory and exit code stay what they
 * are. Nothing of ours runs at its end: what was received is in the spool.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "host/line.h"
#include "preload/preload_list.h"
#include "preload/trial.h"

#define PROGRAM	       "skydive"
#define ARGUMENT       "analyzer"
#define EXTENSION_NAME "skydive-exporter.so"
#define CONFIG_NAME    "SKYDIVE_EXPORTER_CONFIG"
#define PREFIX	       "skydive-exporter: "
#define NOT_LOADED     PREFIX "not loaded: "
#define REASON_MAX     (64 * 1024)
#define WRITE_MS       100

struct preload {
	char path[PATH_MAX]; /* of the extension */
	const char *config;  /* of the environment, as it was at the start */
	struct trial trial;
	void *instance;
	sem_t asked;
	atomic_bool is_asked; /* for a reload */
	bool has_journal;     /* it adds the time */
	bool log_is_stuck;    /* the log's thread's own */
};

static struct preload preload;
static char reason[REASON_MAX];

static void preload_write(const char *prefix, const char *line)
{
	char time[LINE_TIME_SIZE];

	line_write(WRITE_MS, preload.has_journal ? "" : line_time(time), prefix, line);
}

/* A reason may have many lines: the first says enough, and a check says all. */
static void preload_complain(const char *prefix, const char *why)
{
	const char *end = strchrnul(why, '\n');
	char line[PATH_MAX];

	snprintf(line, sizeof(line), "%.*s%s", (int)(end - why), why,
		 *end && end[1] ? " (and more: skydive-exporter check -c FILE)" : "");
	preload_write(prefix, line);
}

static void preload_log(void *context, enum skydive_log_level level, const char *line)
{
	static const char *const names[] = { PREFIX "error ", PREFIX "warning ",
					     PREFIX "info ", PREFIX "debug " };
	struct preload *p = context;
	bool is_json = *line == '{'; /* then it says time and level itself */
	char time[LINE_TIME_SIZE];

	p->log_is_stuck = !line_write(p->log_is_stuck ? 0 : WRITE_MS,
				      is_json || p->has_journal ? "" : line_time(time),
				      is_json ? "" : names[level], line);
}

static void preload_ask(void *context)
{
	struct preload *p = context;

	if (!atomic_exchange(&p->is_asked, true))
		sem_post(&p->asked);
}

static int preload_open(struct preload *p, const struct skydive_extension **extension)
{
	const struct skydive_host host = {
		.size = sizeof(host),
		.minor = SKYDIVE_EXTENSION_MINOR,
		.context = p,
		.log = preload_log,
		.reload = preload_ask,
	};

	*extension = load_extension(p->path, reason, sizeof(reason));
	if (!*extension ||
	    (*extension)->open(&host, p->config, &p->instance, reason, sizeof(reason)) <
		    0)
		return -1;
	if ((*extension)->start(p->instance, reason, sizeof(reason)) == 0)
		return 0;
	(*extension)->close(p->instance);
	return -1;
}

/* As long as the process lives. */
static void preload_serve(struct preload *p, const struct skydive_extension *extension)
{
	for (;;) {
		while (sem_wait(&p->asked) < 0)
			continue;
		atomic_store(&p->is_asked, false);
		if (extension->reload(p->instance, reason, sizeof(reason)) < 0)
			preload_complain(PREFIX "reload: ", reason);
	}
}

/* Its thread; all that the extension starts has its blocked signals. */
static void *preload_run(void *argument)
{
	struct preload *p = argument;
	const struct skydive_extension *extension;

	pthread_setname_np(pthread_self(), "exporter");
	if (!trial_end(&p->trial, p->path, reason, sizeof(reason)) ||
	    preload_open(p, &extension) < 0)
		preload_complain(NOT_LOADED, reason);
	else
		preload_serve(p, extension);
	return NULL;
}

static bool preload_is_wanted(int argc, char **argv)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	int i;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash || strcmp(slash + 1, PROGRAM) != 0)
		return false;
	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], ARGUMENT) == 0)
			return true;
	return false;
}

/* Where we were loaded from is where the extension is. */
static const char *preload_find(struct preload *p)
{
	static const char here;
	char own[PATH_MAX];
	Dl_info info;
	char *slash;

	if (!dladdr(&here, &info) || !realpath(info.dli_fname, own))
		return NULL;
	slash = strrchr(own, '/');
	snprintf(p->path, sizeof(p->path), "%.*s/%s", (int)(slash - own), own,
		 EXTENSION_NAME);
	slash = strrchr(info.dli_fname, '/');
	return slash ? slash + 1 : info.dli_fname;
}

static void preload_start(struct preload *p)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	sem_init(&p->asked, 0, 0);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	error = trial_begin(&p->trial, p->path, p->config);
	if (!error)
		error = pthread_create(&thread, &attributes, preload_run, p);
	if (error)
		preload_complain(NOT_LOADED, strerror(error));
	pthread_attr_destroy(&attributes);
}

/* Before main(), while nobody else runs. glibc hands out what the process was started
 * with; what is changed there, a program with a runtime of its own sees, too. */
__attribute__((constructor)) static void preload_begin(int argc, char **argv, char **env)
{
	const char *name;
	sigset_t all, before;

	if (!preload_is_wanted(argc, argv))
		return;
	name = preload_find(&preload);
	if (name)
		preload_list_remove(env, name);
	if (name && env != environ)
		preload_list_remove(environ, name);
	preload.config = getenv(CONFIG_NAME);
	preload.has_journal = line_goes_to_journal();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!name)
		preload_complain(NOT_LOADED, "it cannot find out where it is");
	else if (!preload.config)
		preload_complain(NOT_LOADED, "set " CONFIG_NAME " to the configuration");
	else
		preload_start(&preload);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
