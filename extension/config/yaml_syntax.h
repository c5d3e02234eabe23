/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_syntax.h - explains libyaml's syntax errors to a person; private to yaml.c. */
#ifndef CONFIG_YAML_SYNTAX_H
#define CONFIG_YAML_SYNTAX_H

#include "base/str.h"

#define YAML_SYNTAX_MAX 256

struct yaml_parser_s; /* libyaml's yaml_parser_t */

/* Writes why the parser, which has failed, does not accept the text. Returns the line,
 * from 1. */
unsigned yaml_syntax_explain(const struct yaml_parser_s *, struct str text,
			     char why[YAML_SYNTAX_MAX]);

#endif
