/* SPDX-License-Identifier: Apache-2.0 */
/* test_err.c - reasons for people. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/err.h"

static void keeps_text_and_key(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_string_equal(err.text, "");
	assert_int_equal(err_set_key(&err, "masks[2]", "%d is odd", 3), -EINVAL);
	assert_string_equal(err.text, "3 is odd");
	assert_string_equal(err.key, "masks[2]");
	assert_int_equal(err_set(&err, "another"), -EINVAL);
	assert_string_equal(err.text, "another");
	assert_string_equal(err.key, "");
}

static void takes_a_prefix(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set_key(&err, "k", "reason");
	err_prefix(&err, "%s:%d", "file", 7);
	assert_string_equal(err.text, "file:7: reason");
	assert_string_equal(err.key, "k");
}

static void cuts_what_is_too_long(void **state)
{
	char longer[3000];
	struct err err = ERR_INIT;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_set_key(&err, longer, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(strlen(err.key), sizeof(err.key) - 1);
	err_prefix(&err, "%s", "file");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_prefix(&err, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void needs_no_reader(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, "x"), -EINVAL);
	assert_int_equal(err_set_key(NULL, "k", "x"), -EINVAL);
	err_prefix(NULL, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_text_and_key),
		cmocka_unit_test(takes_a_prefix),
		cmocka_unit_test(cuts_what_is_too_long),
		cmocka_unit_test(needs_no_reader),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
