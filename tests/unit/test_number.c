/* SPDX-License-Identifier: Apache-2.0 */
/* test_number.c - numbers, durations and sizes as people write them. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "format/number.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct parse_case {
	const char *text;
	int error;
	int64_t value;
};

static void check(const struct parse_case *c, size_t count,
		  int (*parse)(struct str, int64_t *))
{
	size_t i;

	for (i = 0; i < count; i++) {
		int64_t value = 77;
		int error = parse(str_of(c[i].text), &value);

		if (error != c[i].error || value != (error ? 77 : c[i].value))
			fail_msg("\"%s\": %d, %lld", c[i].text, error, (long long)value);
	}
}

static void parses_whole_numbers(void **state)
{
	static const struct parse_case cases[] = {
		{ "0", 0, 0 },
		{ "12", 0, 12 },
		{ "-12", 0, -12 },
		{ "+12", 0, 12 },
		{ "0x1f", 0, 31 },
		{ "0X1F", 0, 31 },
		{ "-0x10", 0, -16 },
		{ "010", 0, 8 },
		{ "0o10", 0, 8 },
		{ "0b11", 0, 3 },
		{ "00", 0, 0 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "99999999999999999999999999", -ERANGE, 0 },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "+-1", -EINVAL, 0 },
		{ "08", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "0b2", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1_000", -EINVAL, 0 },
		{ "99999999999999999999x", -EINVAL, 0 },
	};

	(void)state;
	check(cases, COUNT(cases), number_parse);
}

static void parses_durations(void **state)
{
	static const struct parse_case cases[] = {
		{ "90", 0, 90000 },
		{ "90s", 0, 90000 },
		{ "500ms", 0, 500 },
		{ "5m", 0, 300000 },
		{ "2h", 0, 7200000 },
		{ "7d", 0, 604800000 },
		{ "010s", 0, 10000 },
		{ "0", 0, 0 },
		{ "9223372036854775", 0, 9223372036854775000 },
		{ "9223372036854776", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "-5s", -EINVAL, 0 },
		{ "1.5h", -EINVAL, 0 },
		{ "5 m", -EINVAL, 0 },
		{ "5w", -EINVAL, 0 },
		{ "1h30m", -EINVAL, 0 },
	};

	(void)state;
	check(cases, COUNT(cases), number_parse_duration);
}

static void parses_sizes(void **state)
{
	static const struct parse_case cases[] = {
		{ "65536", 0, 65536 },
		{ "64KiB", 0, 65536 },
		{ "64kib", 0, 65536 },
		{ "1MB", 0, 1000000 },
		{ "1kB", 0, 1000 },
		{ "10GiB", 0, 10737418240 },
		{ "3B", 0, 3 },
		{ "1TiB", 0, 1099511627776 },
		{ "2TB", 0, 2000000000000 },
		{ "8388607TiB", 0, 9223370937343148032 },
		{ "8388608TiB", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "KiB", -EINVAL, 0 },
		{ "64 KiB", -EINVAL, 0 },
		{ "64K", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1.5MB", -EINVAL, 0 },
	};

	(void)state;
	check(cases, COUNT(cases), number_parse_size);
}

static void parses_floats(void **state)
{
	static const struct {
		const char *text;
		int error;
		double value;
	} cases[] = {
		{ "1.5", 0, 1.5 },	 { "-1.5", 0, -1.5 },	{ ".5", 0, 0.5 },
		{ "1.", 0, 1 },		 { "1e3", 0, 1000 },	{ "1E+3", 0, 1000 },
		{ "+15e-1", 0, 1.5 },	 { "08", 0, 8 },	{ "1e999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },	 { ".", -EINVAL, 0 },	{ "-", -EINVAL, 0 },
		{ "e3", -EINVAL, 0 },	 { "1e", -EINVAL, 0 },	{ "1e+", -EINVAL, 0 },
		{ "0x1p3", -EINVAL, 0 }, { "inf", -EINVAL, 0 }, { "1.5x", -EINVAL, 0 },
		{ "1.2.3", -EINVAL, 0 }, { ".e3", -EINVAL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		double value = 0;
		int error = number_parse_float(str_of(cases[i].text), &value);

		if (error != cases[i].error || value < cases[i].value ||
		    value > cases[i].value)
			fail_msg("\"%s\": %d, %g", cases[i].text, error, value);
	}
}

static void writes_floats_as_go_does(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 1, "1" },
		{ 10, "10" },
		{ 100.5, "100.5" },
		{ 1.5, "1.5" },
		{ -0.25, "-0.25" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 1e3, "1000" },
		{ 1e-7, "0.0000001" },
		{ 1e23, "100000000000000000000000" },
		{ 123456.789, "123456.789" },
		{ 9007199254740993.0, "9007199254740992" },
		{ 5e-324, NULL },
		{ 1.7976931348623157e308, NULL },
		{ (double)NAN, "NaN" },
		{ (double)INFINITY, "+Inf" },
		{ -(double)INFINITY, "-Inf" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(1024);

		number_put_float(&b, cases[i].value);
		assert_int_equal(buf_error(&b), 0);
		if (cases[i].text)
			assert_string_equal(b.ptr, cases[i].text);
		else
			assert_true(b.len > 300);
		buf_fini(&b);
	}
}

static void writes_doubles_as_prometheus_does(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 5, "5" },
		{ 254000, "254000" },
		{ 999999, "999999" },
		{ 1000000, "1e+06" },
		{ 1234567, "1.234567e+06" },
		{ 1250000000, "1.25e+09" },
		{ -1234567, "-1.234567e+06" },
		{ 9007199254740993.0, "9.007199254740992e+15" },
		{ 9.223372036854775807e18, "9.223372036854776e+18" },
		{ 1e100, "1e+100" },
		{ 0.0001, "0.0001" },
		{ 0.00001, "1e-05" },
		{ (double)INFINITY, "+Inf" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(64);

		number_put_double(&b, cases[i].value);
		assert_string_equal(b.ptr, cases[i].text);
		buf_fini(&b);
	}
}

static void writes_the_largest_unit(void **state)
{
	static const struct {
		int64_t value;
		const char *duration, *size;
	} cases[] = {
		{ 0, "0s", "0" },
		{ 1, "1ms", "1" },
		{ 1000, "1s", "1kB" },
		{ 90000, "90s", "90kB" },
		{ 300000, "5m", "300kB" },
		{ 7200000, "2h", "7200kB" },
		{ 604800000, "7d", "590625KiB" },
		{ 65536, "65536ms", "64KiB" },
		{ 10737418240, "10737418240ms", "10GiB" },
		{ -5000, "-5s", "-5kB" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT(100);

		number_put_duration(&b, cases[i].value);
		assert_string_equal(b.ptr, cases[i].duration);
		buf_reset(&b);
		number_put_size(&b, cases[i].value);
		assert_string_equal(b.ptr, cases[i].size);
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_whole_numbers),
		cmocka_unit_test(parses_durations),
		cmocka_unit_test(parses_sizes),
		cmocka_unit_test(parses_floats),
		cmocka_unit_test(writes_floats_as_go_does),
		cmocka_unit_test(writes_doubles_as_prometheus_does),
		cmocka_unit_test(writes_the_largest_unit),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
