/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h - the innermost loops of reading JSON, eight bytes a step.
 *
 * Inline, because strings and numbers are short and a call would take as long as the
 * loop. Escapes are rare, so json_unescape() is a call.
 */
#ifndef FORMAT_JSON_SCAN_H
#define FORMAT_JSON_SCAN_H

#include "base/str.h"
#include "base/word.h"

/* Where a string stops being plain: at a quote, a backslash or a control
 * character, or at the end. */
static inline const char *json_scan_string(const char *at, const char *end)
{
	while (end - at >= (ptrdiff_t)WORD_SIZE) {
		uint64_t word = word_load(at);
		/* With that bit flipped a quote is next to the control characters. */
		uint64_t stop = word_below(word ^ WORD_OF(0x02), ('"' ^ 0x02) + 1) |
				word_equal(word, '\\');

		if (stop)
			return at + word_first(stop);
		at += WORD_SIZE;
	}
	while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
		at++;
	return at;
}

/* Reads the digits at the start of eight bytes; returns how many there are. */
static inline unsigned json_scan_digits(const char *at, uint64_t *value)
{
	uint64_t digit = word_load(at) ^ WORD_OF('0');
	uint64_t others = (digit | (digit + WORD_OF(0x80 - 10))) & WORD_OF(0x80);
	unsigned count = others ? word_first(others) : (unsigned)WORD_SIZE;

	*value = 0;
	if (!count)
		return 0;
	/* Zeros in front and nothing behind, then neighbors are added up: pairs,
	 * fours, all eight. */
	digit <<= 8 * (WORD_SIZE - count);
	digit = (digit * (10 << 8 | 1)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	digit = (digit * (100 << 16 | 1)) >> 16 & UINT64_C(0x0000ffff0000ffff);
	*value = (digit * (UINT64_C(10000) << 32 | 1)) >> 32;
	return count;
}

/* Reads the usual kind of number: whole, up to 15 digits, before a comma or the end of
 * an object, and not at the end of the text. Returns where it ends, or NULL: it needs
 * the general parser. */
static inline const char *json_scan_number(const char *at, const char *end, int64_t *out)
{
	static const uint32_t power[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	};
	uint64_t value, low;
	unsigned count, more;

	if (end - at < 2 * (ptrdiff_t)WORD_SIZE)
		return NULL;
	count = json_scan_digits(at, &value);
	if (count == WORD_SIZE) {
		more = json_scan_digits(at + WORD_SIZE, &low);
		value = value * power[more] + low;
		count += more;
	}
	if (!count || (*at == '0' && count > 1) || count == 2 * WORD_SIZE ||
	    (at[count] != ',' && at[count] != '}'))
		return NULL;
	*out = (int64_t)value;
	return at + count;
}

/* Whether a key of len bytes stands at at, where room bytes can be read; eight
 * can be read from both. */
static inline bool json_scan_key(const char *at, const char *key, size_t len, size_t room)
{
	uint64_t differs = word_load(at) ^ word_load(key);
	size_t i;

	if (len < WORD_SIZE)
		return differs << 8 * (WORD_SIZE - len) == 0;
	if (differs || room < len)
		return false;
	for (i = WORD_SIZE; i + WORD_SIZE < len; i += WORD_SIZE)
		if (word_load(at + i) != word_load(key + i))
			return false;
	/* The last eight, of which some were compared before. */
	return word_load(at + len - WORD_SIZE) == word_load(key + len - WORD_SIZE);
}

/* The inside of a string into text.len bytes: an escape is never longer
 * unescaped. false: there is a bad escape or a control character. */
bool json_unescape(struct str text, char *to, size_t *len);

#endif
