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
#include "command/usage.h"

extern const struct command command_check, command_explain, command_record,
	command_reload, command_replay, command_retry, command_status;

/* Runs the one called argv[0]; with --help among the arguments it says on standard
 * output what that takes instead, and with no such command, what there are. The
 * host's own, run, is here for its usage: the host hands over a call of it that
 * it does not understand. */
int command_run(const struct skydive_host *, int argc, char **argv);

#endif
