/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - see buf.h. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"

#define BUF_SMALLEST 256

static void buf_grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : BUF_SMALLEST;
	char *ptr;

	while (cap < need + 1)
		cap *= 2;
	ptr = realloc(b->ptr, cap);
	if (!ptr) {
		b->error = -ENOMEM;
		return;
	}
	b->ptr = ptr;
	b->cap = cap;
}

char *buf_room(struct buf *b, size_t size)
{
	if (b->error)
		return NULL;
	if (size > b->limit || b->len > b->limit - size) {
		b->error = -EFBIG;
		return NULL;
	}
	if (b->len + size + 1 > b->cap)
		buf_grow(b, b->len + size);
	return b->error ? NULL : b->ptr + b->len;
}

void buf_added(struct buf *b, size_t size)
{
	assert(b->len + size < b->cap);
	b->len += size;
	b->ptr[b->len] = '\0';
}

void buf_put(struct buf *b, struct str s)
{
	char *room = buf_room(b, s.len);

	if (!room)
		return;
	if (s.len)
		memcpy(room, s.ptr, s.len);
	buf_added(b, s.len);
}

void buf_puts(struct buf *b, const char *text)
{
	buf_put(b, str_of(text));
}

void buf_putc(struct buf *b, char c)
{
	buf_put(b, (struct str){ &c, 1 });
}

void buf_put_i64(struct buf *b, int64_t value)
{
	char digits[20];
	char *room;
	size_t n = 0, i = 0;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		digits[n++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	room = buf_room(b, n + 1);
	if (!room)
		return;
	if (value < 0)
		room[i++] = '-';
	while (n)
		room[i++] = digits[--n];
	buf_added(b, i);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	char *room;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	room = n < 0 ? NULL : buf_room(b, (size_t)n);
	if (!room)
		return;
	va_start(args, fmt);
	vsnprintf(room, (size_t)n + 1, fmt, args);
	va_end(args);
	buf_added(b, (size_t)n);
}

int buf_error(const struct buf *b)
{
	return b->error;
}

struct str buf_str(const struct buf *b)
{
	return (struct str){ b->ptr ? b->ptr : "", b->len };
}

void buf_cut(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->ptr[len] = '\0';
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->error = 0;
	if (b->ptr)
		b->ptr[0] = '\0';
}

void buf_fini(struct buf *b)
{
	free(b->ptr);
	*b = (struct buf)BUF_INIT(b->limit);
}
