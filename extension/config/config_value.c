/* SPDX-License-Identifier: Apache-2.0 */
/* config_value.c - see config_value.h. Numbers are in config_number.c. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include "config/config_conversion.h"
#include "config/config_value.h"
#include "format/nearest.h"

#define SHORT_MIN 3 /* letters of a short name */

bool config_value_text(const struct yaml_node *value, struct arena *arena,
		       struct str *text)
{
	if (value->kind == YAML_LIST || value->kind == YAML_MAP)
		return false;
	*text = value->kind == YAML_NULL ? STR("") : arena_str(arena, value->text);
	return true;
}

static int read_str(const struct conversion *c, struct str *out)
{
	if (!config_value_text(c->value, c->arena, out))
		return config_refuse(c, " where one value is expected");
	return 0;
}

static bool one_of(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (str_equal_nocase(text, str_of(*words)))
			return true;
	return false;
}

/* What Go's strconv.ParseBool takes. */
static bool parse_bool(struct str text, bool *out)
{
	static const char *const exact[][2] = {
		{ "1", "0" },	     { "t", "f" },	  { "T", "F" },
		{ "true", "false" }, { "TRUE", "FALSE" }, { "True", "False" },
	};
	size_t i;

	for (i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
		*out = str_is(text, exact[i][0]);
		if (*out || str_is(text, exact[i][1]))
			return true;
	}
	return false;
}

static int value_read_bool(const struct conversion *c, bool *out)
{
	static const char *const yes[] = { "yes", "on", "y", "true", "enabled", NULL };
	static const char *const no[] = { "no", "off", "n", "false", "disabled", NULL };
	const struct yaml_node *value = c->value;

	if (value->kind == YAML_BOOL)
		*out = value->boolean;
	else if (value->kind == YAML_INT || value->kind == YAML_FLOAT)
		*out = value->number < 0 || value->number > 0;
	else if (value->kind != YAML_STR)
		return config_refuse(c, " where true or false is expected");
	else if (!parse_bool(value->text, out))
		return config_refuse(c, one_of(value->text, yes)
						? " is not true or false; write true"
					: one_of(value->text, no)
						? " is not true or false; write false"
						: " is not true or false");
	return 0;
}

static int refuse_name(const struct conversion *c, struct str text)
{
	struct nearest nearest = { .word = text };
	struct buf b = BUF_INIT(900);
	int i, error;

	buf_puts(&b, " is none of ");
	for (i = 0; c->field->names[i]; i++) {
		buf_printf(&b, "%s%s", i ? ", " : "", c->field->names[i]);
		nearest_offer(&nearest, str_of(c->field->names[i]));
	}
	nearest_put(&nearest, &b);
	error = config_refuse(c, buf_str(&b).ptr);
	buf_fini(&b);
	return error;
}

/* "WARN" is no other word than "WARNING": the level's, in logs of most programs. */
static bool is_name(struct str text, const struct field *field, const char *name)
{
	if (str_equal_nocase(text, str_of(name)))
		return true;
	return field->flags & FIELD_SHORT && text.len >= SHORT_MIN &&
	       text.len < strlen(name) &&
	       str_equal_nocase(text, (struct str){ name, text.len });
}

static int value_read_enum(const struct conversion *c, int *out)
{
	struct str text;
	int i, error = read_str(c, &text);

	if (error)
		return error;
	for (i = 0; c->field->names[i]; i++) {
		if (is_name(text, c->field, c->field->names[i])) {
			*out = i;
			return 0;
		}
	}
	return refuse_name(c, text);
}

static bool value_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word, or an empty one; *rest is what follows it. */
static struct str next_word(struct str *rest)
{
	struct str word = *rest;

	while (word.len && value_is_blank(word.ptr[0]))
		word = str_skip(word, 1);
	*rest = word;
	while (rest->len && !value_is_blank(rest->ptr[0]))
		*rest = str_skip(*rest, 1);
	word.len -= rest->len;
	return word;
}

static int split_words(const struct conversion *c, struct strs *out)
{
	struct str text, rest;
	size_t count = 0;
	int error = read_str(c, &text);

	if (error)
		return error;
	for (rest = text; next_word(&rest).len; count++)
		;
	if (count)
		out->item = arena_alloc(c->arena, count * sizeof(*out->item));
	if (arena_error(c->arena))
		return -ENOMEM;
	out->count = count;
	for (count = 0; count < out->count; count++)
		out->item[count] = next_word(&text);
	return 0;
}

static int value_read_strs(const struct conversion *c, struct strs *out)
{
	const struct yaml_node *list = c->value;
	char index[32];
	int error = 0;
	size_t i;

	*out = (struct strs){ 0 };
	if (list->kind != YAML_LIST)
		return split_words(c, out);
	if (!list->count)
		return 0;
	out->item = arena_alloc(c->arena, list->count * sizeof(*out->item));
	if (!out->item)
		return -ENOMEM;
	out->count = list->count;
	for (i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->item[i];

		if (item->kind != YAML_NULL &&
		    config_value_text(item, c->arena, &out->item[i]))
			continue;
		snprintf(index, sizeof(index), "[%zu]", i);
		err_also(c->err);
		error = config_refuse_at(c, item, index,
					 item->kind == YAML_NULL
						 ? "an item without a value"
						 : " where one value is expected");
	}
	return error;
}

int config_value_read(const struct field *field, const struct yaml_node *value,
		      void *member, struct arena *arena, struct err *err)
{
	const struct conversion c = { field, value, arena, err };
	int error = -EINVAL;

	switch (field->kind) {
	case FIELD_KIND_BOOL:
		error = value_read_bool(&c, member);
		break;
	case FIELD_KIND_U16:
	case FIELD_KIND_U32:
	case FIELD_KIND_I64:
		error = config_number_read(&c, member);
		break;
	case FIELD_KIND_STR:
		error = read_str(&c, member);
		break;
	case FIELD_KIND_STRS:
		error = value_read_strs(&c, member);
		break;
	case FIELD_KIND_ENUM:
		error = value_read_enum(&c, member);
		break;
	case FIELD_KIND_MAP:
	case FIELD_KIND_OBJECT:
	case FIELD_KIND_RAW:
		assert(false); /* they have no single value */
		break;
	}
	return arena_error(arena) ? -ENOMEM : error;
}
