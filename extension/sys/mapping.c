/* SPDX-License-Identifier: Apache-2.0 */
/* mapping.c - see mapping.h. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include "sys/mapping.h"

#define LARGE_PAGE ((uintptr_t)2 << 20)

static char *large_page_at(uintptr_t at)
{
	return (char *)(at / LARGE_PAGE * LARGE_PAGE);
}

int mapping_open(struct mapping *p, size_t size)
{
	size_t mapped = LARGE_PAGE + size;
	void *map = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return -ENOMEM;
	*p = (struct mapping){ .ptr = large_page_at((uintptr_t)map + LARGE_PAGE - 1),
			       .size = size,
			       .map = map,
			       .mapped = mapped };
	return 0;
}

void mapping_populate(struct mapping *p, size_t bytes)
{
	char *large_end = large_page_at((uintptr_t)p->ptr + bytes);

	if (bytes <= p->populated)
		return;
	p->populated = bytes;
	if (large_end > p->ptr)
		madvise(p->ptr, (size_t)(large_end - p->ptr), MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
	madvise(p->ptr, bytes, MADV_POPULATE_WRITE);
#endif
}

void mapping_spare(struct mapping *p)
{
	if (p->map)
		madvise(p->ptr, p->size, MADV_FREE);
}

void mapping_close(struct mapping *p)
{
	if (p->map)
		munmap(p->map, p->mapped);
	*p = (struct mapping){ 0 };
}
