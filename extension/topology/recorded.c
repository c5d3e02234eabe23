/* SPDX-License-Identifier: Apache-2.0 */
/* recorded.c - answers from files, for topology_new_static(). */
#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include "topology/topology_private.h"
#include "topology/json_text.h"

static bool get_text(struct json_object *entry, const char *key, struct str *text)
{
	struct json_object *o;

	if (!json_object_object_get_ex(entry, key, &o) ||
	    !json_object_is_type(o, json_type_string))
		return false;
	*text = (struct str){ json_object_get_string(o),
			      (size_t)json_object_get_string_len(o) };
	return true;
}

/* A recorded failure is as good as a failure: nothing. */
static int add_entry(struct topology *t, struct json_object *entry, struct err *err)
{
	struct json_object *status;
	struct str query, body = STR("");

	if (!json_object_is_type(entry, json_type_object))
		return err_set(err, "not an object");
	if (!get_text(entry, "query", &query))
		return err_set(err, "no \"query\"");
	if (!json_object_object_get_ex(entry, "status", &status) ||
	    !json_object_is_type(status, json_type_int))
		return err_set(err, "no \"status\"");
	get_text(entry, "body", &body);
	topology_keep(t, query, gremlin_read(json_object_get_int(status), body, NULL), 0);
	return 0;
}

static int add_entries(struct topology *t, struct json_object *list, struct err *err)
{
	size_t i;
	int error = 0;

	if (!json_object_is_type(list, json_type_array))
		return err_set(err, "not a list of answers");
	for (i = 0; !error && i < json_object_array_length(list); i++) {
		error = add_entry(t, json_object_array_get_idx(list, i), err);
		if (error)
			err_prefix(err, "answer %zu", i + 1);
	}
	return error;
}

int topology_add_static(struct topology *t, struct str json, const char *file,
			struct err *err)
{
	struct json_object *list;
	int error;

	assert(!t->http);
	error = json_text_parse(json, &list, err);
	if (!error) {
		pthread_mutex_lock(&t->lock);
		error = add_entries(t, list, err);
		pthread_mutex_unlock(&t->lock);
		json_object_put(list);
	}
	if (error == -EINVAL)
		err_prefix(err, "%s", file);
	return error;
}
