/* SPDX-License-Identifier: Apache-2.0 */
/* config_print.h - writes a configuration as nested YAML, with its comments.
 */
#ifndef CONFIG_CONFIG_PRINT_H
#define CONFIG_CONFIG_PRINT_H

#include "config/config.h"

/* Appends the top document, whose text is given. Renamed keys are in their new places;
 * a comment stays with the key that it precedes or follows, all others come last. 0 or
 * -ENOMEM. */
int config_print(const struct config *, struct str text, struct buf *out);

#endif
