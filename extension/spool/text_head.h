/* SPDX-License-Identifier: Apache-2.0 */
/* text_head.h - bytes of a file that tell of it: a text, blanks, and a checksum of both,
 * so that less(1) can read them. Pure.
 */
#ifndef SPOOL_TEXT_HEAD_H
#define SPOOL_TEXT_HEAD_H

#include <stdbool.h>
#include "base/str.h"

#define TEXT_HEAD_SIZE 4096
#define TEXT_HEAD_SUM  9 /* eight hex digits and a line feed */
#define TEXT_HEAD_TEXT (TEXT_HEAD_SIZE - TEXT_HEAD_SUM)

/* Fills TEXT_HEAD_SIZE bytes; the text has at most TEXT_HEAD_TEXT. */
void text_head_write(struct str text, char *to);
/* Whether the checksum of so many bytes is right. */
bool text_head_is_whole(const char *from);

#endif
