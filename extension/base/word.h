/* SPDX-License-Identifier: Apache-2.0 */
/* word.h - operations on eight bytes at a time.
 *
 * The byte at the lowest address is in the lowest bits of a word, on every machine. A
 * mask has one answer a byte, in the byte's top bit. Only the first set bit of a mask
 * is reliable: behind it a subtraction may have borrowed.
 */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdint.h>
#include <string.h>

#define WORD_SIZE     sizeof(uint64_t)
/* The same byte eight times. */
#define WORD_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t word_load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Which bytes are less than limit, which is 128 at most. */
static inline uint64_t word_below(uint64_t word, unsigned char limit)
{
	return (word - WORD_OF(limit)) & ~word & WORD_OF(0x80);
}

static inline uint64_t word_equal(uint64_t word, unsigned char byte)
{
	return word_below(word ^ WORD_OF(byte), 1);
}

/* The index of the first byte set in a mask that is not 0. */
static inline unsigned word_first(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask) / 8;
}

#endif
