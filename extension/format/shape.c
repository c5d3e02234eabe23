/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - see shape.h. */
#include "format/shape.h"

size_t shape_count(const struct shape *shape)
{
	size_t n = 0;

	while (shape->fields[n].name)
		n++;
	return n;
}

bool shape_is_flat(const struct shape *shape)
{
	const struct field *field;

	for (field = shape->fields; field->name; field++)
		if (field->kind == FIELD_KIND_OBJECT || field->kind == FIELD_KIND_STRS ||
		    field->kind == FIELD_KIND_MAP || field->kind == FIELD_KIND_RAW)
			return false;
	return true;
}

const struct field *shape_find(const struct shape *shape, struct str name)
{
	const struct field *field;

	for (field = shape->fields; field->name; field++)
		if (str_is(name, field->name))
			return field;
	return NULL;
}
