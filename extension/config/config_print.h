/* SPDX-License-Identifier: Apache-2.0 */
/* config_print.h - a configuration as nested YAML again, with its comments.
 */
#ifndef CONFIG_CONFIG_PRINT_H
#define CONFIG_CONFIG_PRINT_H

#include "config/config.h"

/* Appends the uppermost document, whose text this is. Keys that were renamed
 * stand in their new places; a comment goes with the key that it stands before
 * or behind, what is left of them comes last. 0 or -ENOMEM. */
int config_print(const struct config *, struct str text, struct buf *out);

#endif
