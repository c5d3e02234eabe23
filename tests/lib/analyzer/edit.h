/* SPDX-License-Identifier: Apache-2.0 */
/* edit.h - looks into a JSON object and changes it, as text.
 *
 * What is not touched stays byte for byte. A path is keys with dots between
 * them; in edits what is missing on the way is made. Keys are compared as they
 * are written, escapes included.
 */
#ifndef ANALYZER_EDIT_H
#define ANALYZER_EDIT_H

#include "bytes.h"
#include "scan.h"

/* The value of a member; length 0 if there is none. */
struct text edit_find(struct text object, const char *key);
/* Appends the object with the value at the path. */
void edit_set(struct bytes *out, struct text object, struct text path, struct text value);
/* Appends the object without what is at the path. */
void edit_delete(struct bytes *out, struct text object, struct text path);

#endif
