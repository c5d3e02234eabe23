/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_config.h - what a pipeline's configuration says, read and checked.
 */
#ifndef SETTINGS_TENANT_CONFIG_H
#define SETTINGS_TENANT_CONFIG_H

#include "source/source_options.h"
#include "stage/store_options.h"
#include "stage/prom_sky_con.h"
#include "stage/stage_set.h"
#include "writer/account.h"
#include "writer/writer_instance.h"

struct tenant_config {
	struct arena arena; /* of all strings */
	struct source_options source;
	struct stage_set stages;
	struct store_options store;
	struct account *account; /* or NULL */
	bool has_series;	 /* in the place of objects */
	struct prom_sky_con prom_sky_con;
	struct writer_instance writer;
};

/* Everything that is wrong goes to problems. */
void tenant_config_read(struct tenant_config *, const struct config *, struct log *,
			struct problems *);
void tenant_config_fini(struct tenant_config *);
/* Puts the writer "file" into a directory in the place of what is configured,
 * unless that is stdout. 0 or -ENOMEM. */
int tenant_config_redirect(struct tenant_config *, struct str directory);

/* Appends what the configuration says, value by value, to compare it with
 * another: the writer's part alone, or all the rest. Holds secrets. */
void tenant_config_text(const struct config *, bool writer, struct buf *);

size_t tenant_config_sections(struct config_section *, size_t max);

#endif
