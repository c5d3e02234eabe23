/* SPDX-License-Identifier: Apache-2.0 */
/* header_text.h - which text is allowed in a header line.
 *
 * A line end in a value would begin another header, or another request (RFC 9110
 * section 5.5: CR, LF and NUL are dangerous). So all text from the configuration or
 * from others is checked before it is part of a header.
 */
#ifndef NET_HEADER_TEXT_H
#define NET_HEADER_TEXT_H

#include "base/str.h"

#define HEADER_TEXT_REASON                                                               \
	"holds the end of a line, a NUL or another control character, which no header "  \
	"can hold; was it pasted?"

/* Whether it has no control characters; empty text fits. */
bool header_text_fits(struct str);

#endif
