/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - formats text in columns of a terminal.
 */
#ifndef COMMAND_COLUMNS_H
#define COMMAND_COLUMNS_H

#include "base/buf.h"

/* How many columns a text takes, one a character (UTF-8). */
size_t columns_width(struct str);
/* Appends the text, in that many columns: a longer text is cut and ends with an
 * ellipsis, a shorter one is padded with blanks if pad. Control characters become
 * blanks, because a terminal would interpret them. */
void columns_put(struct buf *, struct str, size_t columns, bool pad);

#endif
