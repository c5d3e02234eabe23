/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - formats text and numbers in columns of a terminal.
 */
#ifndef COMMAND_COLUMNS_H
#define COMMAND_COLUMNS_H

#include <stdint.h>
#include "base/buf.h"

#define COLUMNS_TEXT_MAX 16

/* Format a number into the caller's buffer, and return that. */
const char *columns_amount(char text[COLUMNS_TEXT_MAX],
			   int64_t n); /* 1234, 123k, 12.3M */
const char *columns_size(char text[COLUMNS_TEXT_MAX], int64_t bytes); /* 512 B, 1.5 KiB */
/* 119s, 2m, 47h, 2d; "-" below 0. */
const char *columns_age(char text[COLUMNS_TEXT_MAX], int64_t s);

/* How many columns a text takes, one a character (UTF-8). */
size_t columns_width(struct str);
/* Appends the text, in that many columns: a longer text is cut and ends with an
 * ellipsis, a shorter one is padded with blanks if pad. Control characters become
 * blanks, because a terminal would interpret them. */
void columns_put(struct buf *, struct str, size_t columns, bool pad);

#endif
