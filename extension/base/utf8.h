/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - UTF-8: the length of sequences, and whether text is well-formed. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* The length of the well-formed multi-byte UTF-8 sequence at the start (RFC 3629: no
 * surrogates, nothing above U+10FFFF, no overlong forms); 0: there is none. */
size_t utf8_len(struct str);

/* How many bytes from the start are well-formed. */
size_t utf8_good(struct str);

/* What stands in for a byte that is not: U+FFFD. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

#endif
