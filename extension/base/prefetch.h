/* SPDX-License-Identifier: Apache-2.0 */
/* prefetch.h - loads memory into the processor's cache before it is read.
 *
 * Data that another core wrote, or that was not used for a while, is not in the cache.
 * If it is prefetched while other work is done, it is there in time. Any pointer is
 * allowed.
 */
#ifndef BASE_PREFETCH_H
#define BASE_PREFETCH_H

#include <stddef.h>

#define PREFETCH_LINE 64

static inline void prefetch(const void *from, size_t size)
{
	const char *at = from, *end = at ? at + size : at;

	for (; at < end; at += PREFETCH_LINE)
		__builtin_prefetch(at);
}

#endif
