/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - bytes as text for HTTP headers (RFC 4648 section 4, padded), and text of a
 * token as bytes (section 5, not padded). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* Appends the bytes of such a text. false: it is none; something may have been appended. */
bool base64_read(struct buf *, struct str text);

void base64_put(struct buf *, struct str bytes);
/* false: it is not such text; what was appended means nothing. */
bool base64_url_read(struct buf *, struct str text);

#endif
