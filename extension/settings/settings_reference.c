/* SPDX-License-Identifier: Apache-2.0 */
/* settings_reference.c - see settings_reference.h. */
#include "settings/pipeline_settings.h"
#include "settings/settings_program.h"
#include "settings/settings_reference.h"
#include "settings/settings_shown.h"

#define SECTIONS_MAX 96

static const char *type_name(const struct field *field)
{
	switch (field->kind) {
	case FIELD_KIND_BOOL:
		return "true or false";
	case FIELD_KIND_STRS:
		return "list of texts";
	case FIELD_KIND_MAP:
		return "names with texts";
	case FIELD_KIND_STR:
		return field->flags & FIELD_SECRET ? "secret text" : "text";
	default:
		if (field->flags & FIELD_DURATION)
			return "duration";
		if (field->flags & FIELD_SECONDS)
			return "seconds";
		return field->flags & FIELD_SIZE ? "size" : "number";
	}
}

static void put_type(struct buf *b, const struct field *field)
{
	const char *const *name;

	if (field->kind == FIELD_KIND_ENUM) {
		for (name = field->names; *name; name++)
			if (**name)
				buf_printf(b, "`%s`%s", *name, name[1] ? ", " : "");
		return;
	}
	buf_puts(b, type_name(field));
	if (!field->max)
		return;
	buf_puts(b, ", ");
	settings_put_number(b, field, field->min);
	if (field->max == INT64_MAX) {
		buf_puts(b, " or more");
		return;
	}
	buf_puts(b, " to ");
	settings_put_number(b, field, field->max);
}

/* Empty: nothing; a number of INT64_MIN, or a name of -1, means that another key
 * decides. */
static void put_default(struct buf *b, const struct field *field, const void *defaults)
{
	const void *value = defaults ? (const char *)defaults + field->offset : NULL;
	int64_t number = 0;
	int name;

	switch (field->kind) {
	case FIELD_KIND_BOOL:
		buf_puts(b, value && *(const bool *)value ? "true" : "false");
		break;
	case FIELD_KIND_ENUM:
		name = value ? *(const int *)value : 0;
		if (name >= 0)
			buf_puts(b, field->names[name]);
		break;
	case FIELD_KIND_STR:
		if (value)
			buf_put(b, *(const struct str *)value);
		break;
	case FIELD_KIND_I64:
		number = value ? *(const int64_t *)value : 0;
		if (number != INT64_MIN)
			settings_put_number(b, field, number);
		break;
	default:
		break;
	}
}

static void reference_put_key(struct buf *b, const char *path, const struct field *field,
			      const void *defaults)
{
	buf_printf(b, "| `%s%s%s` | ", path, *path ? "." : "", field->name);
	put_type(b, field);
	buf_puts(b, " | ");
	put_default(b, field, defaults);
	buf_printf(b, " | %s |\n", field->help ? field->help : "");
}

/* The type of a phase stands in the section of each of its stages, too. */
static bool is_repeated(const struct config_section *sections, size_t i, const char *key)
{
	const struct field *field;
	size_t j;

	for (j = 0; j < i; j++)
		if (strcmp(sections[j].path, sections[i].path) == 0)
			for (field = sections[j].shape->fields; field->name; field++)
				if (strcmp(field->name, key) == 0)
					return true;
	return false;
}

void settings_reference_put(struct buf *b)
{
	struct config_section sections[SECTIONS_MAX];
	size_t count = settings_program_sections(sections, SECTIONS_MAX), i;
	const struct field *field;

	count += pipeline_settings_sections(sections + count, SECTIONS_MAX - count);
	buf_puts(b, "| key | type | default | meaning |\n|---|---|---|---|\n");
	for (i = 0; i < count; i++)
		for (field = sections[i].shape->fields; field->name; field++)
			if (!is_repeated(sections, i, field->name))
				reference_put_key(b, sections[i].path, field,
						  sections[i].shape->defaults);
}
