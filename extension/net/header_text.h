/* SPDX-License-Identifier: Apache-2.0 */
/* header_text.h - what can stand in a line of a header.
 *
 * The end of a line in a value begins another header, or another request (RFC 9110
 * section 5.5: CR, LF and NUL are dangerous). So whatever the configuration or
 * somebody else gives is looked at before it becomes one.
 */
#ifndef NET_HEADER_TEXT_H
#define NET_HEADER_TEXT_H

#include "base/str.h"

#define HEADER_TEXT_REASON                                                               \
	"holds the end of a line, a NUL or another control character, which no header "  \
	"can hold; was it pasted?"

/* No control character is in it; empty fits. */
bool header_text_fits(struct str);

#endif
