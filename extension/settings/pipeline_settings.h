/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_settings.h - what the configuration says about one pipeline, read and
 * checked; nothing of it is opened.
 *
 * Counted: the settings of the program hold one reference until its pipelines run,
 * and whoever runs a tenant holds one as long as the tenant, or its writer, borrows
 * them. Only one tenant may run the stages, whose states are in here.
 */
#ifndef SETTINGS_PIPELINE_SETTINGS_H
#define SETTINGS_PIPELINE_SETTINGS_H

#include "source/source_options.h"
#include "stage/prom_sky_con.h"
#include "stage/stage_set.h"
#include "stage/store_options.h"
#include "sys/digest.h"
#include "writer/account.h"
#include "writer/writer_options.h"

/* SHA-256 of what a pipeline's configuration says about its writer, and about all
 * the rest: two of the same sum mean the same. */
struct settings_sums {
	unsigned char writer[SHA256_SIZE], rest[SHA256_SIZE];
};

struct pipeline_settings {
	_Atomic unsigned refs;
	char *name;
	struct str file;       /* that it was read from */
	struct config *config; /* while it is read; NULL: it cannot be */
	bool is_bad;	       /* something about it is wrong: of no use */
	bool has_values;       /* each is right; of its keys one may not be */
	struct arena arena;    /* of all strings */

	struct source_options source;
	struct stage_set stages;
	struct store_options store;
	bool has_series; /* in the place of objects */
	struct prom_sky_con prom_sky_con;
	struct writer_options writer;
	struct account_options account;
	struct settings_sums sums;
};

/* name is copied. One reference, the caller's. NULL: no memory. */
struct pipeline_settings *pipeline_settings_new(struct str name);
struct pipeline_settings *pipeline_settings_ref(struct pipeline_settings *);
void pipeline_settings_unref(struct pipeline_settings *); /* NULL is fine */

/* Reads it all from its config, once. Everything that is wrong goes to problems. */
void pipeline_settings_read(struct pipeline_settings *, struct problems *);
/* Puts the writer "file" into a directory in the place of what is configured,
 * unless that is stdout; before a tenant borrows them. 0 or -ENOMEM. */
int pipeline_settings_redirect(struct pipeline_settings *, struct str directory);

/* Appends what the configuration says, value by value, to compare it with
 * another: the writer's part alone, or all the rest. Holds secrets. */
void pipeline_settings_text(const struct config *, bool writer, struct buf *);

/* Reads value by value, and says what is wrong with each; not what is missing. */
void pipeline_settings_try(const struct config *, struct problems *);

/* The sections of the configuration that belong to a pipeline: writes up to max of
 * them, returns how many there are. */
size_t pipeline_settings_sections(struct config_section *, size_t max);

#endif
