/* SPDX-License-Identifier: Apache-2.0 */
/* test_reload_report.c - what is told of a reload, before, meanwhile and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "exporter/reload_report.h"

static void check(struct reload_report *r, const char *wanted)
{
	struct buf page = BUF_INIT(4 << 20);

	reload_report_put_json(r, &page);
	assert_string_equal(buf_str(&page).ptr, wanted);
	buf_fini(&page);
}

static void follows_reloads(void **state)
{
	struct reload_report r;

	(void)state;
	reload_report_init(&r);
	check(&r, "{\"begun\":0,\"ended\":0,\"generation\":1,\"changes\":\"\","
		  "\"refused\":\"\"}\n");
	reload_report_begin(&r);
	check(&r, "{\"begun\":1,\"ended\":0,\"generation\":1,\"changes\":\"\","
		  "\"refused\":\"\"}\n");
	reload_report_end(&r, 2, STR("added acme\n"), STR("bad.yml:3: \"x\"\n"));
	check(&r,
	      "{\"begun\":1,\"ended\":1,\"generation\":2,\"changes\":\"added acme\\n\","
	      "\"refused\":\"bad.yml:3: \\\"x\\\"\\n\"}\n");
	reload_report_begin(&r);
	reload_report_end(&r, 3, STR(""), STR(""));
	check(&r, "{\"begun\":2,\"ended\":2,\"generation\":3,\"changes\":\"\","
		  "\"refused\":\"\"}\n");
	reload_report_fini(&r);
}

static void long_texts_are_cut(void **state)
{
	size_t size = (size_t)2 << 20;
	struct buf page = BUF_INIT(4 << 20);
	struct reload_report r;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	reload_report_init(&r);
	reload_report_begin(&r);
	reload_report_end(&r, 2, (struct str){ text, size }, STR("kept"));
	reload_report_put_json(&r, &page);
	assert_int_equal(buf_error(&page), 0);
	assert_in_range(page.len, size / 4, size);
	assert_non_null(strstr(buf_str(&page).ptr, "\"refused\":\"kept\""));
	reload_report_fini(&r);
	buf_fini(&page);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_reloads),
		cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
