/* SPDX-License-Identifier: Apache-2.0 */
/* number.c - see number.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "format/number.h"

#define FLOAT_TEXT_MAX 128
#define DOUBLE_DIGITS  17 /* enough to tell any two doubles apart */

struct unit {
	const char *name;
	int64_t factor;
};

/* The largest first, for writing; the last is what a bare number counts. */
static const struct unit durations[] = {
	{ "d", 24 * 60 * 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "m", 60 * 1000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ "", 1000 },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "TiB", INT64_C(1) << 40 },
	{ "GiB", 1 << 30 },
	{ "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },
	{ "TB", INT64_C(1000000000000) },
	{ "GB", 1000000000 },
	{ "MB", 1000000 },
	{ "kB", 1000 },
	{ "", 1 },
	{ "B", 1 },
	{ NULL, 0 },
};

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* All of the text, digits of base only. */
static int parse_digits(struct str text, unsigned base, uint64_t *out)
{
	uint64_t value = 0;
	bool overflow = false;
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned digit = digit_value(text.ptr[i]);

		if (digit >= base)
			return -EINVAL;
		if (value > (UINT64_MAX - digit) / base)
			overflow = true;
		value = value * base + digit;
	}
	if (!text.len)
		return -EINVAL;
	*out = value;
	return overflow ? -ERANGE : 0;
}

/* Steps over the prefix. */
static unsigned base_of(struct str *text)
{
	unsigned base;

	if (text->len < 2 || text->ptr[0] != '0')
		return 10;
	switch (text->ptr[1]) {
	case 'x':
	case 'X':
		base = 16;
		break;
	case 'o':
	case 'O':
		base = 8;
		break;
	case 'b':
	case 'B':
		base = 2;
		break;
	default:
		*text = str_skip(*text, 1);
		return 8;
	}
	*text = str_skip(*text, 2);
	return base;
}

int number_parse(struct str text, int64_t *out)
{
	bool negative = str_starts(text, STR("-"));
	uint64_t value;
	unsigned base;
	int error;

	if (negative || str_starts(text, STR("+")))
		text = str_skip(text, 1);
	base = base_of(&text);
	error = parse_digits(text, base, &value);
	if (!error && value > (uint64_t)INT64_MAX + negative)
		error = -ERANGE;
	if (!error)
		*out = (int64_t)(negative ? 0 - value : value);
	return error;
}

static size_t count_digits(struct str text)
{
	size_t n = 0;

	while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
		n++;
	return n;
}

static bool is_sign(struct str text)
{
	return text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(struct str text)
{
	size_t whole, fraction = 0;

	text = str_skip(text, is_sign(text));
	whole = count_digits(text);
	text = str_skip(text, whole);
	if (str_starts(text, STR("."))) {
		text = str_skip(text, 1);
		fraction = count_digits(text);
		text = str_skip(text, fraction);
	}
	if (!whole && !fraction)
		return false;
	if (!str_starts(text, STR("e")) && !str_starts(text, STR("E")))
		return text.len == 0;
	text = str_skip(text, 1);
	text = str_skip(text, is_sign(text));
	return text.len && count_digits(text) == text.len;
}

int number_parse_float(struct str text, double *out)
{
	char copy[FLOAT_TEXT_MAX];
	double value;

	if (text.len >= sizeof(copy) || !looks_like_float(text))
		return -EINVAL;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	value = strtod(copy, NULL);
	if (!isfinite(value))
		return -ERANGE;
	*out = value;
	return 0;
}

static int parse_with_unit(struct str text, const struct unit *unit, int64_t *out)
{
	size_t digits = count_digits(text);
	struct str name = str_skip(text, digits);
	uint64_t value;
	int error;

	while (unit->name && !str_equal_nocase(name, str_of(unit->name)))
		unit++;
	if (!unit->name)
		return -EINVAL;
	error = parse_digits((struct str){ text.ptr, digits }, 10, &value);
	if (!error && value > (uint64_t)(INT64_MAX / unit->factor))
		error = -ERANGE;
	if (!error)
		*out = (int64_t)value * unit->factor;
	return error;
}

int number_parse_duration(struct str text, int64_t *ms)
{
	return parse_with_unit(text, durations, ms);
}

int number_parse_size(struct str text, int64_t *bytes)
{
	return parse_with_unit(text, sizes, bytes);
}

/* digits[0].digits[1]... times ten to the exponent. */
static void put_digits(struct buf *b, struct str digits, int exponent)
{
	int i;

	if (exponent < 0)
		buf_puts(b, "0.");
	for (i = exponent + 1; i < 0; i++)
		buf_putc(b, '0');
	for (i = 0; i < (int)digits.len || i <= exponent; i++) {
		if (i > 0 && i == exponent + 1)
			buf_putc(b, '.');
		buf_putc(b, i < (int)digits.len ? digits.ptr[i] : '0');
	}
}

struct decimal {
	char digits[DOUBLE_DIGITS];
	size_t count;
	int exponent; /* of the first digit */
};

/* The sign, and what has no digits; otherwise true, and the shortest digits. */
static bool number_split(struct buf *b, double value, struct decimal *d)
{
	char text[DOUBLE_DIGITS + 16];
	const char *at;
	int precision;

	if (!isfinite(value)) {
		buf_puts(b, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return false;
	}
	if (signbit(value))
		buf_putc(b, '-');
	value = fabs(value);
	for (precision = 0; precision < DOUBLE_DIGITS; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
			break;
	}
	d->count = 0;
	for (at = text; *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			d->digits[d->count++] = *at;
	d->exponent = atoi(at + 1);
	return true;
}

void number_put_float(struct buf *b, double value)
{
	struct decimal d;

	if (number_split(b, value, &d))
		put_digits(b, (struct str){ d.digits, d.count }, d.exponent);
}

void number_put_double(struct buf *b, double value)
{
	struct decimal d;

	if (!number_split(b, value, &d))
		return;
	if (d.exponent >= -4 && d.exponent <= 5) {
		put_digits(b, (struct str){ d.digits, d.count }, d.exponent);
		return;
	}
	put_digits(b, (struct str){ d.digits, d.count }, 0);
	buf_printf(b, "e%c%02d", d.exponent < 0 ? '-' : '+', abs(d.exponent));
}

static void put_with_unit(struct buf *b, const struct unit *unit, int64_t value)
{
	while (value % unit->factor != 0 || (!value && unit->factor > 1))
		unit++;
	buf_put_i64(b, value / unit->factor);
	buf_puts(b, unit->name);
}

void number_put_duration(struct buf *b, int64_t ms)
{
	if (ms)
		put_with_unit(b, durations, ms);
	else
		buf_puts(b, "0s");
}

void number_put_size(struct buf *b, int64_t bytes)
{
	put_with_unit(b, sizes, bytes);
}
