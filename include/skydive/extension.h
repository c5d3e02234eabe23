/* SPDX-License-Identifier: Apache-2.0 */
/* skydive/extension.h - how a host runs an extension.
 *
 * A host loads the shared object with dlopen(RTLD_NOW | RTLD_LOCAL), looks up
 * the one symbol it exports, skydive_extension_v1, and finds a const struct
 * skydive_extension there. It calls the functions in this order:
 *
 *	open  ->  start  ->  reload, any number of times  ->  stop  ->  close
 *
 * from one thread. command() stands by itself. The extension runs in threads
 * of its own, with all signals blocked in them. It installs no signal
 * handlers, changes nothing of the process (directory, locale, standard
 * streams), never exits or aborts, and has joined every thread when stop()
 * returns. What it reads and writes does not depend on the locale: its threads, and
 * the host's within a call, are in the C locale, and so are calls of the host's
 * functions below. It is never unloaded: the host does not call dlclose().
 *
 * The host owns signals, readiness, exit codes and RLIMIT_NOFILE.
 *
 * Versions: the major number is in the symbol's name. A minor version only
 * appends members and values; a member may be used when size reaches past it, a
 * value is told only to hosts whose minor has it.
 *
 *	1.0	the first
 *	1.1	SKYDIVE_STATE_TRYING, skydive_host.alive
 *	1.2	skydive_host.reload
 */
#ifndef SKYDIVE_EXTENSION_H
#define SKYDIVE_EXTENSION_H

#include <stddef.h>
#include <stdint.h>

#define SKYDIVE_EXTENSION_SYMBOL "skydive_extension_v1"
#define SKYDIVE_EXTENSION_MINOR	 2

enum skydive_log_level {
	SKYDIVE_LOG_ERROR,   /* somebody must act */
	SKYDIVE_LOG_WARNING, /* data lost or degraded */
	SKYDIVE_LOG_INFO,    /* life cycle */
	SKYDIVE_LOG_DEBUG
};

enum skydive_state {
	SKYDIVE_STATE_STARTING,
	SKYDIVE_STATE_READY, /* every subscription was accepted once */
	SKYDIVE_STATE_STOPPING,
	SKYDIVE_STATE_TRYING, /* it runs, but some subscription was not yet accepted;
			       * it is tried again for ever. Older hosts are told
			       * STARTING. */
};

/* What a host offers. The struct is copied; functions may be NULL. They are
 * called from threads of the extension, never two at once of the same, and
 * must not block for long: a log that cannot take a line drops it. */
struct skydive_host {
	uint32_t size;	/* sizeof(struct skydive_host) */
	uint32_t minor; /* SKYDIVE_EXTENSION_MINOR of the host */
	void *context;
	/* One line, UTF-8, without LF. */
	void (*log)(void *context, enum skydive_log_level, const char *line);
	/* Once a second: the state, and one line about what goes on. While it
	 * stops: as long as the stop is within its configured time. */
	void (*state)(void *context, enum skydive_state, const char *line);
	/* Every two seconds, while all that must not stand still has moved since the
	 * last call: sources, workers, the network. What may wait for a disk or
	 * for whoever reads the log does not count. From 1.1. */
	void (*alive)(void *context);
	/* Somebody who may has asked, where the extension listens, for a reload: the host
	 * calls reload() soon, from its own thread. NULL: this host is asked in another
	 * way, such as by a signal. From 1.2. */
	void (*reload)(void *context);
};

struct skydive_extension {
	uint32_t size; /* sizeof(struct skydive_extension) */
	uint32_t minor;
	const char *name;
	const char *version;

	/* Functions return 0, or -errno with the reason, one or more lines, in
	 * the caller's buffer of that size. */

	/* Reads the configuration and says what is wrong with it, without the
	 * network and without changing anything. */
	int (*check)(const char *config, char *reason, size_t size);
	/* Reads the configuration, opens the spool. No threads, no network.
	 * config is a path, or "-" for standard input. */
	int (*open)(const struct skydive_host *, const char *config, void **instance,
		    char *reason, size_t size);
	int (*start)(void *instance, char *reason, size_t size);
	/* Reads the configuration anew; what is wrong stays as it was. */
	int (*reload)(void *instance, char *reason, size_t size);
	/* Ends the subscriptions, finishes what was received, uploads for the
	 * configured time at most; the rest stays in the spool. A second call,
	 * from another thread, while the first runs, cuts it short. It may be
	 * called while a reload runs on another thread, and waits for a disk. */
	int (*stop)(void *instance);
	/* While no other call runs. */
	void (*close)(void *instance);

	/* Runs a command of the operator's tool (check, explain, record, reload,
	 * replay, status, version): argv[0] is its name. Writes to standard output and
	 * error. Returns the exit code: 0 fine, 1 it failed and said why, 2 wrong
	 * usage. */
	int (*command)(const struct skydive_host *, int argc, char **argv);
};

#endif
