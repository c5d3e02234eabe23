/* SPDX-License-Identifier: Apache-2.0 */
/* pb_write.h - protobuf's wire format, written (protobuf.dev, "Encoding").
 *
 * What is called is written, zeros and empty texts, too: who calls knows what proto3
 * leaves out. Errors are the buffer's.
 */
#ifndef FLOW_PB_WRITE_H
#define FLOW_PB_WRITE_H

#include "base/buf.h"

/* Any number type but sint and fixed; negative ones are sign-extended to 64 bits. */
void pb_put_number(struct buf *, unsigned field, uint64_t value);
void pb_put_bytes(struct buf *, unsigned field, struct str);
/* A string: readers refuse a message whose strings are not UTF-8, so each byte that is
 * not becomes U+FFFD. */
void pb_put_text(struct buf *, unsigned field, struct str);
/* A message inside: its fields stand between these two; begun is what the first one
 * returned. */
size_t pb_begin(struct buf *, unsigned field);
void pb_end(struct buf *, size_t begun);

#endif
