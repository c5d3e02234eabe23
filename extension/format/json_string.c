/* SPDX-License-Identifier: Apache-2.0 */
/* json_string.c - strings of json_write.h. */
#include <stdio.h>
#include "format/json_copy.h"
#include "format/json_write.h"

/* The length of the well-formed UTF-8 sequence at the start (RFC 3629: no
 * surrogates, nothing above U+10FFFF, no overlong forms); 0: there is none. */
size_t json_utf8_len(const unsigned char *at, size_t left)
{
	size_t n, i;
	unsigned low = 0x80, high = 0xbf;

	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		n = 2;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		n = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (left < n || at[1] < low || at[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static size_t put_special(struct buf *b, const unsigned char *at, size_t left)
{
	char code[7];
	size_t n;

	switch (*at) {
	case '"':
		json_put(b, "\\\"", 2);
		return 1;
	case '\\':
		json_put(b, "\\\\", 2);
		return 1;
	case '\n':
		json_put(b, "\\n", 2);
		return 1;
	case '\r':
		json_put(b, "\\r", 2);
		return 1;
	case '\t':
		json_put(b, "\\t", 2);
		return 1;
	}
	if (*at < 0x80) {
		snprintf(code, sizeof(code), "\\u%04x", *at);
		json_put(b, code, 6);
		return 1;
	}
	n = json_utf8_len(at, left);
	if (n == 0)
		json_put(b, "\\ufffd", 6);
	else if (n == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8)
		json_put(b, at[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
	else
		json_put(b, (const char *)at, n);
	return n ? n : 1;
}

void json_put_string(struct buf *b, struct str s)
{
	char *to = json_room(b, s.len + 2);
	size_t i = 0, from;

	if (to) {
		*to = '"';
		to = json_copy_plain(to + 1, s);
		if (to) {
			*to = '"';
			buf_added(b, s.len + 2);
			return;
		}
	}
	json_put(b, "\"", 1);
	while (i < s.len) {
		for (from = i; i < s.len && json_is_plain((unsigned char)s.ptr[i]); i++)
			;
		json_put(b, s.ptr + from, i - from);
		if (i < s.len)
			i += put_special(b, (const unsigned char *)s.ptr + i, s.len - i);
	}
	json_put(b, "\"", 1);
}
