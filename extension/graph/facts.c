/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - see facts.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/grow.h"
#include "format/json_read.h"
#include "graph/facts.h"

#define NESTED_MAX 64
#define ID_MAX	   1024 /* bytes */

void facts_init(struct facts *f, const struct projection *p, struct arena *arena)
{
	*f = (struct facts){ .projection = p, .arena = arena };
}

void facts_fini(struct facts *f)
{
	free(f->item);
}

static bool facts_add(struct facts *f, struct json_reader *r, int path,
		      enum fact_kind kind, bool is_in_list, struct str text)
{
	if (path < 0)
		return true;
	if (!grow(f->item, f->room, f->count + 1)) {
		r->error = JSON_MEMORY;
		return false;
	}
	if (text.len > FACT_BYTES_MAX)
		kind = FACT_OTHER, text = STR("");
	f->item[f->count++] = (struct fact){
		.path = (uint16_t)path,
		.kind = (uint8_t)kind,
		.is_in_list = is_in_list,
		.text = text,
	};
	return true;
}

static bool read_below(struct facts *, struct json_reader *, const struct branch *,
		       bool is_in_list, int depth);

static bool read_object(struct facts *f, struct json_reader *r,
			const struct branch *branch, bool is_in_list, int depth)
{
	struct str key;

	if (!facts_add(f, r, branch->path, FACT_OTHER, is_in_list, STR("")))
		return false;
	json_next(r, '{');
	if (json_next(r, '}'))
		return true;
	do {
		const struct branch *child;

		if (!json_read_string(r, &key) || !json_next(r, ':'))
			return false;
		child = branch_child(branch, key);
		if (child ? !read_below(f, r, child, is_in_list, depth + 1)
			  : !json_skip(r, NULL))
			return false;
	} while (json_next(r, ','));
	return json_next(r, '}');
}

/* What has a number in its path: the item is read twice. */
static bool read_numbered(struct facts *f, const struct json_reader *at,
			  const struct branch *branch, size_t number, bool is_in_list,
			  int depth)
{
	const char digit = (char)('0' + number);
	const struct branch *child;
	struct json_reader again = *at;

	if (number > 9)
		return true;
	child = branch_child(branch, (struct str){ &digit, 1 });
	return !child || read_below(f, &again, child, is_in_list, depth + 1);
}

static bool is_of_map(const struct facts *f, size_t i)
{
	const struct field *field = f->projection->path[f->item[i].path].field;

	return field && field->kind == FIELD_KIND_MAP;
}

/* An item of a list, where null is something, too. */
static bool read_item(struct facts *f, struct json_reader *r, const struct branch *branch,
		      int depth)
{
	if (json_read_null(r))
		return facts_add(f, r, branch->path, FACT_OTHER, true, STR(""));
	return read_below(f, r, branch, true, depth + 1);
}

/* An item of a map counts when both of its parts are text: see gremlin_node.c. */
static void drop_half_pair(struct facts *f, size_t first)
{
	size_t i, texts = 0, parts = 0, kept = first;

	for (i = first; i < f->count; i++) {
		parts += is_of_map(f, i);
		texts += is_of_map(f, i) && f->item[i].kind == FACT_TEXT;
	}
	if (!parts || (parts == 2 && texts == 2))
		return;
	for (i = first; i < f->count; i++)
		if (!is_of_map(f, i))
			f->item[kept++] = f->item[i];
	f->count = kept;
}

static bool read_list(struct facts *f, struct json_reader *r, const struct branch *branch,
		      bool is_in_list, int depth)
{
	size_t number = 0, first;

	if (!facts_add(f, r, branch->path, FACT_LIST, is_in_list, STR("")))
		return false;
	json_next(r, '[');
	if (json_next(r, ']'))
		return true;
	do {
		first = f->count;
		if (!read_numbered(f, r, branch, number++, is_in_list, depth) ||
		    !read_item(f, r, branch, depth))
			return false;
		drop_half_pair(f, first);
	} while (json_next(r, ','));
	return json_next(r, ']');
}

