/* SPDX-License-Identifier: Apache-2.0 */
/* digits.c - see digits.h. */
#include "format/digits.h"

const char digits_pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

static const uint64_t powers[] = {
	0,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000,
	10000000000000000000u,
};

/* 1233 / 4096 is a little more than log10(2): right, or one too few. */
static unsigned count_of_digits(uint64_t value)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
	unsigned count = bits * 1233 >> 12;

	return count + (value >= powers[count]);
}

char *digits_put(char *to, uint64_t value)
{
	char *end = to + count_of_digits(value), *at = end;

	while (value >= 100) {
		at -= 2;
		digits_put_two(at, (unsigned)(value % 100));
		value /= 100;
	}
	if (value >= 10)
		digits_put_two(at - 2, (unsigned)value);
	else
		at[-1] = (char)('0' + value);
	return end;
}
