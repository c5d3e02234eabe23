/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.c - see json_write.h. */
#include <stdio.h>
#include "format/json_write.h"

/* Appending is the hottest thing we do: the usual case stays inline. */
static inline void put(struct buf *b, const char *ptr, size_t len)
{
	if (b->error || b->cap - b->len <= len || b->limit - b->len < len) {
		buf_put(b, (struct str){ ptr, len });
		return;
	}
	memcpy(b->ptr + b->len, ptr, len);
	b->len += len;
	b->ptr[b->len] = '\0';
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

/* The length of the well-formed UTF-8 sequence at the start (RFC 3629: no
 * surrogates, nothing above U+10FFFF, no overlong forms); 0: there is none. */
static size_t utf8_len(const unsigned char *at, size_t left)
{
	size_t n, i;
	unsigned low = 0x80, high = 0xbf;

	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		n = 2;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		n = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (left < n || at[1] < low || at[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static size_t put_special(struct buf *b, const unsigned char *at, size_t left)
{
	char code[7];
	size_t n;

	switch (*at) {
	case '"':
		put(b, "\\\"", 2);
		return 1;
	case '\\':
		put(b, "\\\\", 2);
		return 1;
	case '\n':
		put(b, "\\n", 2);
		return 1;
	case '\r':
		put(b, "\\r", 2);
		return 1;
	case '\t':
		put(b, "\\t", 2);
		return 1;
	}
	if (*at < 0x80) {
		snprintf(code, sizeof(code), "\\u%04x", *at);
		put(b, code, 6);
		return 1;
	}
	n = utf8_len(at, left);
	if (n == 0)
		put(b, "\\ufffd", 6);
	else if (n == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8)
		put(b, at[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
	else
		put(b, (const char *)at, n);
	return n ? n : 1;
}

void json_put_string(struct buf *b, struct str s)
{
	size_t i = 0, from;

	put(b, "\"", 1);
	while (i < s.len) {
		for (from = i; i < s.len && is_plain((unsigned char)s.ptr[i]); i++)
			;
		put(b, s.ptr + from, i - from);
		if (i < s.len)
			i += put_special(b, (const unsigned char *)s.ptr + i, s.len - i);
	}
	put(b, "\"", 1);
}

void json_put_break(struct buf *b, struct json_style style)
{
	unsigned i;

	if (!style.pretty)
		return;
	put(b, "\n", 1);
	for (i = 0; i < style.depth; i++)
		put(b, "\t", 1);
}

/* Copies the string that starts at text.ptr[i], quotes included; returns where
 * it ends. */
static size_t put_quoted(struct buf *b, struct str text, size_t i)
{
	size_t from = i++;

	while (i < text.len && text.ptr[i] != '"')
		i += text.ptr[i] == '\\' ? 2 : 1;
	i = i < text.len ? i + 1 : text.len;
	put(b, text.ptr + from, i - from);
	return i;
}

void json_put_raw(struct buf *b, struct str text, struct json_style style)
{
	char last = '\0';
	size_t i = 0;

	if (!style.pretty) {
		put(b, text.ptr, text.len);
		return;
	}
	while (i < text.len) {
		char c = text.ptr[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			i++;
			continue;
		}
		if (c == '}' || c == ']')
			style.depth--;
		if (c == '}' || c == ']' ? last != '{' && last != '[' :
		    last == '{' || last == '[' || last == ',')
			json_put_break(b, style);
		if (c == '"') {
			i = put_quoted(b, text, i);
		} else {
			put(b, c == ':' ? ": " : &c, c == ':' ? 2 : 1);
			i++;
		}
		if (c == '{' || c == '[')
			style.depth++;
		last = c;
	}
}

static void put_i64(struct buf *b, int64_t value)
{
	char text[20];
	size_t at = sizeof(text);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		put(b, "-", 1);
	put(b, text + at, sizeof(text) - at);
}

static void put_enum(struct buf *b, const char *const *names, int value)
{
	int i;

	for (i = 0; i < value && names[i]; i++)
		;
	if (value >= 0 && i == value && names[i]) {
		put(b, "\"", 1);
		put(b, names[i], strlen(names[i]));
		put(b, "\"", 1);
		return;
	}
	put(b, "\"", 1);
	put_i64(b, value);
	put(b, "\"", 1);
}

static bool is_empty(const struct field *field, const void *value)
{
	switch (field->kind) {
	case FIELD_KIND_BOOL:
		return !*(const bool *)value;
	case FIELD_KIND_U16:
		return *(const uint16_t *)value == 0;
	case FIELD_KIND_U32:
		return *(const uint32_t *)value == 0;
	case FIELD_KIND_I64:
		return *(const int64_t *)value == 0;
	case FIELD_KIND_STR:
		return ((const struct str *)value)->len == 0;
	case FIELD_KIND_STRS:
		return ((const struct strs *)value)->count == 0;
	case FIELD_KIND_MAP:
		return ((const struct map_of_str *)value)->count == 0;
	case FIELD_KIND_ENUM:
		return *(const int *)value == 0;
	case FIELD_KIND_OBJECT:
		return !*(void *const *)value;
	case FIELD_KIND_RAW:
		return ((const struct raw *)value)->text.len == 0;
	}
	return false;
}

static void put_strs(struct buf *b, const struct strs *list, struct json_style style)
{
	struct json_style inside = { style.pretty, style.depth + 1 };
	size_t i;

	put(b, "[", 1);
	for (i = 0; i < list->count; i++) {
		if (i)
			put(b, ",", 1);
		json_put_break(b, inside);
		json_put_string(b, list->item[i]);
	}
	if (list->count)
		json_put_break(b, style);
	put(b, "]", 1);
}

static void put_map(struct buf *b, const struct map_of_str *map, struct json_style style)
{
	struct json_style inside = { style.pretty, style.depth + 1 };
	size_t i;

	put(b, "{", 1);
	for (i = 0; i < map->count; i++) {
		if (i)
			put(b, ",", 1);
		json_put_break(b, inside);
		json_put_string(b, map->name[i]);
		put(b, ": ", style.pretty ? 2 : 1);
		json_put_string(b, map->value[i]);
	}
	if (map->count)
		json_put_break(b, style);
	put(b, "}", 1);
}

static void put_value(struct buf *b, const struct field *field, const void *value,
		      struct json_style style)
{
	switch (field->kind) {
	case FIELD_KIND_I64:
		put_i64(b, *(const int64_t *)value);
		break;
	case FIELD_KIND_STR:
		json_put_string(b, *(const struct str *)value);
		break;
	case FIELD_KIND_BOOL:
		put(b, *(const bool *)value ? "true" : "false",
		    *(const bool *)value ? 4 : 5);
		break;
	case FIELD_KIND_U16:
		put_i64(b, *(const uint16_t *)value);
		break;
	case FIELD_KIND_U32:
		put_i64(b, *(const uint32_t *)value);
		break;
	case FIELD_KIND_ENUM:
		put_enum(b, field->names, *(const int *)value);
		break;
	case FIELD_KIND_OBJECT:
		json_put_record(b, field->shape, *(void *const *)value, style);
		break;
	case FIELD_KIND_RAW:
		json_put_raw(b, ((const struct raw *)value)->text, style);
		break;
	case FIELD_KIND_STRS:
		put_strs(b, value, style);
		break;
	case FIELD_KIND_MAP:
		put_map(b, value, style);
		break;
	}
}

void json_put_record(struct buf *b, const struct shape *shape, const void *record,
		     struct json_style style)
{
	struct json_style inside = { style.pretty, style.depth + 1 };
	const struct field *field;
	size_t skip = 1;		/* the comma of the prefix, for the first */

	put(b, "{", 1);
	for (field = shape->fields; field->name; field++) {
		const void *value = (const char *)record + field->offset;

		if (field->flags & FIELD_OMIT_EMPTY && is_empty(field, value))
			continue;
		if (style.pretty) {
			put(b, ",", 1 - skip);
			json_put_break(b, inside);
			put(b, field->prefix + 1, field->prefix_len - 1);
			put(b, " ", 1);
		} else {
			put(b, field->prefix + skip, field->prefix_len - skip);
		}
		put_value(b, field, value, inside);
		skip = 0;
	}
	if (!skip)
		json_put_break(b, style);
	put(b, "}", 1);
}
