/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h - a growing run of bytes, and memory that is always there.
 *
 * The stand-in is a test program: when memory runs out it says so and exits,
 * so nothing in it checks for NULL.
 */
#ifndef ANALYZER_BYTES_H
#define ANALYZER_BYTES_H

#include <stddef.h>

struct bytes {
	char *data; /* NULL while nothing was ever added */
	size_t len;
	size_t cap;
};

/* What follows exits with 1 when memory runs out. The caller frees. */
void *mem_zalloc(size_t size);
void *mem_realloc(void *, size_t size);
char *mem_strndup(const char *, size_t len);

void bytes_add(struct bytes *, const void *data, size_t len);
void bytes_addf(struct bytes *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
/* Makes room for len more bytes without counting them. */
void bytes_reserve(struct bytes *, size_t len);
/* Takes the first len bytes away. */
void bytes_cut(struct bytes *, size_t len);
/* Frees the memory; the struct is empty and usable afterwards. */
void bytes_free(struct bytes *);

#endif
