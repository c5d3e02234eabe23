/* SPDX-License-Identifier: Apache-2.0 */
/* tell.h - tells the exporter that runs to reload, for commands.
 *
 * One in an analyzer's process is told at its status socket; every other, of this
 * version or before, by SIGHUP, which would end an analyzer. Either way the kernel knows
 * who asks: its user and root may.
 */
#ifndef COMMAND_TELL_H
#define COMMAND_TELL_H

#include <sys/types.h>
#include "base/err.h"
#include "base/str.h"

/* address: of its status server, or empty; pid: the process, or 0 when the address tells.
 * 0, or -EINVAL with what to do. */
int tell_to_reload(struct str address, pid_t pid, struct err *);

#endif
