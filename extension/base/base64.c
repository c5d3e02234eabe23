/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - see base64.h. */
#include "base/base64.h"

void base64_put(struct buf *out, struct str bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned long group;
	size_t i, n;

	for (; bytes.len; bytes = str_skip(bytes, 3)) {
		n = bytes.len < 3 ? bytes.len : 3;
		for (i = 0, group = 0; i < 3; i++)
			group = group << 8 | (i < n ? (unsigned char)bytes.ptr[i] : 0);
		for (i = 0; i < 4; i++)
			buf_putc(out, i > n ? '=' : digits[group >> (18 - 6 * i) & 63]);
	}
}
