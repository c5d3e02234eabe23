/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - the operator's commands. They run inside the extension, so that they
 * share its code.
 *
 * Each is called with its own name as argv[0] and returns the exit code: 0: success; 1:
 * it failed, and printed why to standard error; 2: wrong usage.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "base/err.h"
#include "base/str.h"
#include "command/usage.h"

extern const struct command command_check, command_explain, command_record,
	command_reload, command_replay, command_retry, command_status;

/* Runs the command argv[0]. With --help among the arguments it prints the command's
 * usage to standard output instead; without such a command, a list of all. The host's
 * own command, run, is here for its usage: the host passes on calls of it that it does
 * not understand. */
int command_run(const struct skydive_host *, int argc, char **argv);

#endif
