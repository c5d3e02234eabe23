/* SPDX-License-Identifier: Apache-2.0 */
/* spread.c - see spread.h. */
#include <sys/random.h>
#include "sys/spread.h"

int64_t spread_time(int64_t ms)
{
	uint16_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		return ms;
	return ms * 4 / 5 + ms * 2 / 5 * random / UINT16_MAX;
}
