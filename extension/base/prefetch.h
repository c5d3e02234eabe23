/* SPDX-License-Identifier: Apache-2.0 */
/* prefetch.h - tells the processor what is going to be read.
 *
 * What another core wrote, or what was not looked at for long, is not in its
 * cache; asked for while something else is worked on, it is there in time. A
 * pointer to nothing does no harm.
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
