/* SPDX-License-Identifier: Apache-2.0 */
/* spread.h - times that differ from one program to the next, so that many do not do the
 * same at the same moment.
 */
#ifndef SYS_SPREAD_H
#define SYS_SPREAD_H

#include <stdint.h>

/* x +- 20 %, at random. Any thread. */
int64_t spread_time(int64_t ms);

#endif
