/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_config.h - what a pipeline's configuration says, read and checked.
 */
#ifndef TENANT_CONFIG_H
#define TENANT_CONFIG_H

#include "stage/limits.h"
#include "stage/set.h"
#include "store/account.h"
#include "store/store.h"

struct tenant_config {
	struct arena arena;		/* of all strings */
	struct str capture_id;
	struct stage_set stages;
	struct store_limits limits;
	struct account *account;	/* or NULL */
	const struct store *store;
	void *store_state;		/* configured, not initialized */
};

/* Everything that is wrong goes to problems. */
void tenant_config_read(struct tenant_config *, const struct config *, struct log *,
			struct problems *);
void tenant_config_fini(struct tenant_config *);
/* Puts the writer "file" into a directory in the place of what is configured,
 * unless that is stdout. 0 or -ENOMEM. */
int tenant_config_redirect(struct tenant_config *, struct str directory);

size_t tenant_config_sections(struct config_section *, size_t max);

#endif
