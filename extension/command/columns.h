/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - text and numbers for a person, in columns of a terminal.
 */
#ifndef COMMAND_COLUMNS_H
#define COMMAND_COLUMNS_H

#include <stdint.h>
#include "base/buf.h"

#define COLUMNS_TEXT_MAX 16

/* Numbers as text, in the caller's buffer, which is returned. */
const char *columns_amount(char text[COLUMNS_TEXT_MAX],
			   int64_t n); /* 1234, 123k, 12.3M */
const char *columns_size(char text[COLUMNS_TEXT_MAX], int64_t bytes); /* 512 B, 1.5 KiB */
/* 119s, 2m, 47h, 2d; "-" below 0. */
const char *columns_age(char text[COLUMNS_TEXT_MAX], int64_t s);

/* How many columns a text takes, one a character (UTF-8). */
size_t columns_width(struct str);
/* In so many columns: what is too long ends with an ellipsis, what is too short
 * is filled up with blanks if pad. Control characters become blanks, because a
 * terminal would obey them. */
void columns_put(struct buf *, struct str, size_t columns, bool pad);

#endif
