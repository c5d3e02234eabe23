/* SPDX-License-Identifier: Apache-2.0 */
/* config_twice.h - finds keys that a document has more than once.
 */
#ifndef CONFIG_CONFIG_TWICE_H
#define CONFIG_CONFIG_TWICE_H

#include "config/config.h"

/* Adds a problem, with both lines, for each key that the document added last has twice:
 * at any depth, in any case, nested or dotted. Keys that "<<" merges may be set again.
 * If both values are equal it is a warning. 0, -EINVAL after adding to problems, or
 * -ENOMEM. */
int config_check_twice(const struct config *, struct problems *,
		       struct problems *warnings);

#endif
