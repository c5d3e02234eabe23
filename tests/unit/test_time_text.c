/* SPDX-License-Identifier: Apache-2.0 */
/* test_time_text.c - the calendar, before 1970 and after 9999 too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>
#include "format/time_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY	     86400

static void assert_read(const char *text, int64_t seconds, int32_t nanos)
{
	int64_t found;
	int32_t rest;

	if (!time_read_rfc3339(str_of(text), &found, &rest) || found != seconds ||
	    rest != nanos)
		fail_msg("%s", text);
}

static void test_seconds_become_dates(void **state)
{
	static const struct {
		int64_t seconds;
		const char *rfc3339, *basic;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z", "19700101T000000Z" },
		{ 1551199625, "2019-02-26T16:47:05Z", "20190226T164705Z" },
		{ 59, "1970-01-01T00:00:59Z", "19700101T000059Z" },
		{ DAY - 1, "1970-01-01T23:59:59Z", "19700101T235959Z" },
		{ DAY, "1970-01-02T00:00:00Z", "19700102T000000Z" },
		{ -1, "1969-12-31T23:59:59Z", "19691231T235959Z" },
		{ -DAY, "1969-12-31T00:00:00Z", "19691231T000000Z" },
		{ -DAY - 1, "1969-12-30T23:59:59Z", "19691230T235959Z" },
		{ 951782399, "2000-02-28T23:59:59Z", "20000228T235959Z" },
		{ 951782400, "2000-02-29T00:00:00Z", "20000229T000000Z" },
		{ 951868800, "2000-03-01T00:00:00Z", "20000301T000000Z" },
		{ 1709164800, "2024-02-29T00:00:00Z", "20240229T000000Z" },
		{ 1735603200, "2024-12-31T00:00:00Z", "20241231T000000Z" },
		{ 1677542400, "2023-02-28T00:00:00Z", "20230228T000000Z" },
		{ 1677628800, "2023-03-01T00:00:00Z", "20230301T000000Z" },
		{ 4107456000, "2100-02-28T00:00:00Z", "21000228T000000Z" },
		{ 4107542400, "2100-03-01T00:00:00Z", "21000301T000000Z" },
		{ 2147483648, "2038-01-19T03:14:08Z", "20380119T031408Z" },
		{ TIME_TEXT_GO_ZERO, "0001-01-01T00:00:00Z", "00010101T000000Z" },
		{ -62167219200, "0000-01-01T00:00:00Z", "00000101T000000Z" },
		{ -62167219201, "-1-12-31T23:59:59Z", "-11231T235959Z" },
		{ 253402300799, "9999-12-31T23:59:59Z", "99991231T235959Z" },
		{ 253402300800, "10000-01-01T00:00:00Z", "100000101T000000Z" },
		{ INT64_MAX, "292277026596-12-04T15:30:07Z", "2922770265961204T153007Z" },
		{ INT64_MIN, "-292277022657-01-27T08:29:52Z",
		  "-2922770226570127T082952Z" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(256);
		char text[TIME_TEXT_SIZE];
		struct str s = time_text_rfc3339(text, cases[i].seconds);

		assert_string_equal(text, cases[i].rfc3339);
		assert_ptr_equal(s.ptr, text);
		assert_int_equal(s.len, strlen(text));
		time_put_rfc3339(&b, cases[i].seconds);
		assert_string_equal(b.ptr, cases[i].rfc3339);
		buf_reset(&b);
		time_put_basic(&b, cases[i].seconds);
		assert_string_equal(b.ptr, cases[i].basic);
		assert_read(cases[i].rfc3339, cases[i].seconds, 0);
		buf_fini(&b);
	}
}

static void test_fractions_have_the_digits_they_need(void **state)
{
	static const struct {
		int32_t nanos;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z" },
		{ 10, "1970-01-01T00:00:00.00000001Z" },
		{ 100000000, "1970-01-01T00:00:00.1Z" },
		{ 123456000, "1970-01-01T00:00:00.123456Z" },
		{ 999999999, "1970-01-01T00:00:00.999999999Z" },
		{ 1000000000, "1970-01-01T00:00:00Z" },
		{ INT32_MAX, "1970-01-01T00:00:00Z" },
		{ -1, "1970-01-01T00:00:00Z" },
		{ INT32_MIN, "1970-01-01T00:00:00Z" },
	};
	struct buf b = BUF_INIT(256);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&b);
		time_put_rfc3339_nanos(&b, 0, cases[i].nanos);
		assert_string_equal(b.ptr, cases[i].text);
	}
	buf_reset(&b);
	time_put_rfc3339_nanos(&b, 1551199620, 123456000);
	assert_string_equal(b.ptr, "2019-02-26T16:47:00.123456Z");
	buf_reset(&b);
	time_put_rfc3339_nanos(&b, INT64_MIN, 5);
	assert_string_equal(b.ptr, "-292277022657-01-27T08:29:52.000000005Z");
	buf_fini(&b);
}

/* Some hundred thousand points in years 0 to 9999, as the C library has it. */
static void test_all_four_digit_years_agree_with_the_library(void **state)
{
	char text[TIME_TEXT_SIZE], expected[64];
	struct tm tm;
	time_t t;

	(void)state;
	for (t = -62167219200; t < 253402300800; t += 1000003) {
		assert_non_null(gmtime_r(&t, &tm));
		snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02dZ",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			 tm.tm_min, tm.tm_sec);
		time_text_rfc3339(text, t);
		if (strcmp(text, expected) != 0)
			fail_msg("%lld: %s, not %s", (long long)t, text, expected);
		assert_read(text, t, 0);
	}
}

