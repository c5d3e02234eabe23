/* SPDX-License-Identifier: Apache-2.0 */
/* jitter.h - random numbers that spread what would else happen at once: xorshift64*
 * (Vigna 2014). Nothing secret may come of it.
 */
#ifndef BASE_JITTER_H
#define BASE_JITTER_H

#include <stdint.h>

/* state is what the caller keeps; not 0 at first. */
static inline uint64_t jitter_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717u;
}

#endif
