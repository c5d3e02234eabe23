/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - the length of UTF-8 sequences. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* The length of the well-formed multi-byte UTF-8 sequence at the start (RFC 3629: no
 * surrogates, nothing above U+10FFFF, no overlong forms); 0: there is none. */
size_t utf8_len(struct str);

#endif
