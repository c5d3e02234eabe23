/* SPDX-License-Identifier: Apache-2.0 */
#include "edit.h"

#include <string.h>

struct text edit_find(struct text object, const char *name)
{
	struct scan scan = scan_begin(object);
	struct text key, value;

	while (scan_member(&scan, &key, &value))
		if (text_is(key, name))
			return value;
	return (struct text){ "", 0 };
}

/* The first key of the path, and what is behind the dot. */
static struct text split(struct text path, struct text *rest)
{
	const char *dot = memchr(path.at, '.', path.len);
	size_t len = dot ? (size_t)(dot - path.at) : path.len;

	*rest = dot ? (struct text){ dot + 1, path.len - len - 1 }
		    : (struct text){ path.at, 0 };
	return (struct text){ path.at, len };
}

static void add_key(struct bytes *out, struct text key, bool first)
{
	bytes_add(out, ",", first ? 0 : 1);
	bytes_add(out, "\"", 1);
	bytes_add(out, key.at, key.len);
	bytes_add(out, "\":", 2);
}

static bool same(struct text a, struct text b)
{
	return a.len == b.len && !memcmp(a.at, b.at, a.len);
}

void edit_set(struct bytes *out, struct text object, struct text path, struct text value)
{
	struct scan scan = scan_begin(object);
	struct text rest, name = split(path, &rest), key, old, before = { "", 0 };
	bool first = true;

	bytes_add(out, "{", 1);
	while (scan_member(&scan, &key, &old)) {
		if (same(key, name)) {
			before = old;
			continue;
		}
		add_key(out, key, first);
		bytes_add(out, old.at, old.len);
		first = false;
	}
	add_key(out, name, first);
	if (rest.len)
		edit_set(out, before, rest, value);
	else
		bytes_add(out, value.at, value.len);
	bytes_add(out, "}", 1);
}

void edit_delete(struct bytes *out, struct text object, struct text path)
{
	struct scan scan = scan_begin(object);
	struct text rest, name = split(path, &rest), key, value;
	bool first = true;

	bytes_add(out, "{", 1);
	while (scan_member(&scan, &key, &value)) {
		if (same(key, name) && !rest.len)
			continue;
		add_key(out, key, first);
		if (same(key, name) && *value.at == '{')
			edit_delete(out, value, rest);
		else
			bytes_add(out, value.at, value.len);
		first = false;
	}
	bytes_add(out, "}", 1);
}
