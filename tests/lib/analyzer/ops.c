/* SPDX-License-Identifier: Apache-2.0 */
#include "ops.h"

#include "edit.h"

#include <stdlib.h>
#include <string.h>

/* Puts what an edit has made of the element in its place. */
static void renew(struct bytes *element, struct bytes *edited)
{
	bytes_free(element);
	*element = *edited;
	*edited = (struct bytes){ .data = NULL };
}

static void apply_op(struct bytes *element, struct text op)
{
	struct text key = text_unquote(edit_find(op, "Key"));
	struct text now = { element->data, element->len };
	struct bytes edited = { .data = NULL }, path = { .data = NULL };

	bytes_addf(&path, "Metadata.%.*s", (int)key.len, key.at);
	if (text_is(edit_find(op, "Type"), "2"))
		edit_delete(&edited, now, (struct text){ path.data, path.len });
	else
		edit_set(&edited, now, (struct text){ path.data, path.len },
			 edit_find(op, "Value"));
	renew(element, &edited);
	bytes_free(&path);
}

struct bytes ops_apply(struct text element, struct text update)
{
	static const char *const names[] = { "UpdatedAt", "Revision" };
	struct bytes out = { .data = NULL }, edited = { .data = NULL };
	struct scan scan = scan_begin(edit_find(update, "Ops"));
	struct text value;
	size_t i;

	bytes_add(&out, element.at, element.len);
	while (scan_element(&scan, &value))
		apply_op(&out, value);
	for (i = 0; i < 2; i++) {
		value = edit_find(update, names[i]);
		if (!value.len)
			continue;
		edit_set(&edited, (struct text){ out.data, out.len },
			 (struct text){ names[i], strlen(names[i]) }, value);
		renew(&out, &edited);
	}
	return out;
}

static void add_op(struct bytes *out, int type, struct text key, struct text value)
{
	bytes_addf(out, "%s{\"Type\":%d,\"Key\":\"%.*s\",\"Value\":",
		   out->data[out->len - 1] == '[' ? "" : ",", type, (int)key.len, key.at);
	bytes_add(out, value.at, value.len);
	bytes_add(out, "}", 1);
}

static struct text find_text(struct text object, struct text key)
{
	char *name = mem_strndup(key.at, key.len);
	struct text value = edit_find(object, name);

	free(name);
	return value;
}

void ops_between(struct bytes *out, struct text from, struct text to)
{
	struct scan scan = scan_begin(to);
	struct text key, value, old;

	bytes_add(out, "[", 1);
	while (scan_member(&scan, &key, &value)) {
		old = find_text(from, key);
		if (old.len != value.len || memcmp(old.at, value.at, old.len) != 0)
			add_op(out, 1, key, value);
	}
	scan = scan_begin(from);
	while (scan_member(&scan, &key, &value))
		if (!find_text(to, key).len)
			add_op(out, 2, key, (struct text){ "null", 4 });
	bytes_add(out, "]", 1);
}
