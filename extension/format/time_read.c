/* SPDX-License-Identifier: Apache-2.0 */
/* time_read.c - time_read_rfc3339() of time_text.h (RFC 3339 section 5.6). */
#include "format/time_text.h"

#define DAY	 86400
#define YEAR_MAX INT64_C(292277026600) /* of 64 bits of seconds, and a few more */

/* The digits at the front, so many of them. false: there are not. */
static bool read_digits(struct str *text, size_t count, unsigned *value)
{
	size_t i;

	*value = 0;
	if (text->len < count)
		return false;
	for (i = 0; i < count; i++) {
		if (text->ptr[i] < '0' || text->ptr[i] > '9')
			return false;
		*value = *value * 10 + (unsigned)(text->ptr[i] - '0');
	}
	*text = str_skip(*text, count);
	return true;
}

static bool read_mark(struct str *text, char mark)
{
	if (!text->len || *text->ptr != mark)
		return false;
	*text = str_skip(*text, 1);
	return true;
}

/* Two digits behind a mark ('\0': none), at most that much. */
static bool read_two(struct str *text, char mark, unsigned most, unsigned *value)
{
	return (!mark || read_mark(text, mark)) && read_digits(text, 2, value) &&
	       *value <= most;
}

static bool read_year(struct str *text, int64_t *year)
{
	bool is_negative = read_mark(text, '-');
	unsigned digit;
	size_t count;

	*year = 0;
	for (count = 0; read_digits(text, 1, &digit); count++) {
		*year = *year * 10 + digit;
		if (*year > YEAR_MAX)
			return false;
	}
	if (is_negative)
		*year = -*year;
	return count > 0;
}

static bool read_nanos(struct str *text, int32_t *nanos)
{
	unsigned digit;
	int32_t unit = 100000000;

	*nanos = 0;
	if (!read_mark(text, '.'))
		return true;
	if (!read_digits(text, 1, &digit))
		return false;
	do {
		*nanos += (int32_t)digit * unit;
		unit /= 10;
	} while (read_digits(text, 1, &digit));
	return true;
}

/* East of Greenwich, in seconds. */
static bool read_offset(struct str *text, int64_t *offset)
{
	unsigned hours, minutes;
	int64_t sign = 1;

	*offset = 0;
	if (read_mark(text, 'Z'))
		return true;
	if (read_mark(text, '-'))
		sign = -1;
	else if (!read_mark(text, '+'))
		return false;
	if (!read_two(text, '\0', 23, &hours) || !read_two(text, ':', 59, &minutes))
		return false;
	*offset = sign * (int64_t)(hours * 3600 + minutes * 60);
	return true;
}

static bool is_day(int64_t year, unsigned month, unsigned day)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30,
					      31, 31, 30, 31, 30, 31 };
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (unsigned)(month == 2 && is_leap);
}

/* Days since 1970, as in time_text.c: counted from 1 March of year 0, in eras. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t shifted = year - (month <= 2);
	int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	int64_t yoe = shifted - era * 400;
	unsigned mp = month > 2 ? month - 3 : month + 9;
	unsigned doy = (153 * mp + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Towards the past a day ends before its first second is to be had. */
static bool add_days(int64_t days, int64_t rest, int64_t *seconds)
{
	if (days < 0) {
		days++;
		rest -= DAY;
	}
	return !__builtin_mul_overflow(days, (int64_t)DAY, seconds) &&
	       !__builtin_add_overflow(*seconds, rest, seconds);
}

bool time_read_rfc3339(struct str text, int64_t *unix_seconds, int32_t *nanos)
{
	unsigned month, day, hour, minute, second;
	int64_t year, offset;

	if (!read_year(&text, &year) || !read_two(&text, '-', 12, &month) ||
	    !read_two(&text, '-', 31, &day) || !is_day(year, month, day) ||
	    !read_two(&text, 'T', 23, &hour) || !read_two(&text, ':', 59, &minute) ||
	    !read_two(&text, ':', 60, &second) || !read_nanos(&text, nanos) ||
	    !read_offset(&text, &offset) || text.len)
		return false;
	return add_days(days_of(year, month, day),
			(int64_t)(hour * 3600 + minute * 60 + second) - offset,
			unix_seconds);
}
