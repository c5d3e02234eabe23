/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h - a child opens the extension before its parent does: what crashes there
 * takes no analyzer along.
 *
 * It is begun while the process has no other thread, so the child may do whatever a
 * program may; and it is over before the extension is opened, whose spool has one user.
 */
#ifndef PRELOAD_TRIAL_H
#define PRELOAD_TRIAL_H

#include <stdbool.h>
#include <sys/types.h>
#include "host/load.h"

struct trial {
	pid_t child;
	int result; /* a descriptor; what the child says */
};

/* Starts the child; all signals should be blocked. 0, or a number of errno. */
int trial_begin(struct trial *, const char *path, const char *config);
/* Waits for it. false: the reason is in why, which has that size. */
bool trial_end(struct trial *, const char *path, char *why, size_t size);

#endif
