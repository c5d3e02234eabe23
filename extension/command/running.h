/* SPDX-License-Identifier: Apache-2.0 */
/* running.h - the exporter that runs: where it answers, for the commands that ask
 * it. */
#ifndef COMMAND_RUNNING_H
#define COMMAND_RUNNING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* The address that the main file gives its status server, or the default when
 * config is NULL. Empty: it was told not to answer. 0, or -EINVAL with the reason.
 * It lives in the arena or is constant, and ends with a NUL. */
int running_address(const char *config, struct arena *, struct str *address,
		    struct err *);
/* Its page, appended. 0, or -EINVAL with what to do. */
int running_ask(struct str address, const char *path, struct buf *page, struct err *);

#endif
