/* SPDX-License-Identifier: Apache-2.0 */
/* template_render.c - see template.h. */
#include <errno.h>
#include "format/template_steps.h"

/* Where the value is, or NULL: not there. */
static const void *render_follow(const struct step *step, const void *record)
{
	const void *at = record;
	size_t i;

	if (step->is_unknown)
		return NULL;
	for (i = 0; i < step->length && at; i++) {
		at = (const char *)at + step->chain[i]->offset;
		if (step->chain[i]->kind == FIELD_KIND_OBJECT && i + 1 < step->length)
			at = *(void *const *)at;
	}
	return at;
}

static struct str map_value(const struct map_of_str *map, struct str key)
{
	size_t i;

	for (i = 0; i < map->count; i++)
		if (map->value[i].ptr && str_equal(map->name[i], key))
			return map->value[i];
	return (struct str){ NULL, 0 };
}

static void render_put_enum(const struct field *field, int value, struct buf *out)
{
	int i;

	for (i = 0; i < value && field->names[i]; i++)
		;
	if (value >= 0 && i == value && field->names[i])
		buf_puts(out, field->names[i]);
	else
		buf_put_i64(out, value);
}

static void render_put_value(const struct step *step, const void *value, struct buf *out)
{
	const struct field *field = step->chain[step->length - 1];
	struct str text;

	switch (field->kind) {
	case FIELD_KIND_STR:
		buf_put(out, *(const struct str *)value);
		break;
	case FIELD_KIND_I64:
		buf_put_i64(out, *(const int64_t *)value);
		break;
	case FIELD_KIND_U32:
		buf_put_i64(out, *(const uint32_t *)value);
		break;
	case FIELD_KIND_U16:
		buf_put_i64(out, *(const uint16_t *)value);
		break;
	case FIELD_KIND_BOOL:
		buf_puts(out, *(const bool *)value ? "true" : "false");
		break;
	case FIELD_KIND_ENUM:
		render_put_enum(field, *(const int *)value, out);
		break;
	case FIELD_KIND_MAP:
		text = map_value(value, step->text);
		buf_put(out, text.ptr ? text : STR("<no value>"));
		break;
	default:
		break;
	}
}

static bool is_true(const struct step *step, const void *value)
{
	const struct field *field = step->chain[step->length - 1];

	if (field->kind == FIELD_KIND_MAP && step->text.len)
		return map_value(value, step->text).len > 0;
	return !field_is_empty(field, value);
}

static bool has_forbidden(struct str value, const char *forbidden)
{
	for (; *forbidden; forbidden++)
		if (value.len && memchr(value.ptr, *forbidden, value.len))
			return true;
	return false;
}

int template_render(const struct template *t, const void *record, const char *forbidden,
		    struct buf *out)
{
	const struct step *step;
	const void *value = NULL;
	size_t i = 0, from;

	while (i < t->count) {
		step = &t->step[i++];
		if (step->kind == VALUE || step->kind == IF) {
			value = render_follow(step, record);
			if (!value)
				return -ENOENT;
		}
		from = out->len;
		if (step->kind == TEXT)
			buf_put(out, step->text);
		else if (step->kind == VALUE)
			render_put_value(step, value, out);
		else if (step->kind == JUMP || !is_true(step, value))
			i = step->to;
		if (step->kind == VALUE && !buf_error(out) &&
		    has_forbidden(str_skip(buf_str(out), from), forbidden))
			return -EILSEQ;
	}
	return buf_error(out);
}

void template_sample(const struct template *t, struct str sample, struct buf *out)
{
	const struct step *step;
	size_t i = 0;

	while (i < t->count) {
		step = &t->step[i++];
		if (step->kind == TEXT)
			buf_put(out, step->text);
		else if (step->kind == VALUE)
			buf_put(out, sample);
		else if (step->kind == JUMP)
			i = step->to;
	}
}
