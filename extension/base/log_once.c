/* SPDX-License-Identifier: Apache-2.0 */
/* log_once.c - see log_once.h. */
#include "base/log_once.h"
#include "base/crc32c.h"

static uint32_t sum_of(const char *why)
{
	uint32_t sum = 0;

	for (; *why; why++)
		if (*why < '0' || *why > '9')
			sum = crc32c(sum, (struct str){ why, 1 });
	return sum;
}

bool log_once_is_new(struct log_once *c, const char *why)
{
	uint32_t sum = sum_of(why);
	unsigned i;

	for (i = 0; i < c->count; i++)
		if (c->sum[i] == sum)
			return false;
	if (c->count == LOG_ONCE_MAX)
		return false;
	c->sum[c->count++] = sum;
	return true;
}

void log_once_clear(struct log_once *c)
{
	c->count = 0;
}
