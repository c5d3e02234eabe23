/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
	fputs("analyzer: out of memory\n", stderr);
	exit(1);
}

void *mem_zalloc(size_t size)
{
	void *mem = calloc(1, size ? size : 1);

	if (!mem)
		out_of_memory();
	return mem;
}

void *mem_realloc(void *old, size_t size)
{
	void *mem = realloc(old, size ? size : 1);

	if (!mem)
		out_of_memory();
	return mem;
}

char *mem_strndup(const char *text, size_t len)
{
	char *copy = mem_zalloc(len + 1);

	if (len)
		memcpy(copy, text, len);
	return copy;
}

void bytes_reserve(struct bytes *bytes, size_t len)
{
	size_t cap = bytes->cap ? bytes->cap : 256;

	if (bytes->data && bytes->cap - bytes->len >= len)
		return;
	while (cap - bytes->len < len)
		cap *= 2;
	bytes->data = mem_realloc(bytes->data, cap);
	bytes->cap = cap;
}

void bytes_add(struct bytes *bytes, const void *data, size_t len)
{
	if (!len)
		return;
	bytes_reserve(bytes, len);
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

void bytes_addf(struct bytes *bytes, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	bytes_reserve(bytes, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(bytes->data + bytes->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	bytes->len += (size_t)len;
}

void bytes_cut(struct bytes *bytes, size_t len)
{
	if (!len)
		return;
	bytes->len -= len;
	memmove(bytes->data, bytes->data + len, bytes->len);
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){ .data = NULL };
}
