/* SPDX-License-Identifier: Apache-2.0 */
/* test_crc32c.c - known sums, from the instruction and from the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/crc32c.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 3720, appendix B.4: an iSCSI command PDU that reads. */
static const char read_command[48] = {
	0x01, (char)0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,	 0, 0, 0, 0,
	0x14, 0,	  0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
	0x28, 0,	  0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,	 0, 0, 0, 0,
};

static void test_known_bytes_have_their_sum(void **state)
{
	char zeros[32], ones[32], up[32], down[32];
	const struct {
		struct str bytes;
		uint32_t sum;
	} cases[] = {
		{ { zeros, 32 }, 0x8a9136aa },
		{ { ones, 32 }, 0x62a8ab43 },
		{ { up, 32 }, 0x46dd794e },
		{ { down, 32 }, 0x113fdb5c },
		{ { read_command, 48 }, 0xd9963a56 },
		{ STR("123456789"), 0xe3069283 }, /* the usual check value */
		{ STR(""), 0 },
		{ { NULL, 0 }, 0 },
	};
	size_t i;

	(void)state;
	memset(zeros, 0, sizeof(zeros));
	memset(ones, 0xff, sizeof(ones));
	for (i = 0; i < sizeof(up); i++) {
		up[i] = (char)i;
		down[i] = (char)(31 - i);
	}
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(crc32c(0, cases[i].bytes), cases[i].sum);
		assert_int_equal(crc32c_by_table(0, cases[i].bytes), cases[i].sum);
	}
}

/* Wherever the bytes begin and however they are cut. */
static void test_parts_add_up(void **state)
{
	char bytes[64];
	size_t from, cut, len;

	(void)state;
	for (from = 0; from < sizeof(bytes); from++)
		bytes[from] = (char)(from * 37 + 11);
	for (from = 0; from < 8; from++) {
		for (len = 0; len <= sizeof(bytes) - from; len++) {
			struct str all = { bytes + from, len };
			uint32_t sum = crc32c_by_table(0, all);

			for (cut = 0; cut <= len; cut++) {
				uint32_t part = crc32c(0, (struct str){ all.ptr, cut });

				assert_int_equal(crc32c(part, str_skip(all, cut)), sum);
			}
		}
	}
}

/* Long ones are summed up in lanes: around each whole number of them. */
static void test_long_bytes_have_the_sum_of_the_table(void **state)
{
	static char bytes[3 * 3 * 256 + 40];
	size_t len;
	uint32_t random = 1;

	(void)state;
	for (len = 0; len < sizeof(bytes); len++) {
		random = random * 1664525 + 1013904223;
		bytes[len] = (char)(random >> 24);
	}
	for (len = 0; len <= sizeof(bytes); len++) {
		struct str all = { bytes, len };

		assert_int_equal(crc32c(0, all), crc32c_by_table(0, all));
		assert_int_equal(crc32c(0x12345678, all),
				 crc32c_by_table(0x12345678, all));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_bytes_have_their_sum),
		cmocka_unit_test(test_parts_add_up),
		cmocka_unit_test(test_long_bytes_have_the_sum_of_the_table),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
