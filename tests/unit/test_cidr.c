/* SPDX-License-Identifier: Apache-2.0 */
/* test_cidr.c - what counts as an address and what lies in which network. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/cidr.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum family { NONE, V4, V6 };

static void parses_addresses_as_go_does(void **state)
{
	static const struct {
		const char *text;
		enum family family;
	} cases[] = {
		{ "10.0.0.1", V4 },
		{ "0.0.0.0", V4 },
		{ "255.255.255.255", V4 },
		{ "::ffff:10.0.0.1", V4 },
		{ "::ffff:a00:1", V4 },
		{ "0:0:0:0:0:ffff:10.0.0.1", V4 },
		{ "::", V6 },
		{ "fe80::1", V6 },
		{ "FD00:0:0:0:0:0:0:1", V6 },
		{ "::1.2.3.4", V6 },
		{ "64:ff9b::1.2.3.4", V6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", V6 },
		{ "", NONE },
		{ "10.0.0", NONE },
		{ "10.0.0.", NONE },
		{ "10.0.0.0.0", NONE },
		{ "10.0.0.256", NONE },
		{ "10.0.0.01", NONE },
		{ "0x0a.0.0.1", NONE },
		{ "167772161", NONE },
		{ " 10.0.0.1", NONE },
		{ "10.0.0.1 ", NONE },
		{ "10.0.0.1:80", NONE },
		{ "fe80::1%eth0", NONE },
		{ "::ffff:10.0.0.01", NONE },
		{ "1:2:3:4:5:6:7", NONE },
		{ "1:2:3:4:5:6:7:8:9", NONE },
		{ "1:2:3:4:5:6:7::8", NONE },
		{ "1::2::3", NONE },
		{ ":1::", NONE },
		{ "12345::", NONE },
		{ "::g", NONE },
		{ "02:42:ac:11:00:02", NONE },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", NONE },
	};
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		enum family got = !address_parse(str_of(cases[i].text), &a) ? NONE
				  : a.is_v4				    ? V4
									    : V6;

		if (got != cases[i].family)
			fail_msg("\"%s\": family %d", cases[i].text, got);
	}
	assert_false(address_parse((struct str){ "1.2.3.4\0", 8 }, &a));
	assert_false(address_parse((struct str){ NULL, 0 }, &a));
}

static uint32_t below(uint32_t limit)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % limit;
}

/* Addresses in which a character was changed, and some that were left alone. */
static void agrees_with_inet_pton(void **state)
{
	static const char letters[] = "0123456789.x";
	int i;

	(void)state;
	for (i = 0; i < 300000; i++) {
		char text[32];
		uint8_t expected[4];
		struct address a;
		int len = snprintf(text, sizeof(text), "%u.%u.%u.%u", below(300),
				   below(256), below(30), below(256));
		bool is_v4;

		if (i % 4)
			text[below((uint32_t)len)] = letters[below(sizeof(letters))];
		is_v4 = inet_pton(AF_INET, text, expected) == 1;
		assert_int_equal(address_parse(str_of(text), &a), is_v4);
		if (is_v4)
			assert_memory_equal(a.byte + 12, expected, sizeof(expected));
	}
}

static void tells_inside_from_outside(void **state)
{
	static const struct {
		const char *network, *address;
		bool inside;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.9.8.7/8", "10.1.1.1", true },
		{ "10.0.0.0/08", "10.1.1.1", true },
		{ "10.0.0.0/00000008", "10.1.1.1", true },
		{ "172.16.0.0/12", "172.31.0.1", true },
		{ "172.16.0.0/12", "172.32.0.1", false },
		{ "1.2.3.4/32", "1.2.3.4", true },
		{ "1.2.3.4/32", "1.2.3.5", false },
		{ "1.2.3.4/31", "1.2.3.5", true },
		{ "1.2.3.4/31", "1.2.3.6", false },
		{ "1.0.0.0/9", "1.127.0.0", true },
		{ "1.0.0.0/9", "1.128.0.0", false },
		{ "0.0.0.0/0", "255.1.2.3", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "10.0.0.1", false },
		{ "::/0", "fe80::1", true },
		{ "fd00::/8", "fdff::1", true },
		{ "fd00::/8", "fe00::1", false },
		{ "fd00::/63", "fd00:0:0:1::5", true },
		{ "fd00::/64", "fd00:0:0:1::5", false },
		{ "::1/128", "::1", true },
		{ "::1/128", "::2", false },
		{ "::ffff:10.0.0.0/104", "10.1.1.1", true },
		{ "::ffff:0:0/96", "1.2.3.4", true },
		{ "::ffff:0:0/95", "1.2.3.4", false },
		{ "10.0.0.0/8", "::ffff:10.1.1.1", true },
		{ "10.0.0.0/8", "::10.1.1.1", false },
	};
	struct address a;
	struct cidr network;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct cidr_set set = { &network, 1 };

		assert_int_equal(cidr_parse(str_of(cases[i].network), &network, NULL), 0);
		assert_true(address_parse(str_of(cases[i].address), &a));
		if (cidr_set_contains(&set, &a) != cases[i].inside)
			fail_msg("%s in %s", cases[i].address, cases[i].network);
	}
}

