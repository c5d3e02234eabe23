/* SPDX-License-Identifier: Apache-2.0 */
/* cell.h - one value of a flat record, as the text a table shows. */
#ifndef FORMAT_CELL_H
#define FORMAT_CELL_H

#include "format/digits.h"
#include "format/shape.h"

#define CELL_ROOM (DIGITS_ROOM + 1)

/* The value of a field of a flat shape. Empty when it is not known: an empty
 * string, a number below 0 of a field that says so. Points into the record, or
 * to text, which has CELL_ROOM bytes. */
struct str cell_text(const struct field *, const void *value, char *text);

#endif
