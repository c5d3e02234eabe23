/* SPDX-License-Identifier: Apache-2.0 */
/* config_refuse.c - what is wrong with a value; see config_conversion.h. */
#include <errno.h>
#include "config/config_conversion.h"
#include "config/config_value.h"

#define SHOWN_MAX 60 /* bytes of a value that a message quotes */

void config_value_show(const struct yaml_node *value, unsigned flags, struct buf *b)
{
	struct str text = value->text;

	if (value->kind == YAML_LIST)
		buf_puts(b, "a list");
	else if (value->kind == YAML_MAP)
		buf_puts(b, "a map");
	else if (flags & FIELD_SECRET)
		buf_puts(b, "the value");
	else if (text.len > SHOWN_MAX)
		buf_printf(b, "\"%.*s...\"", SHOWN_MAX, text.ptr);
	else if (value->kind == YAML_STR)
		buf_printf(b, "\"" STR_FMT "\"", STR_ARG(text));
	else
		buf_put(b, text);
}

int config_refuse_at(const struct conversion *c, const struct yaml_node *value,
		     const char *index, const char *reason)
{
	struct buf text = BUF_INIT(1024), key = BUF_INIT(256);
	int error;

	config_value_show(value, c->field->flags, &text);
	buf_puts(&text, reason);
	if (strcmp(c->field->name, "*") != 0)
		buf_puts(&key, c->field->name);
	buf_puts(&key, index);
	if (buf_error(&text) == -ENOMEM || buf_error(&key) == -ENOMEM)
		error = -ENOMEM;
	else
		error = err_set_key(c->err, buf_str(&key).ptr, "%s", buf_str(&text).ptr);
	buf_fini(&text);
	buf_fini(&key);
	return error;
}

int config_refuse(const struct conversion *c, const char *reason)
{
	return config_refuse_at(c, c->value, "", reason);
}
