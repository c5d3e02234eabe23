/* SPDX-License-Identifier: Apache-2.0 */
/* temporary.h - names for mkdtemp(), and files, in TMPDIR, or /tmp without one. */
#ifndef TESTS_TEMPORARY_H
#define TESTS_TEMPORARY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define TEMPORARY_SIZE 192

static inline void temporary_name(char *to, size_t size, const char *name)
{
	const char *place = getenv("TMPDIR");

	if (!place || !*place)
		place = "/tmp";
	assert_true((size_t)snprintf(to, size, "%s/%s-XXXXXX", place, name) < size);
}

/* An open one; its name is the caller's to unlink. */
static inline int temporary_file(char *to, size_t size, const char *name)
{
	int fd;

	temporary_name(to, size, name);
	fd = mkstemp(to);
	assert_true(fd >= 0);
	return fd;
}

#endif
