/* SPDX-License-Identifier: Apache-2.0 */
/* settings_reference.h - the reference of all configuration keys, made from the shapes
 * that read them, so that it is always correct.
 */
#ifndef SETTINGS_SETTINGS_REFERENCE_H
#define SETTINGS_SETTINGS_REFERENCE_H

#include "base/buf.h"

/* A table in Markdown: key, type with its range, default, meaning; the keys of the
 * main file first. Appended. */
void settings_reference_put(struct buf *);

#endif
