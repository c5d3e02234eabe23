/* SPDX-License-Identifier: Apache-2.0 */
/* test_status_table.c - the page /status as a person reads it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "command/status_table.h"

#define TENANT(name, rest) "{\"name\":\"" name "\"," rest "}"
#define PAGE(tenants)                                                                    \
	"{\"version\":\"1.2.3\",\"generation\":3,\"uptime_seconds\":90,"                 \
	"\"sources\":[{\"url\":\"ws://a:1/b\",\"state\":\"subscribed\","                 \
	"\"flows\":123456,\"gaps\":2}],\"tenants\":[" tenants "],"                       \
	"\"topology\":{\"down\":true},\"spool\":{\"bytes\":2048}}"
#define HEAD                                                                             \
	"skydive-exporter 1.2.3, up 90s, configuration 3, spool 2.0 KiB, "               \
	"topology does not answer\n"                                                     \
	"ws://a:1/b  subscribed  flows 123k  gaps 2\n\n"

static void check(const char *page, const char *want)
{
	struct buf out = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	assert_int_equal(status_table_put(str_of(page), &out, &err), 0);
	assert_string_equal(buf_str(&out).ptr, want);
	buf_fini(&out);
}

static void no_tenants(void **state)
{
	(void)state;
	check(PAGE(""), HEAD "TENANT STATE    FLOWS/s  RECORDS OBJECTS  PENDING OLDEST  "
			     "LAST ERROR\n");
}

/* In whole, because it ends with what to do. */
static void a_source_that_is_down_says_why(void **state)
{
	(void)state;
	check("{\"version\":\"1\",\"generation\":1,\"uptime_seconds\":90,\"sources\":["
	      "{\"url\":\"ws://a:1/b\",\"state\":\"connecting\",\"down_seconds\":75,"
	      "\"last_error\":\"401: wrong credentials; check "
	      "analyzer.auth.cluster.username and password (the analyzer must know "
	      "them as an API user)\"},"
	      "{\"url\":\"ws://b:1/b\",\"state\":\"connecting\",\"down_seconds\":1,"
	      "\"last_error\":\"\"}],\"tenants\":[],\"topology\":{},\"spool\":{}}",
	      "skydive-exporter 1, up 90s, configuration 1, spool 0 B\n"
	      "ws://a:1/b  connecting  flows 0\n"
	      "  for 75s: 401: wrong credentials; check analyzer.auth.cluster.username "
	      "and password (the\n"
	      "    analyzer must know them as an API user)\n"
	      "ws://b:1/b  connecting  flows 0\n\n"
	      "TENANT STATE    FLOWS/s  RECORDS OBJECTS  PENDING OLDEST  LAST ERROR\n");
}

#define ACME                                                                             \
	"\"state\":\"ok\",\"flows_per_second\":1234,"                                    \
	"\"counters\":{\"records_encoded\":99999,\"objects_uploaded\":12}"
#define BAD                                                                              \
	"\"state\":\"degraded\",\"pending_bytes\":5242880,"                              \
	"\"oldest_pending_seconds\":7300,"                                               \
	"\"last_error\":\"no\\u001b[2J\",\"later\":[{}]"

static void columns_line_up(void **state)
{
	(void)state;
	check(PAGE(TENANT("acme-flows", ACME) ",\n" TENANT("b", BAD)), HEAD
	      "TENANT     STATE    FLOWS/s  RECORDS OBJECTS  PENDING OLDEST  LAST ERROR\n"
	      "acme-flows ok          1234    99999      12      0 B      -\n"
	      "b          degraded       0        0       0  5.0 MiB     2h  no [2J\n");
}

#define MOST	"9223372036854775807"
#define NAME_64 "a-name-of-sixty-four-letters-0123456789-0123456789-0123456789-01"
#define WIDE                                                                             \
	"\"state\":\"strange-state\",\"flows_per_second\":" MOST ","                     \
	"\"pending_bytes\":" MOST ",\"oldest_pending_seconds\":" MOST ","                \
	"\"last_error\":\"\xc3\xa9 0123456789 0123456789 0123456789 01234\","            \
	"\"counters\":{\"records_encoded\":" MOST ",\"objects_uploaded\":999999}"

/* What another program says must not make it wider. */
static void never_wider_than_100(void **state)
{
	static const char page[] = PAGE(TENANT(NAME_64, WIDE));
	struct buf out = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	size_t i, columns = 0, widest = 0;

	(void)state;
	assert_int_equal(status_table_put(str_of(page), &out, &err), 0);
	for (i = 0; i < out.len; i++) {
		columns += ((unsigned char)out.ptr[i] & 0xc0) != 0x80;
		if (out.ptr[i] != '\n')
			continue;
		widest = columns - 1 > widest ? columns - 1 : widest;
		columns = 0;
	}
	assert_in_range(widest, 70, STATUS_TABLE_COLUMNS);
	assert_non_null(
		strstr(out.ptr,
		       "a-name-of-sixty-four-letter\xe2\x80\xa6 strange\xe2\x80\xa6 "));
	assert_non_null(strstr(out.ptr, "  \xc3\xa9 0123456"));
	buf_fini(&out);
}