static void says_why_a_network_is_refused(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "10.0.0.1", "\"10.0.0.1\" has no prefix length: for this one address "
			      "write 10.0.0.1/32" },
		{ "::1", "\"::1\" has no prefix length: for this one address write "
			 "::1/128" },
		{ "10.0.0.0/33", "\"10.0.0.0/33\" has a bad prefix length: write a "
				 "number from 0 to 32" },
		{ "::/129", "\"::/129\" has a bad prefix length: write a number from "
			    "0 to 128" },
		{ "10.0.0.0/", "\"10.0.0.0/\" has a bad prefix length: write a number "
			       "from 0 to 32" },
		{ "10.0.0.0/ 8", "\"10.0.0.0/ 8\" has a bad prefix length: write a "
				 "number from 0 to 32" },
		{ "10.0.0.0/99999999999999999999",
		  "\"10.0.0.0/99999999999999999999\" "
		  "has a bad prefix length: write a number from 0 to 32" },
		{ "010.0.0.0/8", "\"010.0.0.0/8\" is not a network: write an IPv4 or "
				 "IPv6 address and a length, for example 10.0.0.0/8" },
		{ "/8", "\"/8\" is not a network: write an IPv4 or IPv6 address and a "
			"length, for example 10.0.0.0/8" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct cidr network = { .bits = 77 };
		struct err err = ERR_INIT;

		assert_int_equal(cidr_parse(str_of(cases[i].text), &network, &err),
				 -EINVAL);
		assert_string_equal(err.text, cases[i].reason);
		assert_int_equal(network.bits, 77);
	}
}

static void parses_a_list(void **state)
{
	struct str items[] = { STR("10.0.0.0/8"), STR("fd00::/8") };
	const struct strs list = { items, COUNT(items) };
	struct cidr_set set;
	struct address a;

	(void)state;
	assert_int_equal(cidr_set_parse(&set, &list, "masks", NULL), 0);
	assert_int_equal(set.count, 2);
	assert_true(address_parse(STR("fd00::1"), &a));
	assert_true(cidr_set_contains(&set, &a));
	assert_true(address_parse(STR("192.168.0.1"), &a));
	assert_false(cidr_set_contains(&set, &a));
	cidr_set_fini(&set);
	assert_false(cidr_set_contains(&set, &a));
	cidr_set_fini(&set);
}

static void names_the_bad_item_of_a_list(void **state)
{
	struct str items[] = { STR("10.0.0.0/8"), STR("eth0") };
	const struct strs list = { items, COUNT(items) };
	struct err err = ERR_INIT;
	struct cidr_set set;

	(void)state;
	assert_int_equal(cidr_set_parse(&set, &list, "masks", &err), -EINVAL);
	assert_string_equal(err.key, "masks[1]");
	assert_int_equal(set.count, 0);
	assert_null(set.item);
}

static void takes_an_empty_list(void **state)
{
	const struct strs list = { NULL, 0 };
	struct cidr_set set;

	(void)state;
	assert_int_equal(cidr_set_parse(&set, &list, "masks", NULL), 0);
	assert_int_equal(set.count, 0);
	cidr_set_fini(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_addresses_as_go_does),
		cmocka_unit_test(agrees_with_inet_pton),
		cmocka_unit_test(tells_inside_from_outside),
		cmocka_unit_test(says_why_a_network_is_refused),
		cmocka_unit_test(parses_a_list),
		cmocka_unit_test(names_the_bad_item_of_a_list),
		cmocka_unit_test(takes_an_empty_list),
	};

	return cmocka_run_group_tests_name("cidr", tests, NULL, NULL);
}
