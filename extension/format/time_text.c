/* SPDX-License-Identifier: Apache-2.0 */
/* time_text.c - see time_text.h. */
#include <stdio.h>
#include "format/digits.h"
#include "format/time_text.h"

#define DAY 86400

struct civil {
	int64_t year;
	unsigned month, day, hour, minute, second;
};

/* Days are counted from 1 March of year 0, in eras of 400 years, so that leap
 * days come last. */
static struct civil civil_of(int64_t seconds)
{
	int64_t days = seconds / DAY - (seconds % DAY < 0);
	unsigned rest = (unsigned)(seconds - days * DAY);
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	unsigned doe = (unsigned)(shifted - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	struct civil c = {
		.month = mp < 10 ? mp + 3 : mp - 9,
		.day = doy - (153 * mp + 2) / 5 + 1,
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60,
	};

	c.year = (int64_t)yoe + era * 400 + (c.month <= 2);
	return c;
}

static char *time_text_put_one(char *at, char c)
{
	if (c)
		*at++ = c;
	return at;
}

/* Digits of a year that has not four of them. */
static char *put_odd_year(char *at, int64_t year)
{
	return at + snprintf(at, 24, "%lld", (long long)year);
}

/* Date and time with these separators (NUL for none), without the Z. */
static char *put_civil(char *at, int64_t seconds, char dash, char colon)
{
	struct civil c = civil_of(seconds);

	if (c.year >= 0 && c.year <= 9999)
		at = digits_put_two(digits_put_two(at, (unsigned)c.year / 100),
				    (unsigned)c.year % 100);
	else
		at = put_odd_year(at, c.year);
	at = digits_put_two(time_text_put_one(at, dash), c.month);
	at = digits_put_two(time_text_put_one(at, dash), c.day);
	at = digits_put_two(time_text_put_one(at, 'T'), c.hour);
	at = digits_put_two(time_text_put_one(at, colon), c.minute);
	return digits_put_two(time_text_put_one(at, colon), c.second);
}

struct str time_text_rfc3339(char *text, int64_t unix_seconds)
{
	char *at = put_civil(text, unix_seconds, '-', ':');

	*at++ = 'Z';
	*at = '\0';
	return (struct str){ text, (size_t)(at - text) };
}

void time_put_rfc3339(struct buf *b, int64_t unix_seconds)
{
	char text[TIME_TEXT_SIZE];

	buf_put(b, time_text_rfc3339(text, unix_seconds));
}

void time_put_rfc3339_nanos(struct buf *b, int64_t unix_seconds, int32_t nanos)
{
	char text[TIME_TEXT_SIZE], digits[9];
	int n = 9, i;

	buf_put(b, (struct str){ text, (size_t)(put_civil(text, unix_seconds, '-', ':') -
						text) });
	if (nanos > 0 && nanos < 1000000000) {
		for (i = 8; i >= 0; i--, nanos /= 10)
			digits[i] = (char)('0' + nanos % 10);
		while (digits[n - 1] == '0')
			n--;
		buf_putc(b, '.');
		buf_put(b, (struct str){ digits, (size_t)n });
	}
	buf_putc(b, 'Z');
}

void time_put_basic(struct buf *b, int64_t unix_seconds)
{
	char text[TIME_TEXT_SIZE];

	buf_put(b,
		(struct str){ text, (size_t)(put_civil(text, unix_seconds, '\0', '\0') -
					     text) });
	buf_putc(b, 'Z');
}