static bool read_below(struct facts *f, struct json_reader *r,
		       const struct branch *branch, bool is_in_list, int depth)
{
	struct str text;
	char first;

	json_skip_blanks(r);
	first = r->at < r->end ? *r->at : '\0';
	if (depth > NESTED_MAX)
		return json_skip(r, NULL);
	if (first == '{')
		return read_object(f, r, branch, is_in_list, depth);
	if (first == '[')
		return read_list(f, r, branch, is_in_list, depth);
	if (first == '"')
		return json_read_string(r, &text) &&
		       facts_add(f, r, branch->path, FACT_TEXT, is_in_list, text);
	if (!json_skip(r, &text))
		return false;
	if (first == 'n')
		return true;
	return facts_add(f, r, branch->path,
			 first == 't' || first == 'f' ? FACT_OTHER : FACT_NUMBER,
			 is_in_list, first == 't' || first == 'f' ? STR("") : text);
}

/* A time or a revision; anything else is 0. */
static bool read_whole_number(struct json_reader *r, int64_t *number)
{
	struct json_reader again = *r;

	if (json_read_i64(r, number))
		return true;
	*r = again;
	*number = 0;
	return json_skip(r, NULL);
}

static bool read_text_member(struct json_reader *r, struct str *text)
{
	json_skip_blanks(r);
	if (r->at < r->end && *r->at == '"')
		return json_read_string(r, text);
	return json_skip(r, NULL);
}

static bool read_member(struct facts *f, struct json_reader *r, struct str key,
			struct element *e)
{
	const struct branch *branch;
	struct json_reader again = *r;

	if (str_is(key, "Metadata"))
		return read_below(f, r, f->projection->metadata, false, 0);
	branch = branch_child(f->projection->attributes, key);
	if (branch && !read_below(f, &again, branch, false, 0)) {
		*r = again;
		return false;
	}
	if (str_is(key, "ID"))
		return read_text_member(r, &e->id);
	if (str_is(key, "Parent"))
		return read_text_member(r, &e->parent);
	if (str_is(key, "Child"))
		return read_text_member(r, &e->child);
	if (str_is(key, "CreatedAt"))
		return read_whole_number(r, &e->created_ms);
	if (str_is(key, "Revision"))
		return read_whole_number(r, &e->revision);
	return json_skip(r, NULL);
}

static bool read_members(struct facts *f, struct json_reader *r, struct element *e)
{
	struct str key;

	if (!json_next(r, '{'))
		return false;
	if (json_next(r, '}'))
		return true;
	do {
		if (!json_read_string(r, &key) || !json_next(r, ':') ||
		    !read_member(f, r, key, e))
			return false;
	} while (json_next(r, ','));
	return json_next(r, '}');
}

static int facts_end(const struct json_reader *r, bool is_read, struct err *err)
{
	if (r->error == JSON_MEMORY)
		return -ENOMEM;
	return is_read ? 0 : err_set(err, "not JSON");
}

static int read_element(struct facts *f, struct str json, struct element *e,
			struct err *err)
{
	struct json_reader r;
	bool is_read;

	f->count = 0;
	*e = (struct element){ .id = { NULL, 0 } };
	json_reader_init(&r, json, f->arena);
	is_read = read_members(f, &r, e) && json_at_end(&r);
	if (is_read && !e->id.len)
		return err_set(err, "without an ID");
	if (is_read &&
	    (e->id.len > ID_MAX || e->parent.len > ID_MAX || e->child.len > ID_MAX))
		return err_set(err, "with an ID of more than %d bytes", ID_MAX);
	return facts_end(&r, is_read, err);
}

int facts_read_node(struct facts *f, struct str json, struct element *e, struct err *err)
{
	int error = read_element(f, json, e, err);

	if (error == -EINVAL)
		err_prefix(err, "a node");
	return error;
}

int facts_read_edge(struct facts *f, struct str json, struct element *e, struct err *err)
{
	int error = read_element(f, json, e, err);

	if (!error && (!e->parent.len || !e->child.len))
		error = err_set(err, "without its ends");
	if (error == -EINVAL)
		err_prefix(err, "an edge");
	return error;
}

int facts_read_value(struct facts *f, struct str key, struct str json, struct err *err)
{
	const struct branch *branch = projection_branch(f->projection, key);
	struct json_reader r;

	f->count = 0;
	if (!branch)
		return 0;
	json_reader_init(&r, json, f->arena);
	return facts_end(&r, read_below(f, &r, branch, false, 0) && json_at_end(&r), err);
}
