/* SPDX-License-Identifier: Apache-2.0 */
/* jitter.h - random numbers that spread events which would otherwise coincide:
 * xorshift64* (Vigna 2014). Not for secrets.
 */
#ifndef BASE_JITTER_H
#define BASE_JITTER_H

#include <stdint.h>

/* The caller keeps the state, which must not start as 0. */
static inline uint64_t jitter_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717u;
}

#endif
