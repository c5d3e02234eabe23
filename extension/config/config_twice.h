/* SPDX-License-Identifier: Apache-2.0 */
/* config_twice.h - keys that stand in a document more than once.
 */
#ifndef CONFIG_CONFIG_TWICE_H
#define CONFIG_CONFIG_TWICE_H

#include "config/config.h"

/* Adds a problem, with both lines, for each key that the document added last has twice:
 * at any depth, in whatever case, nested or dotted. What "<<" brings may be said anew.
 * Where both say the same it goes to warnings. 0, -EINVAL after adding to problems, or
 * -ENOMEM. */
int config_check_twice(const struct config *, struct problems *,
		       struct problems *warnings);

#endif
