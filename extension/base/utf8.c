/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - see utf8.h. */
#include <stdint.h>
#include "base/utf8.h"

size_t utf8_len(struct str s)
{
	const unsigned char *at = (const unsigned char *)s.ptr;
	unsigned low = 0x80, high = 0xbf;
	size_t n, i;

	if (s.len < 2 || at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	n = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (s.len < n || at[1] < low || at[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

size_t utf8_good(struct str text)
{
	size_t i = 0, length;
	uint64_t eight;

	while (i < text.len) {
		if (text.len - i >= sizeof(eight)) {
			memcpy(&eight, text.ptr + i, sizeof(eight));
			if (!(eight & UINT64_C(0x8080808080808080))) {
				i += sizeof(eight);
				continue;
			}
		}
		if ((unsigned char)text.ptr[i] < 0x80) {
			i++;
			continue;
		}
		length = utf8_len(str_skip(text, i));
		if (!length)
			break;
		i += length;
	}
	return i;
}
