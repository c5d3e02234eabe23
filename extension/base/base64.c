/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - see base64.h. */
#include "base/base64.h"

/* The last two digits differ. -1: it is no digit. */
static int digit_of(char c, const char last[2])
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

static bool read_digits(struct buf *out, struct str text, const char last[2])
{
	unsigned group = 0, bits = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		int digit = digit_of(text.ptr[i], last);

		if (digit < 0)
			return false;
		group = (group << 6 | (unsigned)digit) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		buf_putc(out, (char)(group >> bits & 0xff));
	}
	/* One digit alone is no byte. */
	return text.len % 4 != 1;
}

bool base64_read(struct buf *out, struct str text)
{
	int pad;

	if (text.len % 4)
		return false;
	for (pad = 0; pad < 2 && text.len && text.ptr[text.len - 1] == '='; pad++)
		text.len--;
	return read_digits(out, text, "+/");
}

bool base64_url_read(struct buf *out, struct str text)
{
	return read_digits(out, text, "-_");
}

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
