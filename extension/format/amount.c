/* SPDX-License-Identifier: Apache-2.0 */
/* amount.c - see amount.h. */
#include <inttypes.h>
#include <stdio.h>
#include "format/amount.h"

const char *amount_count(char text[AMOUNT_TEXT_MAX], int64_t n)
{
	static const char units[] = " kMGTPE";
	double value = (double)n;
	size_t unit = 0;

	while (value >= 1000 && n >= 100000 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	snprintf(text, AMOUNT_TEXT_MAX, "%.*f%.*s", unit && value < 100 ? 1 : 0, value,
		 unit != 0, units + unit);
	return text;
}

const char *amount_size(char text[AMOUNT_TEXT_MAX], int64_t bytes)
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"
	};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	snprintf(text, AMOUNT_TEXT_MAX, "%.*f %s", unit && value < 10 ? 1 : 0, value,
		 units[unit]);
	return text;
}

const char *amount_age(char text[AMOUNT_TEXT_MAX], int64_t s)
{
	if (s < 0)
		snprintf(text, AMOUNT_TEXT_MAX, "-");
	else if (s < 120)
		snprintf(text, AMOUNT_TEXT_MAX, "%" PRId64 "s", s);
	else if (s < 120 * 60)
		snprintf(text, AMOUNT_TEXT_MAX, "%" PRId64 "m", s / 60);
	else if (s < 48 * 3600)
		snprintf(text, AMOUNT_TEXT_MAX, "%" PRId64 "h", s / 3600);
	else if (s < (int64_t)10000 * 86400)
		snprintf(text, AMOUNT_TEXT_MAX, "%" PRId64 "d", s / 86400);
	else
		snprintf(text, AMOUNT_TEXT_MAX, "ages");
	return text;
}
