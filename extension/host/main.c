/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the default host: loads the extension and runs it until a signal.
 *
 *	skydive-exporter [--extension PATH] run -c FILE [--progress]
 *	skydive-exporter [--extension PATH] COMMAND ...
 *
 * The other commands are the extension's, with the usage of this one.
 *
 * It owns signals, standard streams, exit codes, the limit of open files and where malloc()
 * keeps what is free, tells the service manager how it is, and leaves no core.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "host/line.h"
#include "host/load.h"
#include "host/notify.h"
#include "skydive/extension.h"

#ifndef EXTENSION_DIR
#define EXTENSION_DIR "/usr/lib/skydive/extensions"
#endif

#define EXTENSION_NAME	  "skydive-exporter.so"
#define REASON_MAX	  (64 * 1024)
#define WRITE_MS	  100
#define CLOSE_MAX_S	  5
#define RELOAD_MAX_S	  5 /* once a stop was asked for */
/* The state is told once a second, as long as the stop is in its time. */
#define EXTENSION_OF_STOP "\nEXTEND_TIMEOUT_USEC=10000000"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

struct host {
	const struct skydive_extension *extension;
	void *instance;
	bool shows_progress;
	bool has_journal; /* it adds the time */
	atomic_bool is_reloading, is_stopping, is_closing;
	bool log_is_stuck; /* the log's thread's own */
	struct notify notify;
	bool is_ready;	   /* the manager knows; the reporting thread's own */
	char status[1024]; /* that it was told last */
};

static void host_log(void *context, enum skydive_log_level level, const char *line)
{
	static const char *const names[] = { "error ", "warning ", "info ", "debug " };
	struct host *host = context;
	int wait_ms = host->log_is_stuck ? 0 : WRITE_MS;
	bool is_json = *line == '{'; /* then it says time and level itself */
	char time[LINE_TIME_SIZE];

	/* Waiting for every line would make a stop long. */
	host->log_is_stuck = !line_write(wait_ms,
					 is_json || host->has_journal ? ""
								      : line_time(time),
					 is_json ? "" : names[level], line);
}

/* One that still tries is ready, too: a boot must not wait for an analyzer that
 * comes later, or is elsewhere. */
static void host_tell_state(struct host *host, enum skydive_state state, const char *line)
{
	bool is_ready = state == SKYDIVE_STATE_READY || state == SKYDIVE_STATE_TRYING;
	char text[sizeof(host->status) + 128];
	const char *more = "";

	if (state == SKYDIVE_STATE_STOPPING)
		more = EXTENSION_OF_STOP;
	else if (is_ready && !host->is_ready)
		more = "\nREADY=1";
	else if (strncmp(line, host->status, sizeof(host->status) - 1) == 0)
		return;
	snprintf(host->status, sizeof(host->status), "%s", line);
	snprintf(text, sizeof(text), "STATUS=%s%s", host->status, more);
	if (notify_send(&host->notify, text))
		host->is_ready = host->is_ready || is_ready;
	else
		host->status[0] = '\0'; /* again */
}

/* Numbers first, for whoever reads them. */
static void host_show(const struct host *host, const char *line)
{
	char text[1024], time[LINE_TIME_SIZE];

	if (host->has_journal)
		snprintf(text, sizeof(text), "%s", line);
	else
		snprintf(text, sizeof(text), "%s time=%s", line, line_time(time));
	line_write(WRITE_MS, "", "", text);
}

static void host_state(void *context, enum skydive_state state, const char *line)
{
	struct host *host = context;

	host_tell_state(host, state, line);
	if (host->shows_progress)
		host_show(host, line);
}

static void host_alive(void *context)
{
	const struct host *host = context;

	notify_send(&host->notify, "WATCHDOG=1");
}

static void host_complain(const char *what, const char *why)
{
	line_write(WRITE_MS, "", what, why);
}

/* The one beside this program, as a build leaves it, else the installed one: a
 * build that has been installed before is still what it was built from. */
static const struct skydive_extension *host_find_extension(char *why, size_t size)
{
	char path[PATH_MAX + sizeof(EXTENSION_NAME)], self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		*slash = '\0';
		snprintf(path, sizeof(path), "%s/%s", self, EXTENSION_NAME);
		if (access(path, R_OK) == 0)
			return load_extension(path, why, size);
	}
	return load_extension(EXTENSION_DIR "/" EXTENSION_NAME, why, size);
}

static void raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* By itself malloc() keeps what is free for each thread. Few pieces are asked for, so that
 * nobody waits for the lock of the one place. */
static void share_free_memory(void)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
#endif
}

/* What is not stored is in the spool. */
static void host_end_without(void)
{
	host_complain("skydive-exporter: ",
		      "a disk or a file server does not answer: ended without it");
	_exit(EXIT_FAILED);
}

static void *host_stop(void *argument)
{
	struct host *host = argument;

	host->extension->stop(host->instance);
	if (atomic_load(&host->is_reloading))
		host_end_without();
	atomic_store(&host->is_closing, true);
	host->extension->close(host->instance);
	atomic_store(&host->is_stopping, false);
	kill(getpid(), SIGUSR1);
	return NULL;
}

static void *host_reload(void *argument)
{
	static char reason[REASON_MAX];
	struct host *host = argument;
	char time[LINE_TIME_SIZE];

	if (host->extension->reload(host->instance, reason, REASON_MAX) < 0)
		line_write(WRITE_MS, host->has_journal ? "" : line_time(time),
			   "skydive-exporter: reload: ", reason);
	atomic_store(&host->is_reloading, false);
	kill(getpid(), SIGUSR1);
	return NULL;
}

