/* SPDX-License-Identifier: Apache-2.0 */
/* test_direction.c - which of a node's addresses is one of the flow's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "stage/direction.h"
#include "fake_answers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum direction find(const char *v4, const char *v6,
			   enum direction_families families, const char *from,
			   const char *to, enum found *found)
{
	struct str four = str_of(v4 ? v4 : ""), six = str_of(v6 ? v6 : "");
	const struct node node = { .ipv4 = { &four, v4 != NULL },
				   .ipv6 = { &six, v6 != NULL } };
	const struct fake_fact fact = { "G.V().Has(\"TID\", \"t\")",
					{ .node = &node, .count = 1 } };
	struct fake_answers fake = fake_answers_of(&fact, 1);
	const struct flow flow = { .node_tid = STR("t") };
	struct queries queries;
	enum direction direction;

	assert_int_equal(queries_init(&queries, &fake.answers), 0);
	*found = direction_find(&queries, &flow, families, str_of(from), str_of(to),
				&direction);
	queries_fini(&queries);
	buf_fini(&fake.asked);
	return direction;
}

static void test_an_address_of_either_family_tells_it(void **state)
{
	static const struct {
		const char *v4, *v6, *from, *to;
		enum direction both, v4_only;
	} cases[] = {
		{ "1.1.1.1/8", NULL, "1.1.1.1", "2.2.2.2", DIRECTION_OUTBOUND,
		  DIRECTION_OUTBOUND },
		{ "2.2.2.2/8", "fe80::1/64", "1.1.1.1", "2.2.2.2", DIRECTION_INBOUND,
		  DIRECTION_INBOUND },
		{ NULL, "2001:db8::1/64", "2001:db8::1", "2001:db8::2",
		  DIRECTION_OUTBOUND, DIRECTION_UNKNOWN },
		{ "1.1.1.1/8", "2001:DB8:0::2/64", "2001:db8::1", "2001:db8::2",
		  DIRECTION_INBOUND, DIRECTION_UNKNOWN },
		{ NULL, "2001:db8::12/64", "2001:db8::1", "2001:db8::2",
		  DIRECTION_UNKNOWN, DIRECTION_UNKNOWN },
		{ NULL, "::ffff:2.2.2.2/128", "1.1.1.1", "2.2.2.2", DIRECTION_INBOUND,
		  DIRECTION_UNKNOWN },
	};
	enum found found;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(find(cases[i].v4, cases[i].v6, DIRECTION_BY_BOTH,
				      cases[i].from, cases[i].to, &found),
				 cases[i].both);
		assert_int_equal(found, cases[i].both ? FOUND : ABSENT);
		assert_int_equal(find(cases[i].v4, cases[i].v6, DIRECTION_BY_IPV4,
				      cases[i].from, cases[i].to, &found),
				 cases[i].v4_only);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_of_either_family_tells_it),
	};

	return cmocka_run_group_tests_name("direction", tests, NULL, NULL);
}
