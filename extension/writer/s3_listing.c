/* SPDX-License-Identifier: Apache-2.0 */
/* s3_listing.c - see s3_listing.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "writer/s3_listing.h"
#include "writer/sigv4.h"

#define KEY_MAX	   (16 * 1024)
#define ENTITY_MAX 10
#define SIZE_MOST  (INT64_MAX / 16)

void s3_listing_put_query(struct buf *b, struct str prefix, struct str token)
{
	if (token.len) {
		buf_puts(b, "continuation-token=");
		sigv4_put_query(b, token);
		buf_putc(b, '&');
	}
	buf_puts(b, "encoding-type=url&list-type=2&prefix=");
	sigv4_put_query(b, prefix);
}

/* Where it begins; the text's length: nowhere. */
static size_t find(struct str text, const char *what)
{
	const char *at = text.len ? memmem(text.ptr, text.len, what, strlen(what)) : NULL;

	return at ? (size_t)(at - text.ptr) : text.len;
}

/* What stands between the tags of the first element of that name, and what is behind it.
 * false: there is none, or it does not end. */
static bool take_element(struct str *text, const char *name, struct str *inside)
{
	char tag[40];
	struct str rest;
	size_t end;

	snprintf(tag, sizeof(tag), "<%s>", name);
	rest = str_skip(*text, find(*text, tag));
	if (!rest.len)
		return false;
	rest = str_skip(rest, strlen(tag));
	snprintf(tag, sizeof(tag), "</%s>", name);
	end = find(rest, tag);
	if (end == rest.len)
		return false;
	*inside = (struct str){ rest.ptr, end };
	*text = str_skip(rest, end + strlen(tag));
	return true;
}

static bool has_element(struct str text, const char *name, struct str *inside)
{
	return take_element(&text, name, inside);
}

/* A character by its number, as UTF-8. */
static void put_character(struct buf *b, unsigned long c)
{
	if (c < 0x80) {
		buf_putc(b, (char)c);
	} else if (c < 0x800) {
		buf_putc(b, (char)(0xc0 | c >> 6));
		buf_putc(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_putc(b, (char)(0xe0 | c >> 12));
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_putc(b, (char)(0xf0 | c >> 18));
		buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* The name between "&" and ";". false: XML does not know it. */
static bool put_entity(struct buf *b, struct str name)
{
	static const struct {
		const char *name;
		char c;
	} known[] = { { "amp", '&' },
		      { "lt", '<' },
		      { "gt", '>' },
		      { "quot", '"' },
		      { "apos", '\'' } };
	char digits[ENTITY_MAX + 1] = "";
	bool is_hex = str_starts(name, STR("#x"));
	unsigned long c;
	char *end;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!str_is(name, known[i].name))
			continue;
		buf_putc(b, known[i].c);
		return true;
	}
	if (!str_starts(name, STR("#")) || name.len > ENTITY_MAX)
		return false;
	memcpy(digits, name.ptr, name.len);
	c = strtoul(digits + (is_hex ? 2 : 1), &end, is_hex ? 16 : 10);
	if (*end || !c || c > 0x10ffff)
		return false;
	put_character(b, c);
	return true;
}

/* Appends a text of XML as it is meant. */
static bool put_text(struct buf *b, struct str text)
{
	struct str name;

	while (text.len) {
		struct str plain = str_until(text, '&');

		buf_put(b, plain);
		text = str_skip(text, plain.len);
		if (!text.len)
			break;
		text = str_skip(text, 1);
		name = str_until(text, ';');
		if (name.len == text.len || !put_entity(b, name))
			return false;
		text = str_skip(text, name.len + 1);
	}
	return true;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; a blank may come as "+". */
static bool decode_url(struct buf *b)
{
	size_t from, to;

	for (from = to = 0; from < b->len; from++, to++) {
		char c = b->ptr[from];

		if (c == '%') {
			int high = from + 2 < b->len ? hex_of(b->ptr[from + 1]) : -1;
			int low = from + 2 < b->len ? hex_of(b->ptr[from + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			from += 2;
		} else if (c == '+') {
			c = ' ';
		}
		b->ptr[to] = c;
	}
	buf_cut(b, to);
	return true;
}

static bool read_size(struct str text, int64_t *size)
{
	size_t i;

	for (i = 0, *size = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || *size > SIZE_MOST / 10)
			return false;
		*size = 10 * *size + (text.ptr[i] - '0');
	}
	return text.len > 0;
}

/* One object of the page. */
static int see_object(struct str object, bool is_url, const struct listing *listing,
		      struct err *err)
{
	struct buf key = BUF_INIT(KEY_MAX);
	struct listed listed;
	struct str name, size;
	int result;

	if (!has_element(object, "Key", &name) || !has_element(object, "Size", &size) ||
	    !read_size(size, &listed.bytes) || !put_text(&key, name) ||
	    (is_url && !decode_url(&key)) || buf_error(&key)) {
		result = err_set(err, "the store's listing has an object without a "
				      "readable key and size");
	} else {
		listed.key = buf_str(&key);
		result = listing->see(listing->context, &listed);
	}
	buf_fini(&key);
	return result;
}

static int read_next(struct str about, struct buf *token, struct err *err)
{
	struct str inside;

	if (!has_element(about, "IsTruncated", &inside))
		return err_set(err,
			       "the store's listing does not say whether it goes on");
	if (!str_is(inside, "true"))
		return 0;
	if (has_element(about, "NextContinuationToken", &inside) && inside.len &&
	    put_text(token, inside) && !buf_error(token))
		return 0;
	return err_set(err, "the store's listing goes on, but it does not say where: it "
			    "knows no ListObjectsV2");
}

int s3_listing_read(struct str body, const struct listing *listing, struct buf *token,
		    struct err *err)
{
	struct str rest = str_skip(body, find(body, "<ListBucketResult")), about = rest;
	struct str object, encoding;
	bool is_url;
	int result = 0;

	if (!rest.len || find(rest, "</ListBucketResult>") == rest.len)
		return err_set(err, "the answer is no listing, or it is cut: is endpoint "
				    "an S3 server?");
	is_url = has_element(about, "EncodingType", &encoding) && str_is(encoding, "url");
	while (!result && take_element(&rest, "Contents", &object))
		result = see_object(object, is_url, listing, err);
	return result ? result : read_next(about, token, err);
}
