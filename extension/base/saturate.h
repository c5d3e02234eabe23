/* SPDX-License-Identifier: Apache-2.0 */
/* saturate.h - sums and differences of numbers that somebody else chose.
 *
 * What does not fit is the nearest number that does: counters of a peer may be
 * anything, and C leaves open what their overflow is.
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
