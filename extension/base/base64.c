/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - see base64.h. */
#include "base/base64.h"

/* -1: it is no digit. */
static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Three bytes of four digits, fewer of a last group that is padded. */
static bool read_group(struct buf *out, const char *text, bool is_last)
{
	size_t n = is_last && text[3] == '=' ? (text[2] == '=' ? 1 : 2) : 3, i;
	unsigned long group = 0;
	int digit;

	for (i = 0; i < 4; i++) {
		digit = i > n ? 0 : digit_of(text[i]);
		if (digit < 0)
			return false;
		group = group << 6 | (unsigned)digit;
	}
	for (i = 0; i < n; i++)
		buf_putc(out, (char)(group >> (16 - 8 * i)));
	return true;
}

bool base64_read(struct buf *out, struct str text)
{
	if (text.len % 4)
		return false;
	for (; text.len; text = str_skip(text, 4))
		if (!read_group(out, text.ptr, text.len == 4))
			return false;
	return true;
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

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64_url_read(struct buf *out, struct str text)
{
	unsigned group = 0, bits = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		int value = value_of(text.ptr[i]);

		if (value < 0)
			return false;
		group = (group << 6 | (unsigned)value) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		buf_putc(out, (char)(group >> bits & 0xff));
	}
	/* One character alone is no byte. */
	return text.len % 4 != 1;
}
