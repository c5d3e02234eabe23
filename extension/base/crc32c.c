/* SPDX-License-Identifier: Apache-2.0 */
/* crc32c.c - see crc32c.h. */
#ifdef __x86_64__
#include <nmmintrin.h>
#include <wmmintrin.h>
#endif
#include "base/crc32c.h"
#include "base/word.h"

/* What the lower and the upper four bits of a byte add to the sum: together as
 * good as one table of all bytes. */
static const uint32_t low_bits[16] = {
	0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c,
	0x26a1e7e8, 0xd4ca64eb, 0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b,
	0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
};

static const uint32_t high_bits[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_by_table(uint32_t crc, struct str bytes)
{
	size_t i;

	crc = ~crc;
	for (i = 0; i < bytes.len; i++) {
		crc ^= (unsigned char)bytes.ptr[i];
		crc = crc >> 8 ^ low_bits[crc & 0xf] ^ high_bits[crc >> 4 & 0xf];
	}
	return ~crc;
}

#ifdef __x86_64__
#define WITH_INSTRUCTIONS __attribute__((target("sse4.2,pclmul")))

/* The instruction takes three cycles and one can begin in each, so three lanes
 * are summed up side by side. What a lane is followed by is multiplied in:
 * x^(8 * bytes - 33) modulo the polynomial, bits reversed; 32 of the 33 come
 * back with the instruction, one with the product of reversed numbers. */
#define LANE	  256
#define BY_ONE	  0xb9e02b86 /* LANE bytes follow */
#define BY_TWO	  0xdd7e3b0c
#define ALL_LANES (3 * (size_t)LANE)

WITH_INSTRUCTIONS static uint64_t followed(uint64_t sum, uint32_t by)
{
	__m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)sum),
					       _mm_cvtsi64_si128(by), 0);

	return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

WITH_INSTRUCTIONS static uint64_t sum_lanes(uint64_t sum, const char *at)
{
	uint64_t second = 0, third = 0;
	size_t i;

	for (i = 0; i < LANE; i += WORD_SIZE) {
		sum = _mm_crc32_u64(sum, word_load(at + i));
		second = _mm_crc32_u64(second, word_load(at + LANE + i));
		third = _mm_crc32_u64(third, word_load(at + 2 * LANE + i));
	}
	return followed(sum, BY_TWO) ^ followed(second, BY_ONE) ^ third;
}

WITH_INSTRUCTIONS static uint32_t by_instruction(uint32_t crc, struct str bytes)
{
	uint64_t sum = ~crc;

	for (; bytes.len >= ALL_LANES; bytes = str_skip(bytes, ALL_LANES))
		sum = sum_lanes(sum, bytes.ptr);
	for (; bytes.len >= WORD_SIZE; bytes = str_skip(bytes, WORD_SIZE))
		sum = _mm_crc32_u64(sum, word_load(bytes.ptr));
	for (; bytes.len; bytes = str_skip(bytes, 1))
		sum = _mm_crc32_u8((uint32_t)sum, (unsigned char)*bytes.ptr);
	return ~(uint32_t)sum;
}

uint32_t crc32c(uint32_t crc, struct str bytes)
{
	return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")
		       ? by_instruction(crc, bytes)
		       : crc32c_by_table(crc, bytes);
}
#else
uint32_t crc32c(uint32_t crc, struct str bytes)
{
	return crc32c_by_table(crc, bytes);
}
#endif
