/* SPDX-License-Identifier: Apache-2.0 */
/* s3_words.c - see s3_words.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/utf8.h"
#include "writer/s3_words.h"

#define SEARCH_MAX ((size_t)8192) /* an error document is shorter */
#define CODE_MAX   64

static const struct {
	const char *name;
	char stands_for;
} entities[] = {
	{ "&amp;", '&' },   { "&lt;", '<' },   { "&gt;", '>' },	  { "&quot;", '\'' },
	{ "&apos;", '\'' }, { "&#39;", '\'' }, { "&#34;", '\'' },
};

static struct str s3_words_start(struct str body)
{
	if (body.len > SEARCH_MAX)
		body.len = SEARCH_MAX;
	return body;
}

struct str s3_words_element(struct str body, const char *name)
{
	char tag[32];
	struct str none = { NULL, 0 }, found;
	const char *at;
	size_t tag_len;

	body = s3_words_start(body);
	tag_len = (size_t)snprintf(tag, sizeof(tag), "<%s>", name);
	at = body.len ? memmem(body.ptr, body.len, tag, tag_len) : NULL;
	if (!at)
		return none;
	body = str_skip(body, (size_t)(at - body.ptr) + tag_len);
	found = str_until(body, '<');
	return found.len < body.len ? found : none;
}

static bool is_code_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == ':';
}

struct str s3_words_code(struct str body)
{
	struct str code = s3_words_element(body, "Code"), none = { NULL, 0 };
	size_t i;

	if (code.len > CODE_MAX)
		return none;
	for (i = 0; i < code.len; i++)
		if (!is_code_byte(code.ptr[i]))
			return none;
	return code;
}

static struct str skip_blanks(struct str s)
{
	while (s.len && strchr(" \t\r\n", *s.ptr))
		s = str_skip(s, 1);
	return s;
}

struct str s3_words_message(struct str body)
{
	struct str found = s3_words_element(body, "Message");

	if (!found.len)
		found = s3_words_element(body, "title");
	if (!found.len)
		found = s3_words_element(body, "TITLE");
	if (!found.len)
		found = s3_words_start(body);
	found = skip_blanks(found);
	return found.len && *found.ptr != '<' ? found : (struct str){ NULL, 0 };
}

/* A server that had sent 200 before it failed can say so only in the body. */
bool s3_words_is_error(struct str body)
{
	body = s3_words_start(body);
	return body.len && (memmem(body.ptr, body.len, "<Error>", 7) ||
			    memmem(body.ptr, body.len, "<Error ", 7));
}

bool s3_words_is_page(struct str body)
{
	size_t i;

	body = s3_words_start(body);
	for (i = 0; i + 5 <= body.len; i++)
		if (body.ptr[i] == '<' && strncasecmp(body.ptr + i + 1, "html", 4) == 0)
			return true;
	return false;
}

/* How many bytes the entity takes; 0: it is none. */
static size_t entity_len(struct str words, char *stands_for)
{
	size_t i;

	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (str_starts(words, str_of(entities[i].name))) {
			*stands_for = entities[i].stands_for;
			return strlen(entities[i].name);
		}
	return 0;
}

/* One character, or what stands for it. Returns how many bytes it took. */
static size_t put_character(struct buf *b, struct str words)
{
	unsigned char c = (unsigned char)*words.ptr;
	size_t len = c == '&' ? entity_len(words, (char *)&c) : 0;

	if (len) {
		buf_putc(b, (char)c);
		return len;
	}
	if (c < 0x80) {
		buf_putc(b, c < 0x20 || c == 0x7f ? ' ' : c == '"' ? '\'' : (char)c);
		return 1;
	}
	len = utf8_len(words);
	/* U+0080 to U+009F are control characters, too. */
	if (!len || (c == 0xc2 && (unsigned char)words.ptr[1] < 0xa0)) {
		buf_putc(b, '?');
		return len ? len : 1;
	}
	buf_put(b, (struct str){ words.ptr, len });
	return len;
}

void s3_words_put(struct buf *b, struct str words, size_t most)
{
	size_t end = b->len + most, before;

	while (words.len) {
		before = b->len;
		words = str_skip(words, put_character(b, words));
		if (b->len > end || buf_error(b)) {
			buf_cut(b, before);
			return;
		}
	}
}
