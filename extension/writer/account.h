/* SPDX-License-Identifier: Apache-2.0 */
/* account.h - pipeline.account: counts the bytes of stored objects.
 *
 * "file" keeps them in a JSON file, in the form that the Go exporter defines: the last
 * object's time and bytes, and the sum since the file was created. The file is replaced
 * by renaming <file>.bak, which is also read when the file is missing or not valid.
 */
#ifndef WRITER_ACCOUNT_H
#define WRITER_ACCOUNT_H

#include "base/now.h"
#include "config/config.h"
#include "sys/log.h"

struct account_options {
	struct str filename; /* empty: account "none" */
};

/* Strings live in the arena. Errors go to problems. */
void account_options_read(struct account_options *, const struct config *, struct arena *,
			  struct problems *);
size_t account_sections(struct config_section *, size_t max);

struct account {
	const struct account_options *options; /* borrowed, as the log */
	struct log *log;
	bool has_failed; /* private: whether the last write failed */
};

/* Adds the bytes of an object; one thread at a time. A file that cannot be written is
 * logged once. */
void account_add(struct account *, int64_t bytes, struct now);

#endif
