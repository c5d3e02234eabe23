/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.c - see json_text.h. */
#include <errno.h>
#include <limits.h>
#include <json-c/json.h>
#include "topology/json_text.h"

#define DEPTH_MAX 64

/* About what json-c makes of a text, whatever the text looks like to a person: 16 MiB
 * of "{}," would be 4 GiB. */
#define OBJECT_BYTES ((size_t)768)
#define VALUE_BYTES  ((size_t)128)
#define TREE_BYTES   ((size_t)128 << 20)

static bool json_text_is_blank(struct str text)
{
	while (text.len && text.ptr[0] && strchr(" \t\r\n", text.ptr[0]))
		text = str_skip(text, 1);
	return text.len == 0;
}

static int json_text_tokenize(struct json_tokener *tokener, struct str text,
			      struct json_object **root, struct err *err)
{
	enum json_tokener_error why;

	*root = json_tokener_parse_ex(tokener, text.len ? text.ptr : "", (int)text.len);
	why = json_tokener_get_error(tokener);
	if (why == json_tokener_continue) {
		/* A number or a null is only over when something follows. */
		text = STR("\n");
		*root = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
		why = json_tokener_get_error(tokener);
	}
	if (why == json_tokener_continue)
		return err_set(err, "not JSON: it ends too early");
	if (why != json_tokener_success)
		return err_set(err, "not JSON: %s", json_tokener_error_desc(why));
	if (!json_text_is_blank(str_skip(text, json_tokener_get_parse_end(tokener))))
		return err_set(err, "not JSON: more after the end");
	return 0;
}

/* Behind the string that begins there. */
static size_t json_text_skip_string(struct str text, size_t at)
{
	for (at++; at < text.len && text.ptr[at] != '"'; at++)
		if (text.ptr[at] == '\\')
			at++;
	return at + 1;
}

/* What the tree would occupy, counted before any of it is made. */
static size_t json_text_tree_bytes(struct str text)
{
	size_t bytes = 0, at = 0;

	while (at < text.len) {
		char c = text.ptr[at];

		if (c == '"') {
			size_t end = json_text_skip_string(text, at);

			bytes += end - at;
			at = end;
			continue;
		}
		if (c == '{' || c == '[')
			bytes += OBJECT_BYTES;
		else if (c == ',' || c == ':')
			bytes += VALUE_BYTES;
		at++;
	}
	return bytes;
}

int json_text_parse(struct str text, struct json_object **root, struct err *err)
{
	struct json_tokener *tokener;
	int error;

	*root = NULL;
	if (text.len > INT_MAX)
		return err_set(err, "longer than 2 GiB");
	if (json_text_tree_bytes(text) > TREE_BYTES)
		return err_set(err, "too many values: they would take more than %zu MiB",
			       TREE_BYTES >> 20);
	tokener = json_tokener_new_ex(DEPTH_MAX);
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	error = json_text_tokenize(tokener, text, root, err);
	json_tokener_free(tokener);
	if (!error)
		return 0;
	json_object_put(*root);
	*root = NULL;
	return error;
}
