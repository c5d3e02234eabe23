/* SPDX-License-Identifier: Apache-2.0 */
/* config_conversion.h - the conversion of one value for one field; private to
 * config_value.c, config_number.c and config_refuse.c. */
#ifndef CONFIG_CONFIG_CONVERSION_H
#define CONFIG_CONFIG_CONVERSION_H

#include "base/arena.h"
#include "base/err.h"
#include "format/shape.h"
#include "config/yaml.h"

struct conversion {
	const struct field *field;
	const struct yaml_node *value;
	struct arena *arena;
	struct err *err;
};

/* The value as it is quoted, and then the reason. -EINVAL, or -ENOMEM. */
int config_refuse(const struct conversion *, const char *reason);
/* About an item of a list: index is "[2]". */
int config_refuse_at(const struct conversion *, const struct yaml_node *value,
		     const char *index, const char *reason);

/* U16, U32 and I64, with their units and their range. */
int config_number_read(const struct conversion *, void *member);

#endif
