/* SPDX-License-Identifier: Apache-2.0 */
/* test_share.c - what each may have of what there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/share.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OWNERS	     5

static void test_what_others_leave_is_borrowed(void **state)
{
	static const struct {
		int64_t total, owned[OWNERS], level;
	} table[] = {
		{ 100, { 20, 20, 20, 20, 20 }, SHARE_FULL },
		{ 100, { 0, 0, 0, 0, 0 }, SHARE_FULL },
		{ 100, { 30, 30, 30, 30, 30 }, 20 },
		/* One has all, and has to give; the small ones keep what they have. */
		{ 100, { 1, 2, 3, 4, 1000 }, 90 },
		{ 100, { 10, 10, 10, 60, 60 }, 35 },
		{ 100, { 0, 0, 0, 99, 1 }, SHARE_FULL },
		{ 100, { 0, 0, 0, 100, 1 }, 99 },
		/* Nothing is there for anybody. */
		{ 0, { 5, 0, 0, 0, 0 }, 0 },
		{ -50, { 5, 7, 0, 0, 0 }, 0 },
	};
	size_t i, owner;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		struct share s;

		print_message("  %zu\n", i);
		share_begin(&s, table[i].total);
		do
			for (owner = 0; owner < OWNERS; owner++)
				share_add(&s, table[i].owned[owner]);
		while (share_again(&s));
		assert_int_equal(s.level, table[i].level);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_others_leave_is_borrowed),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
