/* SPDX-License-Identifier: Apache-2.0 */
/* running.h - access to the running exporter, for commands. */
#ifndef COMMAND_RUNNING_H
#define COMMAND_RUNNING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* The address of its status server, from the main file, or the default when config is
 * NULL. Empty: the server is disabled. 0, or -EINVAL with the reason. It lives in the
 * arena or is constant, and ends with a NUL. */
int running_address(const char *config, struct arena *, struct str *address,
		    struct err *);
/* Gets a page from it and appends that. 0, or -EINVAL with what to do. */
int running_ask(struct str address, const char *path, struct buf *page, struct err *);

#endif
