/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - borrowed bytes.
 *
 * A str is a pointer and a length, passed by value and never freed. It says
 * nothing about who owns the bytes; the function that returns one says how
 * long they live. The bytes need not end with a NUL and may contain one.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *ptr;
	size_t len;
};

/* A list of strings; the function that makes one says who owns the items. */
struct strs {
	struct str *item;
	size_t count;
};

#define STR(literal) ((struct str){ "" literal "", sizeof(literal) - 1 })
#define STR_FMT	     "%.*s"
#define STR_ARG(s)   (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
	return str_equal(a, str_of(text));
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* The bytes from offset on; empty when there are none. */
static inline struct str str_skip(struct str s, size_t offset)
{
	if (offset >= s.len)
		return (struct str){ s.ptr ? s.ptr + s.len : NULL, 0 };
	return (struct str){ s.ptr + offset, s.len - offset };
}

/* Without the byte c and what follows it; all of s when c is not in it. */
static inline struct str str_until(struct str s, char c)
{
	const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return at ? (struct str){ s.ptr, (size_t)(at - s.ptr) } : s;
}

/* ASCII only: keys of configuration files and HTTP header names. */
bool str_equal_nocase(struct str a, struct str b);

#endif
