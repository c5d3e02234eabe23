/* SPDX-License-Identifier: Apache-2.0 */
/* allowance.c - see allowance.h. */
#include "base/allowance.h"

static int64_t at_most(int64_t value, int64_t max)
{
	return value < max ? value : max;
}

void allowance_init(struct allowance *a, int64_t per_second, int64_t burst)
{
	*a = (struct allowance){ .per_second = at_most(per_second, ALLOWANCE_MAX),
				 .burst = at_most(burst, ALLOWANCE_MAX) };
	a->thousandths = a->burst * 1000;
}

/* In a millisecond as many thousandths come as whole ones in a second. */
static void allowance_fill(struct allowance *a, int64_t now_ms)
{
	int64_t missing = a->burst * 1000 - a->thousandths;
	int64_t elapsed_ms = now_ms - a->at_ms;

	if (elapsed_ms <= 0)
		return;
	a->at_ms = now_ms;
	if (elapsed_ms > missing / a->per_second)
		a->thousandths = a->burst * 1000;
	else
		a->thousandths += elapsed_ms * a->per_second;
}

bool allowance_take(struct allowance *a, int64_t n, int64_t now_ms)
{
	if (!a->per_second)
		return true;
	allowance_fill(a, now_ms);
	if (a->thousandths <= 0)
		return false;
	a->thousandths -= at_most(n, ALLOWANCE_MAX) * 1000;
	return true;
}
