/* SPDX-License-Identifier: Apache-2.0 */
/* test_page_query.c - what a reader asks of the page, and addresses that ask the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "page/query.h"

/* "|" stands for the NUL that ends an item. */
static const struct {
	const char *items;
	const char *name;
	bool only_bad;
	enum query_sort sort;
	size_t n;
	const char *address;
} cases[] = {
	{ "", "", false, SORT_TROUBLE, 50, "/" },
	{ "q=acme|", "acme", false, SORT_TROUBLE, 50, "/?q=acme" },
	{ "q=|state=all|sort=|n=50|", "", false, SORT_TROUBLE, 50, "/" },
	{ "q=a&b=\"<|", "a&b=\"<", false, SORT_TROUBLE, 50, "/?q=a%26b%3D%22%3C" },
	{ "state=bad|", "", true, SORT_TROUBLE, 50, "/?state=bad" },
	{ "state=worse|", "", false, SORT_TROUBLE, 50, "/" },
	{ "sort=name|n=200|", "", false, SORT_NAME, 200, "/?sort=name&n=200" },
	{ "sort=flows|", "", false, SORT_FLOWS, 50, "/?sort=flows" },
	{ "sort=records|", "", false, SORT_RECORDS, 50, "/?sort=records" },
	{ "sort=pending|", "", false, SORT_PENDING, 50, "/?sort=pending" },
	{ "sort=oldest|", "", false, SORT_OLDEST, 50, "/?sort=oldest" },
	{ "sort=dropped|", "", false, SORT_DROPPED, 50, "/?sort=dropped" },
	{ "sort=Name|", "", false, SORT_TROUBLE, 50, "/" },
	{ "n=0|", "", false, SORT_TROUBLE, 0, "/?n=0" },
	{ "n=99999|", "", false, SORT_TROUBLE, 10000, "/?n=10000" },
	{ "n=99999999999999999999999999999999999|", "", false, SORT_TROUBLE, 10000,
	  "/?n=10000" },
	{ "n=-1|", "", false, SORT_TROUBLE, 50, "/" },
	{ "n=5x|", "", false, SORT_TROUBLE, 50, "/" },
	{ "n=|", "", false, SORT_TROUBLE, 50, "/" },
	{ "|q|=x|qq=y|state|", "", false, SORT_TROUBLE, 50, "/" },
	{ "q=b|n=7|sort=name|state=bad|other=1|", "b", true, SORT_NAME, 7,
	  "/?q=b&state=bad&sort=name&n=7" },
};

static void what_is_asked(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf items = BUF_INIT(1024), address = BUF_INIT(1024);
		struct query q;
		size_t k;

		buf_puts(&items, cases[i].items);
		for (k = 0; k < items.len; k++)
			if (items.ptr[k] == '|')
				items.ptr[k] = '\0';
		q = query_read(buf_str(&items));
		assert_true(str_is(q.name, cases[i].name));
		assert_int_equal(q.only_bad, cases[i].only_bad);
		assert_int_equal(q.sort, cases[i].sort);
		assert_int_equal(q.n, cases[i].n);
		query_put(&address, &q);
		assert_string_equal(buf_str(&address).ptr, cases[i].address);
		buf_fini(&items);
		buf_fini(&address);
	}
}

static void names_have_the_text_somewhere(void **state)
{
	static const struct {
		const char *text, *name;
		bool is_wanted;
	} names[] = {
		{ "", "acme", true },	    { "acme", "acme", true },
		{ "CM", "acme", true },	    { "me", "ACME", true },
		{ "acmee", "acme", false }, { "b", "acme", false },
		{ "a", "", false },	    { "", "", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct query q = { .name = str_of(names[i].text) };

		assert_int_equal(query_wants(&q, str_of(names[i].name)),
				 names[i].is_wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked),
		cmocka_unit_test(names_have_the_text_somewhere),
	};

	return cmocka_run_group_tests_name("page_query", tests, NULL, NULL);
}
