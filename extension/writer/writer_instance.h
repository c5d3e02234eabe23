/* SPDX-License-Identifier: Apache-2.0 */
/* writer_instance.h - an instance of a writer: its table and a state, which starts as a
 * copy of the options.
 */
#ifndef WRITER_WRITER_INSTANCE_H
#define WRITER_WRITER_INSTANCE_H

#include "writer/writer_options.h"

struct writer_instance {
	const struct writer *type; /* NULL: it is not open */
	void *state;
};

/* Opens a writer. The options' strings are borrowed until it is closed, and what the
 * writer_around points to; with NULL everything is checked but nothing is started. 0, or
 * -errno with the reason: then it is not open. */
int writer_instance_open(struct writer_instance *, const struct writer_options *,
			 const struct writer_around *, struct err *);
void writer_instance_close(struct writer_instance *); /* zeroed memory is fine */

/* Called for each step of a probe: "token", if one is used, and "store". why: it failed,
 * or what else is to be said of what is fine; or "". */
struct probe_report {
	void (*step)(void *context, const char *what, bool is_fine, const char *why);
	void *context;
};

/* Gets a token, if the writer uses one, puts an empty object under the prefix and
 * deletes it again, or whatever else the writer has for a probe, with an instance of its
 * own. Blocks. true: all succeeded; a writer
 * without a store (stdout) always succeeds. */
bool writer_instance_probe(const struct writer_options *, struct str dirname,
			   struct str prefix, const struct writer_around *,
			   const struct probe_report *);

#endif
