/* SPDX-License-Identifier: Apache-2.0 */
/* test_mapping.c - memory that comes from the system and goes back to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys/mapping.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* mincore() says ENOMEM of what is not mapped. */
static int is_mapped(char *at)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char there;

	return mincore((void *)((uintptr_t)at / page * page), 1, &there) == 0;
}

static void all_of_it_can_be_used_and_goes_back(void **state)
{
	static const size_t sizes[] = { 1, 4096, 3000000, 5 << 20 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		struct mapping p = { 0 };
		char *last;

		mapping_close(&p);
		assert_int_equal(mapping_open(&p, sizes[i]), 0);
		mapping_populate(&p, sizes[i] / 2 + 1);
		last = p.ptr + sizes[i] - 1;
		assert_int_equal(p.ptr[0] | *last, 0);
		memset(p.ptr, 0xff, p.size);
		mapping_spare(&p);
		assert_true(is_mapped(last));
		memset(p.ptr, 0x0f, p.size);
		assert_int_equal(p.ptr[0] | *last, 0x0f);
		mapping_close(&p);
		assert_null(p.ptr);
		assert_false(is_mapped(last));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_can_be_used_and_goes_back),
	};

	return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
