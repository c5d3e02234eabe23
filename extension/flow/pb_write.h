/* SPDX-License-Identifier: Apache-2.0 */
/* pb_write.h - protobuf's wire format, written (protobuf.dev, "Encoding").
 *
 * What is called is written, zeros and empty texts, too: who calls knows what proto3
 * leaves out. Either into a buffer, whose errors stay its own, or where there is room
 * for sure; then the end of what was written is returned.
 */
#ifndef FLOW_PB_WRITE_H
#define FLOW_PB_WRITE_H

#include "base/buf.h"

enum pb_wire { PB_VARINT = 0, PB_BYTES = 2 };

#define PB_VARINT_MAX	 10 /* bytes */
#define PB_TAG_MAX	 5
#define PB_NUMBER_MAX	 (PB_TAG_MAX + PB_VARINT_MAX)
/* What a text, and what stands before the fields of a message, takes at most. */
#define PB_TEXT_MAX(len) (PB_NUMBER_MAX + 3 * (len))
#define PB_HEAD_MAX	 PB_NUMBER_MAX

static inline char *pb_write_varint(char *to, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (char)(value | 0x80);
	*to++ = (char)value;
	return to;
}

static inline char *pb_write_tag(char *to, unsigned field, enum pb_wire wire)
{
	return pb_write_varint(to, (uint64_t)field << 3 | wire);
}

/* A string: readers refuse a message whose strings are not UTF-8, so each byte that is
 * not becomes U+FFFD. */
char *pb_write_text(char *to, unsigned field, struct str);
/* The fields of a message stand from begun, where pb_write_tag() left off and one byte
 * more, to end: its length comes before them. */
char *pb_write_length(char *begun, char *end);

/* Any number type but sint and fixed; negative ones are sign-extended to 64 bits. */
void pb_put_number(struct buf *, unsigned field, uint64_t value);
void pb_put_bytes(struct buf *, unsigned field, struct str);
/* As pb_write_text(). */
void pb_put_text(struct buf *, unsigned field, struct str);
/* A message inside: its fields stand between these two; begun is what the first one
 * returned. */
size_t pb_begin(struct buf *, unsigned field);
void pb_end(struct buf *, size_t begun);

#endif
