/* SPDX-License-Identifier: Apache-2.0 */
/* writer_instance.h - a writer at work: its table and a state of its own, which
 * begins as a copy of the options.
 */
#ifndef WRITER_WRITER_INSTANCE_H
#define WRITER_WRITER_INSTANCE_H

#include "writer/writer_options.h"

struct writer_instance {
	const struct writer *type; /* NULL: it is not open */
	void *state;
};

/* Gets a writer ready. The options' strings and http are borrowed until it is
 * closed; without http everything is checked and nothing is begun. 0, or -errno with
 * the reason: then it is not open. */
int writer_instance_open(struct writer_instance *, const struct writer_options *,
			 struct http *, struct err *);
void writer_instance_close(struct writer_instance *); /* zeroed memory is fine */

/* Is told how the steps of a probe went: "token", when there is to be one, and
 * "store". why is NULL when it went well. */
struct probe_report {
	void (*step)(void *context, const char *what, const char *why);
	void *context;
};

/* Gets a token, if the writer shows one, puts an empty object under the prefix and
 * takes it away again, with an instance of its own; waits for it all. true: all went
 * well; a writer that has no store behind it (stdout) is always fine. */
bool writer_instance_probe(const struct writer_options *, struct str dirname,
			   struct str prefix, struct http *, const struct probe_report *);

#endif
