/* SPDX-License-Identifier: Apache-2.0 */
/* allocation.h - the allocator of a test program, told when to fail.
 *
 * Linked into a program it stands in front of malloc() and its kin: for
 * everybody in the process, libraries included, or, in a build with sanitizers,
 * which have an allocator of their own, for what the linker was told to --wrap.
 * One thread.
 */
#ifndef ALLOCATION_H
#define ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>

/* The number-th allocation from now on fails, from 1, 0 for none; with onwards
 * so do all that follow it. */
void allocation_fail(size_t number, bool onwards);
/* Allocations asked for since then, and whether one of them failed. */
size_t allocation_count(void);
bool allocation_has_failed(void);
/* Blocks that nobody freed yet. */
long allocation_live(void);

#endif
