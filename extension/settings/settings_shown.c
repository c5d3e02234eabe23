/* SPDX-License-Identifier: Apache-2.0 */
/* settings_shown.c - see settings_shown.h. */
#include "format/number.h"
#include "format/number.h"
#include "net/url.h"
#include "settings/settings_shown.h"

#define SECTIONS_MAX 64
#define ARENA_MAX    ((size_t)4 << 20)
void settings_put_number(struct buf *b, const struct field *field, int64_t value)
{
	if (field->flags & FIELD_DURATION)
		number_put_duration(b, value);
	else if (field->flags & FIELD_SECONDS)
		buf_put_i64(b, value / 1000);
	else if (field->flags & FIELD_SIZE)
		number_put_size(b, value);
	else
		buf_put_i64(b, value);
}

static bool shown_is_url(struct str text)
{
	size_t i;

	for (i = 0; i + 3 <= text.len; i++)
		if (memcmp(text.ptr + i, "://", 3) == 0)
			return true;
	return false;
}

static void shown_put_text(struct buf *b, struct str text)
{
	if (shown_is_url(text))
		url_put_shown(b, text);
	else
		buf_put(b, text);
}

static void shown_put_map(struct buf *b, const struct map_of_str *map)
{
	size_t i;

	for (i = 0; i < map->count; i++) {
		buf_printf(b, "%s" STR_FMT ": ", i ? ", " : "", STR_ARG(map->name[i]));
		shown_put_text(b, map->value[i]);
	}
}

static void shown_put_list(struct buf *b, const struct strs *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		buf_puts(b, i ? ", " : "");
		shown_put_text(b, list->item[i]);
	}
}

static void shown_put_value(struct buf *b, const struct field *field, const void *value)
{
	if (field->flags & FIELD_SECRET) {
		buf_puts(b, "(secret)");
		return;
	}
	switch (field->kind) {
	case FIELD_KIND_BOOL:
		buf_puts(b, *(const bool *)value ? "true" : "false");
		break;
	case FIELD_KIND_I64:
		settings_put_number(b, field, *(const int64_t *)value);
		break;
	case FIELD_KIND_STR:
		shown_put_text(b, *(const struct str *)value);
		break;
	case FIELD_KIND_STRS:
		shown_put_list(b, value);
		break;
	case FIELD_KIND_MAP:
		shown_put_map(b, value);
		break;
	case FIELD_KIND_ENUM:
		buf_puts(b, field->names[*(const int *)value]);
		break;
	default:
		break;
	}
}

/* Whether it has the value that it has when nothing is said. */
static bool shown_is_default(const struct shape *shape, const struct field *field,
			     const char *state)
{
	const char *value = state + field->offset;
	const char *other = shape->defaults
				    ? (const char *)shape->defaults + field->offset
				    : NULL;

	if (!other)
		return field_is_empty(field, value);
	switch (field->kind) {
	case FIELD_KIND_BOOL:
		return *(const bool *)value == *(const bool *)other;
	case FIELD_KIND_I64:
		return *(const int64_t *)value == *(const int64_t *)other;
	case FIELD_KIND_ENUM:
		return *(const int *)value == *(const int *)other;
	case FIELD_KIND_STR:
		return str_equal(*(const struct str *)value, *(const struct str *)other);
	default:
		return field_is_empty(field, value);
	}
}

void settings_put_shown(const struct config_section *section, const void *state,
			struct buf *b)
{
	const struct field *field;

	for (field = section->shape->fields; field->name; field++) {
		bool is_all = strcmp(field->name, "*") == 0;

		if (shown_is_default(section->shape, field, state))
			continue;
		buf_puts(b, section->path);
		buf_puts(b, *section->path && !is_all ? "." : "");
		buf_puts(b, is_all ? "" : field->name);
		buf_puts(b, ": ");
		shown_put_value(b, field, (const char *)state + field->offset);
		buf_putc(b, '\n');
	}
}
