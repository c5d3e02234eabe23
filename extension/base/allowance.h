/* SPDX-License-Identifier: Apache-2.0 */
/* allowance.h - how much may pass: so much a second on average, and a burst at once (a token
 * bucket).
 *
 * What passes goes as a whole, whatever its size, as long as something is left; what it
 * took too much is owed, so that the average holds.
 */
#ifndef BASE_ALLOWANCE_H
#define BASE_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

/* Of both numbers, so that thousandths fit. */
#define ALLOWANCE_MAX ((int64_t)1000000000000)

struct allowance {
	int64_t per_second; /* 0: no limit */
	int64_t burst;
	int64_t thousandths; /* left; negative: owed */
	int64_t at_ms;	     /* when that was so, monotonic */
};

/* It begins full. */
void allowance_init(struct allowance *, int64_t per_second, int64_t burst);
/* Whether n may pass, which then counts. Without a limit it always may. */
bool allowance_take(struct allowance *, int64_t n, int64_t now_ms);

#endif
