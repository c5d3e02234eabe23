/* SPDX-License-Identifier: Apache-2.0 */
/* config_value.h - from a value of the configuration to a member of a struct;
 * private to config*.c.
 *
 * What fits is what viper (spf13/cast) converts without falling back to 0, ""
 * or false; what it would lose silently is refused.
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

/* Scalars in Go's canonical form: 1.50 is "1.5", 0x1F is "31"; NULL is "".
 * false: a list or a map. */
bool config_value_text(const struct yaml_node *, struct arena *, struct str *text);

/* The value as a message quotes it, never a secret. */
void config_value_show(const struct yaml_node *, unsigned flags, struct buf *);

#endif
