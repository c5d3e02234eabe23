/* SPDX-License-Identifier: Apache-2.0 */
/* json_copy.h - the innermost loops of writing JSON, eight bytes a step. */
#ifndef FORMAT_JSON_COPY_H
#define FORMAT_JSON_COPY_H

#include "base/buf.h"
#include "base/word.h"

/* Appending is the hottest operation of all: its common case is inline. */
static inline void json_put(struct buf *b, const char *ptr, size_t len)
{
	if (b->error || b->cap - b->len <= len || b->limit - b->len < len) {
		buf_put(b, (struct str){ ptr, len });
		return;
	}
	memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
	b->ptr[b->len] = '\0';
}

/* Where up to size bytes can be written at once, or NULL; then fewer may still fit. */
static inline char *json_room(const struct buf *b, size_t size)
{
	if (b->error || b->cap - b->len <= size || b->limit - b->len < size)
		return NULL;
	return b->ptr + b->len;
}

/* Copies whole words: up to seven bytes more are read and written. */
static inline char *json_copy(char *to, const char *from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i += WORD_SIZE)
		memcpy(to + i, from + i, WORD_SIZE);
	return to + len;
}

/* Whether all eight bytes are written as they are: ASCII, no control character,
 * and none of the five that Go escapes. */
static inline bool json_is_plain_word(uint64_t word)
{
	/* One bit apart each: " and &, < and >. */
	uint64_t special = word_equal(word | WORD_OF('"' ^ '&'), '&') |
			   word_equal(word | WORD_OF('<' ^ '>'), '>') |
			   word_equal(word, '\\') | word_below(word, 0x20);

	return !special && !(word & WORD_OF(0x80));
}

static inline bool json_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' &&
	       c != '&';
}

/* Copies a string; returns where it ends, or NULL: it is not plain. */
static inline char *json_copy_plain(char *to, struct str s)
{
	size_t i;

	if (s.len < WORD_SIZE) {
		for (i = 0; i < s.len && json_is_plain((unsigned char)s.ptr[i]); i++)
			to[i] = s.ptr[i];
		return i == s.len ? to + i : NULL;
	}
	for (i = 0;; i += WORD_SIZE) {
		/* The last eight bytes overlap those before. */
		if (i + WORD_SIZE > s.len)
			i = s.len - WORD_SIZE;
		if (!json_is_plain_word(word_load(s.ptr + i)))
			return NULL;
		memcpy(to + i, s.ptr + i, WORD_SIZE);
		if (i + WORD_SIZE == s.len)
			return to + s.len;
	}
}

#endif
