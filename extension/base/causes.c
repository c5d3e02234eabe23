/* SPDX-License-Identifier: Apache-2.0 */
/* causes.c - see causes.h. */
#include "base/causes.h"
#include "base/crc32c.h"

static uint32_t sum_of(const char *why)
{
	uint32_t sum = 0;

	for (; *why; why++)
		if (*why < '0' || *why > '9')
			sum = crc32c(sum, (struct str){ why, 1 });
	return sum;
}

bool causes_add(struct causes *c, const char *why)
{
	uint32_t sum = sum_of(why);
	unsigned i;

	for (i = 0; i < c->count; i++)
		if (c->sum[i] == sum)
			return false;
	if (c->count == CAUSES_MAX)
		return false;
	c->sum[c->count++] = sum;
	return true;
}

void causes_clear(struct causes *c)
{
	c->count = 0;
}
