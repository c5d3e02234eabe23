/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.h - types of scalars; private to yaml.c.
 *
 * Resolves YAML 1.1 as go-yaml v2 does for an interface{}: no base 60, and timestamps
 * stay strings. A whole number past 64 bits stays a string too, so that no digit is
 * lost.
 */
#ifndef CONFIG_YAML_SCALAR_H
#define CONFIG_YAML_SCALAR_H

#include "config/yaml.h"

/* Sets kind and value of the node from its text. */
void yaml_scalar_resolve(struct yaml_node *);
/* The same under a tag of the core schema, "tag:yaml.org,2002:int" or "!", NULL for
 * none. quoted: without a tag it is a string. -EINVAL: the tag is unknown, or the text
 * does not fit it. */
int yaml_scalar_resolve_tag(struct yaml_node *, const char *tag, bool quoted);

#endif
