/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.c - see json_write.h. Its strings are in json_string.c. */
#include "format/digits.h"
#include "format/json_copy.h"
#include "format/json_write.h"

void json_put_break(struct buf *b, struct json_style style)
{
	unsigned i;

	if (!style.pretty)
		return;
	json_put(b, "\n", 1);
	for (i = 0; i < style.depth; i++)
		json_put(b, "\t", 1);
}

/* Copies the string that starts at text.ptr[i], quotes included; returns where
 * it ends. */
static size_t put_quoted(struct buf *b, struct str text, size_t i)
{
	size_t from = i++;

	while (i < text.len && text.ptr[i] != '"')
		i += text.ptr[i] == '\\' ? 2 : 1;
	i = i < text.len ? i + 1 : text.len;
	json_put(b, text.ptr + from, i - from);
	return i;
}

void json_put_raw(struct buf *b, struct str text, struct json_style style)
{
	char last = '\0';
	size_t i = 0;

	if (!style.pretty) {
		json_put(b, text.ptr, text.len);
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
		if (c == '}' || c == ']' ? last != '{' && last != '['
					 : last == '{' || last == '[' || last == ',')
			json_put_break(b, style);
		if (c == '"') {
			i = put_quoted(b, text, i);
		} else {
			json_put(b, c == ':' ? ": " : &c, c == ':' ? 2 : 1);
			i++;
		}
		if (c == '{' || c == '[')
			style.depth++;
		last = c;
	}
}

static void put_i64(struct buf *b, int64_t value)
{
	char text[DIGITS_ROOM];
	char *end = digits_put(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);

	if (value < 0)
		json_put(b, "-", 1);
	json_put(b, text, (size_t)(end - text));
}

static void json_write_put_enum(struct buf *b, const char *const *names, int value)
{
	int i;

	for (i = 0; i < value && names[i]; i++)
		;
	if (value >= 0 && i == value && names[i]) {
		json_put(b, "\"", 1);
		json_put(b, names[i], strlen(names[i]));
		json_put(b, "\"", 1);
		return;
	}
	json_put(b, "\"", 1);
	put_i64(b, value);
	json_put(b, "\"", 1);
}

static void json_write_put_strs(struct buf *b, const struct strs *list,
				struct json_style style)
{
	struct json_style inside = { style.pretty, style.depth + 1 };
	size_t i;

	json_put(b, "[", 1);
	for (i = 0; i < list->count; i++) {
		if (i)
			json_put(b, ",", 1);
		json_put_break(b, inside);
		json_put_string(b, list->item[i]);
	}
	if (list->count)
		json_put_break(b, style);
	json_put(b, "]", 1);
}

static void json_write_put_map(struct buf *b, const struct map_of_str *map,
			       struct json_style style)
{
	struct json_style inside = { style.pretty, style.depth + 1 };
	size_t i;

	json_put(b, "{", 1);
	for (i = 0; i < map->count; i++) {
		if (i)
			json_put(b, ",", 1);
		json_put_break(b, inside);
		json_put_string(b, map->name[i]);
		json_put(b, ": ", style.pretty ? 2 : 1);
		json_put_string(b, map->value[i]);
	}
	if (map->count)
		json_put_break(b, style);
	json_put(b, "}", 1);
}

static void json_write_put_value(struct buf *b, const struct field *field,
				 const void *value, struct json_style style)
{
	switch (field->kind) {
	case FIELD_KIND_I64:
		put_i64(b, *(const int64_t *)value);
		break;
	case FIELD_KIND_STR:
		json_put_string(b, *(const struct str *)value);
		break;
	case FIELD_KIND_BOOL:
		json_put(b, *(const bool *)value ? "true" : "false",
			 *(const bool *)value ? 4 : 5);
		break;
	case FIELD_KIND_U16:
		put_i64(b, *(const uint16_t *)value);
		break;
	case FIELD_KIND_U32:
		put_i64(b, *(const uint32_t *)value);
		break;
	case FIELD_KIND_ENUM:
		json_write_put_enum(b, field->names, *(const int *)value);
		break;
	case FIELD_KIND_OBJECT:
		json_put_record(b, field->shape, *(void *const *)value, style);
		break;
	case FIELD_KIND_RAW:
		json_put_raw(b, ((const struct raw *)value)->text, style);
		break;
	case FIELD_KIND_STRS:
		json_write_put_strs(b, value, style);
		break;
	case FIELD_KIND_MAP:
		json_write_put_map(b, value, style);
		break;
	}
}

/* The members of every day, compact, with one look at the room: a number, a
 * boolean, a plain string. false: nothing was written. */
static bool json_write_put_member(struct buf *b, const struct field *field, size_t skip,
				  const void *value)
{
	size_t name_len = field->prefix_len - skip;
	const struct str *text = value;
	char *to = json_room(b, name_len + DIGITS_ROOM + WORD_SIZE +
					(field->kind == FIELD_KIND_STR ? text->len : 0));

	if (!to)
		return false;
	to = json_copy(to, field->prefix + skip, name_len);
	if (field->kind == FIELD_KIND_I64 && *(const int64_t *)value >= 0) {
		to = digits_put(to, (uint64_t) * (const int64_t *)value);
	} else if (field->kind == FIELD_KIND_STR) {
		*to++ = '"';
		to = json_copy_plain(to, *text);
		if (to)
			*to++ = '"';
	} else if (field->kind == FIELD_KIND_BOOL) {
		to = *(const bool *)value ? json_copy(to, "true\0\0\0", 4)
					  : json_copy(to, "false\0\0", 5);
	} else {
		to = NULL;
	}
	if (to)
		b->len = (size_t)(to - b->ptr);
	b->ptr[b->len] = '\0';
	return to != NULL;
}

#define OMITTED (FIELD_OMIT_EMPTY | FIELD_OMIT_NEGATIVE | FIELD_SILENT)

static bool is_omitted(const struct field *field, const void *value)
{
	if (field->flags & FIELD_SILENT)
		return true;
	if (field->flags & FIELD_OMIT_NEGATIVE)
		return field->kind == FIELD_KIND_I64 && *(const int64_t *)value < 0;
	return field_is_empty(field, value);
}

void json_put_record(struct buf *b, const struct shape *shape, const void *record,
		     struct json_style style)
{
	struct json_style inside = { style.pretty, style.depth + 1 };
	const struct field *field;
	size_t skip = 1; /* the comma of the prefix, for the first */

	json_put(b, "{", 1);
	for (field = shape->fields; field->name; field++) {
		const void *value = (const char *)record + field->offset;

		if (field->flags & OMITTED && is_omitted(field, value))
			continue;
		if (style.pretty) {
			json_put(b, ",", 1 - skip);
			json_put_break(b, inside);
			json_put(b, field->prefix + 1, field->prefix_len - 1);
			json_put(b, " ", 1);
			json_write_put_value(b, field, value, inside);
		} else if (!json_write_put_member(b, field, skip, value)) {
			json_put(b, field->prefix + skip, field->prefix_len - skip);
			json_write_put_value(b, field, value, inside);
		}
		skip = 0;
	}
	if (!skip)
		json_put_break(b, style);
	json_put(b, "}", 1);
}
