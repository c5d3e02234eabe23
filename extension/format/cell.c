/* SPDX-License-Identifier: Apache-2.0 */
/* cell.c - see cell.h. */
#include "format/cell.h"

static struct str cell_number(int64_t value, char *text)
{
	char *from = text, *end;

	if (value < 0)
		*text++ = '-';
	end = digits_put(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
	return (struct str){ from, (size_t)(end - from) };
}

static struct str cell_word(const struct field *field, int value, char *text)
{
	int i;

	for (i = 0; i < value && field->names[i]; i++)
		;
	if (i == value && field->names[i])
		return str_of(field->names[i]);
	return cell_number(value, text);
}

struct str cell_text(const struct field *field, const void *value, char *text)
{
	switch (field->kind) {
	case FIELD_KIND_STR:
		return *(const struct str *)value;
	case FIELD_KIND_I64:
		if (field->flags & FIELD_OMIT_NEGATIVE && *(const int64_t *)value < 0)
			break;
		return cell_number(*(const int64_t *)value, text);
	case FIELD_KIND_U16:
		return cell_number(*(const uint16_t *)value, text);
	case FIELD_KIND_U32:
		return cell_number(*(const uint32_t *)value, text);
	case FIELD_KIND_BOOL:
		return *(const bool *)value ? STR("true") : STR("false");
	case FIELD_KIND_ENUM:
		return cell_word(field, *(const int *)value, text);
	case FIELD_KIND_STRS:
	case FIELD_KIND_MAP:
	case FIELD_KIND_OBJECT:
	case FIELD_KIND_RAW:
		break; /* not flat */
	}
	return STR("");
}