static void test_texts_become_seconds(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		int32_t nanos;
	} cases[] = {
		{ "1970-01-01T00:00:00.000000001Z", 0, 1 },
		{ "1970-01-01T00:00:00.1Z", 0, 100000000 },
		{ "1969-12-31T23:59:59.999999999Z", -1, 999999999 },
		/* More digits than there are nanoseconds. */
		{ "1970-01-01T00:00:01.12345678912345Z", 1, 123456789 },
		{ "2019-02-26T17:47:05+01:00", 1551199625, 0 },
		{ "2019-02-26T11:17:05-05:30", 1551199625, 0 },
		{ "2016-12-31T23:59:60Z", 1483228800, 0 },
	};
	static const char *const refused[] = {
		"",
		"2019",
		"2019-02-26",
		"2019-02-26T16:47:05",
		"2019-02-26T16:47:05ZZ",
		"2019-02-26t16:47:05Z",
		"2019-02-26 16:47:05Z",
		"2019-2-26T16:47:05Z",
		"2019-00-26T16:47:05Z",
		"2019-13-26T16:47:05Z",
		"2019-02-00T16:47:05Z",
		"2019-02-29T16:47:05Z",
		"2100-02-29T16:47:05Z",
		"2019-04-31T16:47:05Z",
		"2019-02-26T24:00:00Z",
		"2019-02-26T16:60:05Z",
		"2019-02-26T16:47:61Z",
		"2019-02-26T16:47:05.Z",
		"2019-02-26T16:47:05,5Z",
		"2019-02-26T16:47:05+1:00",
		"2019-02-26T16:47:05+01:60",
		"2019-02-26T16:47:05+0100",
		"292277026596-12-04T15:30:08Z",
		"-292277022657-01-27T08:29:51Z",
		"99999999999999999999-01-01T00:00:00Z",
		"--1-01-01T00:00:00Z",
	};
	int64_t seconds;
	int32_t nanos;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_read(cases[i].text, cases[i].seconds, cases[i].nanos);
	for (i = 0; i < COUNT(refused); i++)
		if (time_read_rfc3339(str_of(refused[i]), &seconds, &nanos))
			fail_msg("%s", refused[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seconds_become_dates),
		cmocka_unit_test(test_fractions_have_the_digits_they_need),
		cmocka_unit_test(test_texts_become_seconds),
		cmocka_unit_test(test_all_four_digit_years_agree_with_the_library),
	};

	return cmocka_run_group_tests_name("time_text", tests, NULL, NULL);
}
