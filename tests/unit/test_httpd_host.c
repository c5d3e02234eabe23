/* SPDX-License-Identifier: Apache-2.0 */
/* test_httpd_host.c - which names a server answers to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "net/httpd_host.h"

static const struct {
	const char *listen, *host;
	bool is_ours;
} cases[] = {
	{ "127.0.0.1:9100", "localhost", true },
	{ "127.0.0.1:9100", "localhost:8080", true },
	{ "127.0.0.1:9100", "LocalHost.:8080", true },
	{ "127.0.0.1:9100", "exporter.localhost", true },
	{ "127.0.0.1:9100", "127.0.0.1", true },
	{ "127.0.0.1:9100", "127.8.9.10:1", true },
	{ "127.0.0.1:9100", "[::1]:8080", true },
	{ "127.0.0.1:9100", "[::ffff:127.0.0.1]", true },
	{ "127.0.0.1:9100", "attacker.example:9100", false },
	{ "127.0.0.1:9100", "localhost.attacker.example", false },
	{ "127.0.0.1:9100", "evillocalhost", false },
	{ "127.0.0.1:9100", "127.0.0.1.attacker.example", false },
	{ "127.0.0.1:9100", "10.0.0.1:9100", false },
	{ "127.0.0.1:9100", "", false },
	{ "127.0.0.1:9100", ":9100", false },
	{ "127.0.0.1:9100", "localhost:x", false },
	{ "127.0.0.1:9100", "[::1", false },
	{ "127.0.0.1:9100", "a localhost", false },
	{ "127.0.0.1:9100", "localhost, attacker.example", false },
	{ "127.0.0.1:9100",
	  "1111111111111111111111111111111111111111111111111111111111111111", false },
	{ "localhost:9100", "localhost:1", true },
	{ "[::1]:9100", "[::1]:1", true },
	{ "[::1]:9100", "localhost", true },
	{ "[::1]:9100", "[::2]", false },
	{ "127.0.0.2:9100", "127.0.0.2", true },
	{ ":9100", "192.0.2.7:9100", true },
	{ ":9100", "[2001:db8::7]:9100", true },
	{ ":9100", "[fe80::1%eth0]:9100", true },
	{ ":9100", "localhost", true },
	{ ":9100", "attacker.example", false },
	{ "0.0.0.0:9100", "192.0.2.7", true },
	{ "0.0.0.0:9100", "attacker.example", false },
	{ "[::]:9100", "192.0.2.7", true },
	{ "[::]:9100", "attacker.example", false },
};

static void names_of_the_server(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct socket_address address;
		struct err err = ERR_INIT;
		char name[HOST_NAME_SIZE];

		assert_int_equal(listen_address_parse(cases[i].listen, &address, &err),
				 0);
		httpd_host_name(cases[i].listen, name);
		if (httpd_host_is_ours(str_of(cases[i].host), str_of(name), &address) !=
		    cases[i].is_ours)
			fail_msg("at %s, \"%s\" is%s ours", cases[i].listen,
				 cases[i].host, cases[i].is_ours ? " not" : "");
	}
}

/* The name need not be resolved for this; it stands for its address. */
static void name_it_was_told_to_listen_at(void **state)
{
	struct socket_address address;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(listen_address_parse("127.0.0.1:1", &address, &err), 0);
	assert_true(httpd_host_is_ours(STR("Status.Example:9100"), STR("status.example"),
				       &address));
	assert_false(httpd_host_is_ours(STR("status.example.com"), STR("status.example"),
					&address));
	assert_false(httpd_host_is_ours(STR("other"), STR(""), &address));
}

static void everywhere(void **state)
{
	static const struct {
		const char *listen;
		bool is_everywhere;
	} at[] = { { ":0", true },	     { "0.0.0.0:0", true },
		   { "[::]:0", true },	     { "[::ffff:0.0.0.0]:0", true },
		   { "127.0.0.1:0", false }, { "[::1]:0", false },
		   { "unix:/tmp/s", false } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct socket_address address;
		struct err err = ERR_INIT;

		assert_int_equal(listen_address_parse(at[i].listen, &address, &err), 0);
		assert_int_equal(httpd_host_is_everywhere(&address), at[i].is_everywhere);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_server),
		cmocka_unit_test(name_it_was_told_to_listen_at),
		cmocka_unit_test(everywhere),
	};

	return cmocka_run_group_tests_name("httpd_host", tests, NULL, NULL);
}
