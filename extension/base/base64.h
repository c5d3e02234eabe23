/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - bytes as text (RFC 4648 section 4, padded). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

void base64_put(struct buf *, struct str bytes);

/* Appends the bytes of such a text. false: it is none; something may have been appended. */
bool base64_read(struct buf *, struct str text);

#endif
