/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - memory for large things that live shortly.
 *
 * It comes from the system and goes back to it at once, where malloc() would keep as much for
 * each thread that ever freed some.
 */
#ifndef SYS_PAGES_H
#define SYS_PAGES_H

#include <stddef.h>

struct pages {
	char *ptr; /* zeroes; NULL: none are mapped */
	size_t size;

	/* Ours. */
	void *map;
	size_t mapped;
};

/* Nothing is taken before it is touched. 0 or -ENOMEM. */
int pages_map(struct pages *, size_t size);
/* Takes the first bytes at once, and in large pages where one is filled. To fault 3 MB page
 * by page takes 1.4 ms, this 0.3. */
void pages_populate(struct pages *, size_t bytes);
/* Also none. */
void pages_unmap(struct pages *);

#endif
