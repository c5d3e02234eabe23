/* SPDX-License-Identifier: Apache-2.0 */
/* digits.c - see digits.h. */
#include "format/digits.h"

const char digits_pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

char *digits_put(char *to, uint64_t value)
{
	char text[2 * DIGITS_ROOM];
	char *at = text + DIGITS_ROOM;

	while (value >= 100) {
		at -= 2;
		digits_put_two(at, (unsigned)(value % 100));
		value /= 100;
	}
	if (value >= 10) {
		at -= 2;
		digits_put_two(at, (unsigned)value);
	} else {
		*--at = (char)('0' + value);
	}
	memcpy(to, at, DIGITS_ROOM); /* of a known size: three moves */
	return to + (text + DIGITS_ROOM - at);
}
