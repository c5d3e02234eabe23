/* SPDX-License-Identifier: Apache-2.0 */
/* json_read.c - see json_read.h. */
#include "format/json_read.h"
#include "format/json_scan.h"

static bool json_fail(struct json_reader *r, enum json_error error)
{
	if (!r->error)
		r->error = error;
	return false;
}

static size_t json_left(const struct json_reader *r)
{
	return (size_t)(r->end - r->at);
}

void json_reader_init(struct json_reader *r, struct str text, struct arena *arena)
{
	*r = (struct json_reader){
		.at = text.ptr ? text.ptr : "",
		.end = text.ptr ? text.ptr + text.len : "",
		.arena = arena,
	};
	if (!text.ptr)
		r->end = r->at;
}

bool json_error_is_local(enum json_error error)
{
	return error == JSON_TYPE || error == JSON_NUMBER || error == JSON_ENUM;
}

static bool json_take_word(struct json_reader *r, const char *word, size_t len)
{
	if (json_left(r) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

bool json_read_null(struct json_reader *r)
{
	json_skip_blanks(r);
	return json_take_word(r, "null", 4);
}

/* The rest of a string that holds an escape at r->at; from is its start. */
static bool read_escaped(struct json_reader *r, const char *from, struct str *out)
{
	const char *close = r->at;
	char *bytes;

	while (close < r->end && *close != '"')
		close += *close == '\\' ? 2 : 1;
	if (close >= r->end)
		return json_fail(r, JSON_SYNTAX);
	bytes = arena_bytes(r->arena, (size_t)(close - from) + 1);
	if (!bytes)
		return json_fail(r, JSON_MEMORY);
	out->ptr = bytes;
	if (!json_unescape((struct str){ from, (size_t)(close - from) }, bytes,
			   &out->len))
		return json_fail(r, JSON_SYNTAX);
	r->at = close + 1;
	return true;
}

/* At the opening quote. */
static bool read_string(struct json_reader *r, struct str *out)
{
	const char *from = r->at + 1;
	const char *at = json_scan_string(from, r->end);

	r->at = at;
	if (at == r->end || (unsigned char)*at < 0x20)
		return json_fail(r, JSON_SYNTAX);
	if (*at == '\\')
		return read_escaped(r, from, out);
	*out = (struct str){ from, (size_t)(at - from) };
	r->at++;
	return true;
}

bool json_read_string(struct json_reader *r, struct str *out)
{
	json_skip_blanks(r);
	if (r->at == r->end)
		return json_fail(r, JSON_SYNTAX);
	return *r->at == '"' ? read_string(r, out) : json_fail(r, JSON_TYPE);
}

static bool is_digit(const struct json_reader *r)
{
	return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

/* Digit by digit, with every check. */
static bool read_any_number(struct json_reader *r, int64_t *out)
{
	bool negative = json_take_word(r, "-", 1);
	uint64_t value = 0;

	if (!is_digit(r))
		return json_fail(r,
				 negative || r->at == r->end ? JSON_SYNTAX : JSON_TYPE);
	if (json_take_word(r, "0", 1) && is_digit(r))
		return json_fail(r, JSON_SYNTAX);
	while (is_digit(r)) {
		unsigned digit = (unsigned)(*r->at - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return json_fail(r, JSON_NUMBER);
		value = value * 10 + digit;
		r->at++;
	}
	if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E'))
		return json_fail(r, JSON_NUMBER);
	if (value > (uint64_t)INT64_MAX + negative)
		return json_fail(r, JSON_NUMBER);
	*out = (int64_t)(negative ? 0 - value : value);
	return true;
}

static inline bool read_number(struct json_reader *r, int64_t *out)
{
	const char *end = json_scan_number(r->at, r->end, out);

	if (!end)
		return read_any_number(r, out);
	r->at = end;
	return true;
}

bool json_read_i64(struct json_reader *r, int64_t *out)
{
	json_skip_blanks(r);
	return read_number(r, out);
}

static bool read_range(struct json_reader *r, int64_t min, int64_t max, int64_t *out)
{
	if (!json_read_i64(r, out))
		return false;
	return *out >= min && *out <= max ? true : json_fail(r, JSON_NUMBER);
}

static bool json_read_bool(struct json_reader *r, bool *out)
{
	*out = json_take_word(r, "true", 4);
	return *out || json_take_word(r, "false", 5) || json_fail(r, JSON_TYPE);
}

/* A name of the table, its number, or its number as a string: that is how a
 * Skydive analyzer writes a number that has no name. */
static bool json_read_enum(struct json_reader *r, const char *const *names, int *out)
{
	struct json_reader digits;
	struct str name;
	int64_t number;
	int i;

	if (r->at < r->end && *r->at != '"') {
		if (!read_range(r, INT32_MIN, INT32_MAX, &number))
			return false;
		*out = (int)number;
		return true;
	}
	if (!json_read_string(r, &name))
		return false;
	for (i = 0; name.len && names[i]; i++) {
		if (*name.ptr == *names[i] && str_is(name, names[i])) {
			*out = i;
			return true;
		}
	}
	json_reader_init(&digits, name, r->arena);
	if (!read_range(&digits, INT32_MIN, INT32_MAX, &number) ||
	    digits.at != digits.end)
		return json_fail(r, JSON_ENUM);
	*out = (int)number;
	return true;
}

static bool json_read_strs(struct json_reader *r, struct strs *out)
{
	struct strs list = { 0 };
	size_t room = 0;

	if (!json_next(r, '['))
		return json_fail(r, JSON_TYPE);
	while (!json_next(r, ']')) {
		if (list.count && !json_next(r, ','))
			return json_fail(r, JSON_SYNTAX);
		if (list.count == room) {
			struct str *more;

			room = room ? room * 2 : 8;
			more = arena_alloc(r->arena, room * sizeof(*more));
			if (!more)
				return json_fail(r, JSON_MEMORY);
			if (list.count)
				memcpy(more, list.item, list.count * sizeof(*more));
			list.item = more;
		}
		if (!json_read_string(r, &list.item[list.count++]))
			return false;
	}
	*out = list;
	return true;
}

static bool json_read_map(struct json_reader *r, struct map_of_str *out)
{
	struct json_reader ahead = *r;
	size_t count = 0, i;
	struct str name;

	if (!json_next(&ahead, '{'))
		return json_fail(r, JSON_TYPE);
	for (; !json_next(&ahead, '}'); count++)
		if ((count && !json_next(&ahead, ',')) ||
		    !json_read_string(&ahead, &name) || !json_next(&ahead, ':') ||
		    !json_skip(&ahead, NULL))
			return json_fail(r, JSON_SYNTAX);
	out->count = count;
	out->name = arena_alloc(r->arena, count * sizeof(*out->name));
	out->value = arena_alloc(r->arena, count * sizeof(*out->value));
	if (!out->name || !out->value)
		return json_fail(r, JSON_MEMORY);
	json_next(r, '{');
	for (i = 0; i < count; i++)
		if ((i && !json_next(r, ',')) || !json_read_string(r, &out->name[i]) ||
		    !json_next(r, ':') || !json_read_string(r, &out->value[i]))
			return json_fail(r, JSON_SYNTAX);
	return json_next(r, '}');
}

static bool read_nested(struct json_reader *r, const struct shape *shape, void *out)
{
	void *object = arena_alloc(r->arena, shape->size);

	if (!object)
		return json_fail(r, JSON_MEMORY);
	*(void **)out = object;
	return json_read_object(r, shape, object);
}

static bool json_read_value(struct json_reader *r, const struct field *field, void *out)
{
	int64_t number;

	json_skip_blanks(r);
	if (r->at < r->end && *r->at == 'n') {
		if (!json_take_word(r, "null", 4))
			return json_fail(r, JSON_SYNTAX);
		if (field->kind == FIELD_KIND_OBJECT)
			*(void **)out = NULL;
		else if (field->kind == FIELD_KIND_RAW)
			*(struct raw *)out = (struct raw){ { NULL, 0 } };
		return true;
	}
	switch (field->kind) {
	case FIELD_KIND_I64:
		return read_number(r, out);
	case FIELD_KIND_STR:
		return json_read_string(r, out);
	case FIELD_KIND_OBJECT:
		return read_nested(r, field->shape, out);
	case FIELD_KIND_ENUM:
		return json_read_enum(r, field->names, out);
	case FIELD_KIND_RAW:
		return json_read_raw(r, out);
	case FIELD_KIND_BOOL:
		return json_read_bool(r, out);
	case FIELD_KIND_U16:
		if (!read_range(r, 0, UINT16_MAX, &number))
			return false;
		*(uint16_t *)out = (uint16_t)number;
		return true;
	case FIELD_KIND_U32:
		if (!read_range(r, 0, UINT32_MAX, &number))
			return false;
		*(uint32_t *)out = (uint32_t)number;
		return true;
	case FIELD_KIND_STRS:
		return json_read_strs(r, out);
	case FIELD_KIND_MAP:
		return json_read_map(r, out);
	}
	return json_fail(r, JSON_TYPE);
}

/* The first field from expected on whose "name": stands at r->at, or NULL. */
static const struct field *expected_key(struct json_reader *r, const struct field *field)
{
	size_t room = json_left(r);

	for (; field->name; field++) {
		const char *key = field->prefix + 1;
		size_t len = field->prefix_len - 1;

		if (room < WORD_SIZE ? room >= len && memcmp(r->at, key, len) == 0
				     : json_scan_key(r->at, key, len, room)) {
			r->at += len;
			return field;
		}
	}
	return NULL;
}

/* The field of the key at r->at, the hard way: blanks before the colon, escapes
 * in the key, another order. NULL with no error: an unknown key. */
static const struct field *any_key(struct json_reader *r, const struct shape *shape)
{
	struct str name;

	if (r->at == r->end || *r->at != '"' || !read_string(r, &name) ||
	    !json_next(r, ':')) {
		json_fail(r, JSON_SYNTAX);
		return NULL;
	}
	return shape_find(shape, name);
}

bool json_read_object(struct json_reader *r, const struct shape *shape, void *out)
{
	const struct field *expected = shape->fields;
	const struct field *field;

	json_skip_blanks(r);
	if (r->at == r->end)
		return json_fail(r, JSON_SYNTAX);
	if (*r->at != '{')
		return json_fail(r, JSON_TYPE);
	r->at++;
	if (json_next(r, '}'))
		return true;
	for (;;) {
		json_skip_blanks(r);
		field = expected_key(r, expected);
		if (!field)
			field = any_key(r, shape);
		if (!field) {
			if (r->error || !json_skip(r, NULL))
				return false;
		} else {
			if (!json_read_value(r, field, (char *)out + field->offset))
				return false;
			expected = field + 1;
		}
		if (r->at < r->end && *r->at == ',') {
			r->at++;
			continue;
		}
		if (json_next(r, '}'))
			return true;
		if (!json_next(r, ','))
			return json_fail(r, JSON_SYNTAX);
	}
}
