/* SPDX-License-Identifier: Apache-2.0 */
/* writer_instance.h - a configured writer: its table, its state, its strings. It may be
 * moved from one tenant to another while it is not initialized.
 */
#ifndef WRITER_WRITER_INSTANCE_H
#define WRITER_WRITER_INSTANCE_H

#include "base/arena.h"
#include "writer/writer.h"

struct writer_instance {
	const struct writer *type; /* NULL: there is none */
	void *state;
	struct arena arena; /* of the state's strings */
	bool is_ready;	    /* initialized */
};

/* A state with the writer's defaults. 0 or -ENOMEM. */
int writer_instance_new(struct writer_instance *, const struct writer *);
/* The writer "file" into a directory. 0 or -ENOMEM. */
int writer_instance_new_file(struct writer_instance *, struct str directory);
/* Configured: gets it ready. 0, or -errno with the reason. */
int writer_instance_init(struct writer_instance *, struct http *, struct err *);
/* Undoes writer_instance_init(). */
void writer_instance_release(struct writer_instance *);
void writer_instance_fini(struct writer_instance *); /* zeroed memory is fine */

/* Whoever wants to know how the steps of a probe went: "token", when there is to
 * be one, and "store". why is NULL when it went well. */
struct probe_report {
	void (*step)(void *context, const char *what, const char *why);
	void *context;
};

/* Gets a token, if the writer shows one, puts an empty object under the prefix and
 * takes it away again; waits for it all. The writer must not be in use. true: all
 * went well; a writer that has no store behind it (stdout) is always fine. */
bool writer_instance_probe(struct writer_instance *, struct str dirname,
			   struct str prefix, struct http *, const struct probe_report *);

/* Appends its name and where it writes to. */
void writer_instance_put_place(const struct writer_instance *, struct buf *);

#endif
