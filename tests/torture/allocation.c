/* SPDX-License-Identifier: Apache-2.0 */
/* allocation.c - see allocation.h. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "allocation.h"

#ifdef ALLOCATION_WRAP
#define FRONT(name) __wrap_##name
#define BACK(name)  __real_##name
#else
#define FRONT(name) name
#define BACK(name)  __libc_##name
#endif

/* Libraries are to find them, too. */
#pragma GCC visibility push(default)
void *BACK(malloc)(size_t size);
void *BACK(calloc)(size_t count, size_t size);
void *BACK(realloc)(void *block, size_t size);
void BACK(free)(void *block);
void *FRONT(malloc)(size_t size);
void *FRONT(calloc)(size_t count, size_t size);
void *FRONT(realloc)(void *block, size_t size);
void FRONT(free)(void *block);
#pragma GCC visibility pop

static size_t count, fail_from, fail_to;
static bool has_failed;
static long live;

void allocation_fail(size_t number, bool onwards)
{
	count = 0;
	has_failed = false;
	fail_from = number;
	fail_to = onwards ? (size_t)-1 : number;
}

size_t allocation_count(void)
{
	return count;
}

bool allocation_has_failed(void)
{
	return has_failed;
}

long allocation_live(void)
{
	return live;
}

static bool fails(void)
{
	count++;
	if (!fail_from || count < fail_from || count > fail_to)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

static void *counted(void *block)
{
	if (block)
		live++;
	return block;
}

void *FRONT(malloc)(size_t size)
{
	return fails() ? NULL : counted(BACK(malloc)(size));
}

void *FRONT(calloc)(size_t number, size_t size)
{
	return fails() ? NULL : counted(BACK(calloc)(number, size));
}

void *FRONT(realloc)(void *block, size_t size)
{
	void *more = fails() ? NULL : BACK(realloc)(block, size);

	if (!block)
		counted(more);
	return more;
}

void FRONT(free)(void *block)
{
	if (block)
		live--;
	BACK(free)(block);
}

#ifdef ALLOCATION_WRAP
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);

char *__wrap_strndup(const char *text, size_t most)
{
	size_t len = strnlen(text, most);
	char *copy = FRONT(malloc)(len + 1);

	if (!copy)
		return NULL;
	copy[len] = '\0';
	return memcpy(copy, text, len);
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, SIZE_MAX);
}
#endif
