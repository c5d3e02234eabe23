/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_settings.h - the configuration of one pipeline, read and checked; nothing is
 * opened.
 *
 * Reference counted: the program's settings hold a reference until the pipelines run,
 * and the exporter holds one as long as a tenant or its writer borrows them. Only one
 * tenant may run the stages, because their states are in here.
 */
#ifndef SETTINGS_PIPELINE_SETTINGS_H
#define SETTINGS_PIPELINE_SETTINGS_H

#include "settings/limits_settings.h"
#include "settings/origin.h"
#include "source/shard_rules.h"
#include "source/source_options.h"
#include "stage/prom_sky_con.h"
#include "stage/stage_set.h"
#include "stage/store_options.h"
#include "sys/digest.h"
#include "writer/account.h"
#include "writer/writer_options.h"

/* SHA-256 of the configuration of a pipeline's writer, and of all the rest: equal sums
 * mean equal configurations. */
struct settings_sums {
	unsigned char writer[SHA256_SIZE], rest[SHA256_SIZE];
};

struct pipeline_settings {
	_Atomic unsigned refs;
	char *name;
	struct str file;       /* that it was read from */
	struct origin origin;  /* of the file */
	struct config *config; /* until it was read; NULL: the file cannot be read */
	bool is_bad;	       /* it has errors and must not be used */
	bool has_values;       /* each is right; of its keys one may not be */
	bool is_disabled;      /* "enabled: false": it is checked, and does not run */
	struct arena arena;    /* of all strings */

	struct source_options source;
	struct stage_set stages;
	struct store_options store;
	bool has_series; /* instead of objects */
	struct prom_sky_con prom_sky_con;
	struct writer_options writer;
	struct account_options account;
	struct limits_settings limits;
	struct settings_sums sums;
	struct shard_rule shard_rule; /* with flows from Kafka */
	struct str shown; /* what is not as by default: see settings_shown.h */
};

/* name is copied. Returns one reference. NULL: no memory. */
struct pipeline_settings *pipeline_settings_new(struct str name);
struct pipeline_settings *pipeline_settings_ref(struct pipeline_settings *);
void pipeline_settings_unref(struct pipeline_settings *); /* NULL is fine */

/* Reads everything from its config, once. Errors go to problems. */
void pipeline_settings_read(struct pipeline_settings *, struct problems *);
/* Replaces the configured writer, unless it is stdout, by the writer "file" into a
 * directory; before a tenant borrows the settings. 0 or -ENOMEM. */
int pipeline_settings_redirect(struct pipeline_settings *, struct str directory);

/* Appends the values of the configuration, for comparison with another: the writer's
 * part only, or all the rest. Has secrets. To shown it appends what may be seen of them:
 * settings_shown.h. */
void pipeline_settings_text(const struct config *, bool writer, struct buf *,
			    struct buf *shown);

/* Appends what may be seen of one section. */
void pipeline_settings_show(const struct config *, const struct config_section *,
			    struct buf *shown);

/* Reads value by value, and says what is wrong with each; not what is missing. */
void pipeline_settings_try(const struct config *, struct problems *);

/* The sections of the configuration that belong to a pipeline: writes up to max of
 * them, returns how many there are. */
size_t pipeline_settings_sections(struct config_section *, size_t max);

#endif
