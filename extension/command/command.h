/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - the operator's commands, run inside the extension so that there
 * is one implementation of everything.
 *
 * Each is called with argv[0], its own name, and returns the exit code: 0 fine,
 * 1 it failed and said why on standard error, 2 wrong usage.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "base/err.h"
#include "base/str.h"
#include "skydive/extension.h"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

int command_check(const struct skydive_host *, int argc, char **argv);
int command_explain(const struct skydive_host *, int argc, char **argv);
int command_record(const struct skydive_host *, int argc, char **argv);
int command_reload(const struct skydive_host *, int argc, char **argv);
int command_replay(const struct skydive_host *, int argc, char **argv);
int command_retry(const struct skydive_host *, int argc, char **argv);
int command_status(const struct skydive_host *, int argc, char **argv);
int command_version(const struct skydive_host *, int argc, char **argv);

/* Runs the one called argv[0]; with --help among the arguments it says on standard
 * output what that takes instead, and with no such command, what there are. The
 * host's own, run, is here for its usage: the host hands over a call of it that
 * it does not understand. */
int command_run(const struct skydive_host *, int argc, char **argv);

/* "skydive-exporter: <text>" and a line feed, to standard error. */
void command_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Complains about how the command of that name was called; returns EXIT_USAGE. */
int command_usage(const char *name);

#endif
