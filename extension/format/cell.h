/* SPDX-License-Identifier: Apache-2.0 */
/* cell.h - a field of a flat record as the text of a table cell. */
#ifndef FORMAT_CELL_H
#define FORMAT_CELL_H

#include "format/digits.h"
#include "format/shape.h"

#define CELL_ROOM (DIGITS_ROOM + 1)

/* The value of a field of a flat shape. Empty when the value is not known: an empty
 * string, or a number below 0 where the field says so. Points into the record, or to
 * text, which has CELL_ROOM bytes. */
struct str cell_text(const struct field *, const void *value, char *text);

#endif