static const struct timespec second = { .tv_sec = 1 };

/* What signals asked for. */
struct asked {
	bool stop, reload;
};

/* Of the signals, SIGUSR1 only says that a thread has ended, and may say so late. The
 * second that asks for a stop ends the program at once: what is not stored is in the
 * spool. false: none came for so long; NULL: it waits for ever. */
static bool host_hear(const sigset_t *signals, struct asked *asked,
		      const struct timespec *patience)
{
	int got = patience ? sigtimedwait(signals, NULL, patience)
			   : sigwaitinfo(signals, NULL);

	if (got < 0)
		return false;
	if (got == SIGHUP)
		asked->reload = true;
	else if (got != SIGUSR1 && asked->stop)
		_exit(EXIT_FAILED);
	else if (got != SIGUSR1)
		asked->stop = true;
	return true;
}

/* In a thread of its own, so that signals are heard whatever it waits for. */
static pthread_t host_begin(struct host *host, void *(*run)(void *), atomic_bool *runs)
{
	pthread_t thread;

	atomic_store(runs, true);
	if (pthread_create(&thread, NULL, run, host) != 0)
		_exit(EXIT_FAILED);
	return thread;
}

/* One that a disk or a file server holds does not hold up a stop: it is left alone. */
static void host_run_reload(struct host *host, const sigset_t *signals,
			    struct asked *asked)
{
	pthread_t thread = host_begin(host, host_reload, &host->is_reloading);
	unsigned seconds = 0;

	while (atomic_load(&host->is_reloading)) {
		if (host_hear(signals, asked, &second) || !asked->stop)
			continue;
		if (++seconds >= RELOAD_MAX_S) {
			pthread_detach(thread);
			return;
		}
	}
	pthread_join(thread, NULL);
}

static void host_run_stop(struct host *host, const sigset_t *signals, struct asked *asked)
{
	pthread_t thread = host_begin(host, host_stop, &host->is_stopping);
	unsigned seconds = 0;

	while (atomic_load(&host->is_stopping))
		if (!host_hear(signals, asked, &second) &&
		    atomic_load(&host->is_closing) && ++seconds >= CLOSE_MAX_S)
			host_end_without();
	pthread_join(thread, NULL);
}

static int wait_for_signals(struct host *host, const sigset_t *signals)
{
	struct asked asked = { .stop = false };

	while (!asked.stop) {
		if (!asked.reload) {
			host_hear(signals, &asked, NULL);
			continue;
		}
		asked.reload = false;
		notify_send_reloading(&host->notify);
		host_run_reload(host, signals, &asked);
		notify_send(&host->notify, "READY=1");
	}
	notify_send(&host->notify, "STOPPING=1");
	asked.stop = true;
	host_run_stop(host, signals, &asked);
	return EXIT_FINE;
}

static int host_run(struct host *host, const char *config)
{
	const struct skydive_host table = {
		.size = sizeof(table),
		.minor = SKYDIVE_EXTENSION_MINOR,
		.context = host,
		.log = host_log,
		.state = host_state,
		.alive = host_alive,
	};
	static char reason[REASON_MAX];
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* A core file would hold the secrets of all tenants; and so does what
	 * another program of the same user may read in /proc. */
	prctl(PR_SET_DUMPABLE, 0);
	notify_open(&host->notify);
	if (host->extension->open(&table, config, &host->instance, reason,
				  sizeof(reason)) < 0) {
		fputs(reason, stderr);
		if (*reason && reason[strlen(reason) - 1] != '\n')
			fputs("\n", stderr);
		return EXIT_FAILED;
	}
	if (host->extension->start(host->instance, reason, sizeof(reason)) < 0) {
		host->extension->close(host->instance);
		host_complain("skydive-exporter: ", reason);
		return EXIT_FAILED;
	}
	return wait_for_signals(host, &signals);
}

static int run_command(struct host *host, int argc, char **argv)
{
	const struct skydive_host table = {
		.size = sizeof(table),
		.minor = SKYDIVE_EXTENSION_MINOR,
		.context = host,
		.log = host_log,
	};
	sigset_t signals;

	if (argc && strcmp(argv[0], "record") == 0) {
		sigemptyset(&signals);
		sigaddset(&signals, SIGINT);
		sigaddset(&signals, SIGTERM);
		sigprocmask(SIG_BLOCK, &signals, NULL);
	}
	return host->extension->command(&table, argc, argv);
}

/* What is wrong with another call of it is said where all commands' usage is. */
static bool understands_run(struct host *host, int argc, char **argv)
{
	host->shows_progress = argc == 4 && strcmp(argv[3], "--progress") == 0;
	return argc == 3 + host->shows_progress && strcmp(argv[0], "run") == 0 &&
	       strcmp(argv[1], "-c") == 0;
}

int main(int argc, char **argv)
{
	struct host host = { 0 };
	char why[1024] = "";

	host.has_journal = line_goes_to_journal();
	signal(SIGPIPE, SIG_IGN);
	raise_open_files();
	share_free_memory();
	argv++;
	argc--;
	if (argc >= 2 && strcmp(argv[0], "--extension") == 0) {
		host.extension = load_extension(argv[1], why, sizeof(why));
		argv += 2;
		argc -= 2;
	} else {
		host.extension = host_find_extension(why, sizeof(why));
	}
	if (!host.extension) {
		host_complain("skydive-exporter: ", why);
		return EXIT_FAILED;
	}
	if (!understands_run(&host, argc, argv))
		return run_command(&host, argc, argv);
	return host_run(&host, argv[2]);
}
