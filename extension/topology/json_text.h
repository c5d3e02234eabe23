/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h - parses untrusted JSON text with json-c: one value, strictly, with
 * bounded depth. */
#ifndef TOPOLOGY_JSON_TEXT_H
#define TOPOLOGY_JSON_TEXT_H

#include "base/err.h"
#include "base/str.h"

struct json_object;

/* *root is NULL for the value null; the caller frees it (json_object_put). 0, or
 * -EINVAL with the reason, or -ENOMEM; then *root is NULL. */
int json_text_parse(struct str text, struct json_object **root, struct err *);

#endif
