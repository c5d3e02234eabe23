/* SPDX-License-Identifier: Apache-2.0 */
/* test_httpd_page.c - who shares a page, and what all of them may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "net/httpd_page.h"

static struct page *make(struct pages *all, const char *path, size_t size, int64_t now_ms)
{
	struct page *p = page_new(all, str_of(path), now_ms);

	assert_non_null(p);
	assert_non_null(buf_room(&p->body, size));
	buf_added(&p->body, size);
	page_made(all, p);
	return p;
}

static void small_pages_are_made_anew(void **state)
{
	struct pages all = { 0 };
	struct page *p = make(&all, "/a", 1000, 0);

	(void)state;
	assert_null(pages_find(&all, STR("/a"), 0));
	page_unref(&all, p);
	assert_int_equal(all.bytes, 0);
	assert_null(all.first);
}

static void large_pages_are_shared_for_a_while(void **state)
{
	struct pages all = { 0 };
	struct page *p = make(&all, "/a", PAGES_BYTES, 0), *other;

	(void)state;
	assert_ptr_equal(pages_find(&all, STR("/a"), PAGE_SHARED_MS), p);
	assert_null(pages_find(&all, STR("/a"), PAGE_SHARED_MS + 1));
	assert_null(pages_find(&all, STR("/b"), 0));
	other = make(&all, "/a", 1000, PAGE_SHARED_MS + 1);
	assert_ptr_equal(pages_find(&all, STR("/a"), PAGE_SHARED_MS + 1), other);
	page_unref(&all, other);
	page_unref(&all, p);
	page_unref(&all, p);
	page_unref(&all, other);
	page_unref(&all, NULL);
	assert_int_equal(all.bytes, 0);
	assert_null(all.first);
}

static void all_pages_have_a_bound(void **state)
{
	struct pages all = { 0 };
	struct page *p[16];
	char path[8];
	int i, made;

	(void)state;
	for (made = 0; made < 16 && pages_have_room(&all); made++) {
		snprintf(path, sizeof(path), "/%d", made);
		p[made] = make(&all, path, PAGE_BYTES_MAX / 4, 0);
	}
	assert_in_range(made, 2, 8);
	assert_true(all.bytes <= PAGES_BYTES_MAX + PAGE_BYTES_MAX);
	for (i = 0; i < made; i++)
		page_unref(&all, p[i]);
	assert_true(pages_have_room(&all));
	assert_int_equal(all.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_pages_are_made_anew),
		cmocka_unit_test(large_pages_are_shared_for_a_while),
		cmocka_unit_test(all_pages_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
