/* SPDX-License-Identifier: Apache-2.0 */
/* test_host_port.c - hosts with and without brackets and ports. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/host_port.h"

static void test_what_is_one(void **state)
{
	static const struct {
		const char *text, *host, *port;
		unsigned number;
		bool is_v6;
	} table[] = {
		{ "", "", "", 0, false },
		{ "a", "a", "", 0, false },
		{ "a:1", "a", "1", 1, false },
		{ ":65535", "", "65535", 65535, false },
		{ "a_b-c.example.com:0", "a_b-c.example.com", "0", 0, false },
		{ "192.0.2.1:08082", "192.0.2.1", "08082", 8082, false },
		{ "[::1]", "::1", "", 0, true },
		{ "[fe80::1%eth0.2]:99", "fe80::1%eth0.2", "99", 99, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		struct host_port hp;

		print_message("  %s\n", table[i].text);
		assert_int_equal(host_port_parse(str_of(table[i].text), &hp, &err), 0);
		assert_true(str_is(hp.host, table[i].host));
		assert_true(str_is(hp.port, table[i].port));
		assert_int_equal(hp.number, table[i].number);
		assert_int_equal(hp.is_v6, table[i].is_v6);
	}
}

static void test_what_is_none(void **state)
{
	static const char *const table[][2] = {
		{ "a:", "\":\" is not a port" },
		{ "a:x", "\"x\" is not a port" },
		{ "a:65536", "\"65536\" is not a port" },
		{ "a:000001", "is not a port" },
		{ "a:-1", "\"-1\" is not a port" },
		{ "::1", "is not a port" },
		{ "[::1", "\"[\" without \"]\"" },
		{ "[]:1", "no address in the brackets" },
		{ "[::1]1", "\"1\" is not a port" },
		{ "[a b]", "is not a host name" },
		{ "a b", "is not a host name" },
		{ "a/b:1", "is not a host name" },
		{ "user@a:1", "is not a host name" },
		{ "a%eth0", "is not a host name" },
		{ "a\r\nX: y", "is not a host name" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		struct host_port hp;

		assert_int_equal(host_port_parse(str_of(table[i][0]), &hp, &err),
				 -EINVAL);
		if (!strstr(err.text, table[i][1]))
			fail_msg("%s: %s", table[i][0], err.text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_one),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests_name("host_port", tests, NULL, NULL);
}