static void amounts_and_sizes(void **state)
{
	static const struct {
		const char *records, *bytes, *seconds, *want;
	} cases[] = {
		{ "0", "0", "0", "       0       0      0 B     0s" },
		{ "99999", "999", "119", "   99999       0    999 B   119s" },
		{ "100000", "1000", "120", "    100k       0  1.0 KiB     2m" },
		{ "1234567", "10240", "7199", "    1.2M       0   10 KiB   119m" },
		{ "99900000", "1048575", "7200", "   99.9M       0  1.0 MiB     2h" },
		{ "5000000000", "99999999999", "172800",
		  "    5.0G       0   93 GiB     2d" },
	};
	char page[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = BUF_INIT(65536);
		struct err err = ERR_INIT;

		snprintf(page, sizeof(page),
			 PAGE(TENANT("t", "\"pending_bytes\":%s,"
					  "\"oldest_pending_seconds\":%s,\"counters\":{"
					  "\"records_encoded\":%s}")),
			 cases[i].bytes, cases[i].seconds, cases[i].records);
		assert_int_equal(status_table_put(str_of(page), &out, &err), 0);
		if (!strstr(buf_str(&out).ptr, cases[i].want))
			fail_msg("no \"%s\" in %s", cases[i].want, out.ptr);
		buf_fini(&out);
	}
}

static void one_tenant_has_all_its_counters(void **state)
{
	struct buf out = BUF_INIT(65536);
	struct err err = ERR_INIT;
	const char *page = PAGE(TENANT("a", "\"state\":\"ok\"") "," TENANT(
		"b", "\"state\":\"ok\",\"counters\":{\"one\":1,"
		     "\"two_more\":-2}"));

	(void)state;
	assert_int_equal(status_table_put_tenant(str_of(page), STR("b"), &out, &err), 0);
	assert_string_equal(buf_str(&out).ptr, "tenant                             b\n"
					       "state                              ok\n"
					       "last_error                         -\n"
					       "flows_per_second                   0\n"
					       "records_per_second                 0\n"
					       "pending_objects                    0\n"
					       "pending_bytes                      0\n"
					       "one                                1\n"
					       "two_more                           -2\n");
	buf_reset(&out);
	assert_int_equal(status_table_put_tenant(str_of(page), STR("c"), &out, &err),
			 -ENOENT);
	assert_string_equal(err.text, "there is no pipeline \"c\"; there is: a, b");
	buf_fini(&out);
}

static void its_ledger_is_an_equation(void **state)
{
	struct buf out = BUF_INIT(65536);
	struct err err = ERR_INIT;
	const char *page = PAGE(
		TENANT("a",
		       "\"counters\":{\"one\":1},\"ledger\":{\"since_ms\":1551199609804,"
		       "\"sealed\":{\"objects\":9,\"records\":90,\"bytes\":900},"
		       "\"uploaded\":{\"objects\":4,\"records\":40,\"bytes\":400},"
		       "\"spooled\":{\"objects\":3,\"records\":30,\"bytes\":300},"
		       "\"evicted\":{\"objects\":2,\"records\":20,\"bytes\":200},"
		       "\"quarantined\":{},\"counters\":{\"two\":22}}"));
	static const char *const lines[] = {
		"\nsince 2019-02-26T16:46:49Z, over restarts:\n",
		"\n                                          objects        records"
		"              bytes\n",
		"\nsealed                                          9             90"
		"                900\n",
		"\n= uploaded                                      4             40"
		"                400\n",
		"\n+ spooled                                       3             30"
		"                300\n",
		"\n+ evicted                                       2             20"
		"                200\n",
		"\n+ quarantined                                   0              0"
		"                  0\n",
		"\ntwo                                22\n",
	};
	size_t i;

	(void)state;
	assert_int_equal(status_table_put_tenant(str_of(page), STR("a"), &out, &err), 0);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(buf_str(&out).ptr, lines[i]))
			fail_msg("no \"%s\" in %s", lines[i], out.ptr);
	buf_fini(&out);
}

static void what_is_no_status_is_refused(void **state)
{
	static const char *const pages[] = {
		"",
		"404",
		"[]",
		"{}",
		"<html>",
		"{\"tenants\":[]}",
		"{\"tenants\":{},\"sources\":[]}",
		"{\"tenants\":[1],\"sources\":[]}",
		"{\"tenants\":[],\"sources\":[{}",
		"{\"tenants\":[{} {}],\"sources\":[]}",
		"{\"tenants\":[],\"sources\":7}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct buf out = BUF_INIT(65536);
		struct err err = ERR_INIT;

		if (status_table_put(str_of(pages[i]), &out, &err) != -EINVAL)
			fail_msg("%s is taken", pages[i]);
		assert_non_null(strstr(err.text, "not that of a skydive-exporter"));
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_tenants),
		cmocka_unit_test(a_source_that_is_down_says_why),
		cmocka_unit_test(columns_line_up),
		cmocka_unit_test(never_wider_than_100),
		cmocka_unit_test(amounts_and_sizes),
		cmocka_unit_test(one_tenant_has_all_its_counters),
		cmocka_unit_test(its_ledger_is_an_equation),
		cmocka_unit_test(what_is_no_status_is_refused),
	};

	return cmocka_run_group_tests_name("status_table", tests, NULL, NULL);
}
