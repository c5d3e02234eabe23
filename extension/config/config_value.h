/* SPDX-License-Identifier: Apache-2.0 */
/* config_value.h - converts a value of the configuration to a member of a struct;
 * private to config*.c.
 *
 * Accepts what viper (spf13/cast) converts without falling back to 0, "" or false;
 * refuses what viper would silently lose. Text stays as it was typed, which viper
 * changes (1.50 becomes 1.5), and names are taken in any case.
 */
#ifndef CONFIG_CONFIG_VALUE_H
#define CONFIG_CONFIG_VALUE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "format/shape.h"
#include "config/yaml.h"

/* Any kind but MAP, OBJECT and RAW. Strings are copied to the arena. -EINVAL:
 * the reason is about the key of the field. */
int config_value_read(const struct field *, const struct yaml_node *, void *member,
		      struct arena *, struct err *);

/* Scalars as they were typed, also what looks like a number or a truth: ids and keys
 * such as 012345678901, 1e3 or no are text. NULL is "". false: a list or a map. */
bool config_value_text(const struct yaml_node *, struct arena *, struct str *text);

/* The value as messages quote it, without secrets. */
void config_value_show(const struct yaml_node *, unsigned flags, struct buf *);

#endif
