/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.c - see json_text.h. */
#include <errno.h>
#include <limits.h>
#include <json-c/json.h>
#include "topology/json_text.h"

#define DEPTH_MAX 64

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

int json_text_parse(struct str text, struct json_object **root, struct err *err)
{
	struct json_tokener *tokener;
	int error;

	*root = NULL;
	if (text.len > INT_MAX)
		return err_set(err, "longer than 2 GiB");
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
