/* SPDX-License-Identifier: Apache-2.0 */
/* preloaded.h - analyzers of this host that were started with the preload stub
 * (preload/preload.c) and whether it is in them, for commands whom nobody answers.
 *
 * ld.so(8) says nothing when it ignores LD_PRELOAD: in programs that are linked
 * statically, and in secure-execution mode. Processes are seen by root and by their user.
 */
#ifndef COMMAND_PRELOADED_H
#define COMMAND_PRELOADED_H

#include "base/buf.h"

/* Appends "; process 7 ..." for each. */
void preloaded_explain(struct buf *);

#endif
