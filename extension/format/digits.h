/* SPDX-License-Identifier: Apache-2.0 */
/* digits.h - numbers to decimal text, two digits a step, which halves the divisions. */
#ifndef FORMAT_DIGITS_H
#define FORMAT_DIGITS_H

#include <stdint.h>
#include <string.h>

/* The most that digits_put() writes. */
#define DIGITS_ROOM 20

/* "00" to "99", one after the other. */
extern const char digits_pairs[];

/* Two digits of a number below 100; returns where they end. */
static inline char *digits_put_two(char *to, unsigned value)
{
	memcpy(to, digits_pairs + (size_t)2 * value, 2);
	return to + 2;
}

/* As many digits as there are; returns where they end. */
char *digits_put(char *to, uint64_t value);

#endif
