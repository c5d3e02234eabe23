/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.c - see json_scan.h. */
#include "format/json_scan.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits after \u; -1 when they are not there. */
static int32_t json_scan_hex4(const char *at, const char *end)
{
	int32_t value = 0;
	int i, digit;

	if (end - at < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		digit = hex_digit(at[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static char *put_utf8(char *to, int32_t rune)
{
	if (rune < 0x80) {
		*to++ = (char)rune;
	} else if (rune < 0x800) {
		*to++ = (char)(0xc0 | rune >> 6);
		*to++ = (char)(0x80 | (rune & 0x3f));
	} else if (rune < 0x10000) {
		*to++ = (char)(0xe0 | rune >> 12);
		*to++ = (char)(0x80 | (rune >> 6 & 0x3f));
		*to++ = (char)(0x80 | (rune & 0x3f));
	} else {
		*to++ = (char)(0xf0 | rune >> 18);
		*to++ = (char)(0x80 | (rune >> 12 & 0x3f));
		*to++ = (char)(0x80 | (rune >> 6 & 0x3f));
		*to++ = (char)(0x80 | (rune & 0x3f));
	}
	return to;
}

/* The character of the escape whose 'u' is at *at, which is moved behind it.
 * Half a surrogate pair is U+FFFD, as in Go. */
static int32_t unescape_rune(const char **at, const char *end)
{
	int32_t high = json_scan_hex4(*at + 1, end);
	int32_t low;

	if (high < 0)
		return -1;
	*at += 5;
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
		low = json_scan_hex4(*at + 2, end);
		if (low >= 0xdc00 && low <= 0xdfff) {
			*at += 6;
			return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return 0xfffd;
}

/* One escape, from behind its backslash. NULL: not an escape. */
static char *unescape_one(char *to, const char **at, const char *end)
{
	static const char plain[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *found;
	int32_t rune;

	if (*at == end)
		return NULL;
	if (**at == 'u') {
		rune = unescape_rune(at, end);
		return rune < 0 ? NULL : put_utf8(to, rune);
	}
	found = **at ? strchr(plain, **at) : NULL;
	if (!found)
		return NULL;
	(*at)++;
	*to++ = meant[found - plain];
	return to;
}

bool json_unescape(struct str text, char *bytes, size_t *len)
{
	const char *from = text.ptr, *end = text.ptr + text.len;
	char *to = bytes;

	while (from < end) {
		if ((unsigned char)*from < 0x20)
			return false;
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		from++;
		to = unescape_one(to, &from, end);
		if (!to)
			return false;
	}
	*len = (size_t)(to - bytes);
	return true;
}
