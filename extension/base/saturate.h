/* SPDX-License-Identifier: Apache-2.0 */
/* saturate.h - sums and differences of numbers from untrusted input.
 *
 * A result that overflows becomes the nearest number that fits: a peer's counters may
 * have any value, and signed overflow is undefined in C.
 */
#ifndef BASE_SATURATE_H
#define BASE_SATURATE_H

#include <stdint.h>

static inline int64_t saturate_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return b > 0 ? INT64_MAX : INT64_MIN;
}

static inline int64_t saturate_sub(int64_t a, int64_t b)
{
	int64_t difference;

	if (!__builtin_sub_overflow(a, b, &difference))
		return difference;
	return b < 0 ? INT64_MAX : INT64_MIN;
}

#endif
