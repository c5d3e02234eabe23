/* SPDX-License-Identifier: Apache-2.0 */
/* projection.c - see projection.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "graph/projection.h"

static struct branch *new_branch(struct str name)
{
	struct branch *branch = calloc(1, sizeof(*branch) + name.len + 1);
	char *text = (char *)(branch + 1);

	if (!branch)
		return NULL;
	if (name.len)
		memcpy(text, name.ptr, name.len);
	branch->name = (struct str){ text, name.len };
	branch->path = -1;
	return branch;
}

static void free_branch(struct branch *branch)
{
	struct branch *child;

	while (branch && (child = branch->child)) {
		branch->child = child->next;
		free_branch(child);
	}
	free(branch);
}

const struct branch *branch_child(const struct branch *branch, struct str name)
{
	const struct branch *child = branch->child;

	while (child && !str_equal(child->name, name))
		child = child->next;
	return child;
}

/* The next name of a dotted key. "" and "a." end with an empty one. */
static bool next_part(struct str *rest, struct str *part)
{
	if (!rest->ptr)
		return false;
	*part = str_until(*rest, '.');
	*rest = part->len == rest->len ? (struct str){ NULL, 0 }
				       : str_skip(*rest, part->len + 1);
	return true;
}

/* NULL: no memory. */
static struct branch *grow_branch(struct branch *branch, struct str name)
{
	struct branch *child = (struct branch *)branch_child(branch, name);

	if (child)
		return child;
	child = new_branch(name);
	if (!child)
		return NULL;
	child->next = branch->child;
	branch->child = child;
	return child;
}

bool pattern_address(struct str pattern, struct str *address)
{
	size_t i;

	if (pattern.len < 4 || memcmp(pattern.ptr + pattern.len - 3, "/.*", 3) != 0)
		return false;
	*address = (struct str){ pattern.ptr, pattern.len - 3 };
	for (i = 0; i < address->len; i++)
		if (!memchr("0123456789abcdefABCDEF.:", address->ptr[i], 24))
			return false;
	return true;
}

int projection_find(const struct projection *p, struct str key)
{
	int i;

	for (i = 0; i < p->paths; i++)
		if (str_equal(p->path[i].name, key))
			return i;
	return -1;
}

/* The number of the path, which is added if there is none; or -errno. */
static int add_path(struct projection *p, struct str key, struct err *err)
{
	bool is_attribute = key.len && *key.ptr == '@';
	struct branch *branch = is_attribute ? p->attributes : p->metadata;
	struct str rest = is_attribute ? str_skip(key, 1) : key, part;
	int path = projection_find(p, key);
	char *name;

	if (path >= 0)
		return path;
	if (p->paths == PATHS_MAX)
		return err_set(err, "more than %d keys are asked for", PATHS_MAX);
	while (branch && next_part(&rest, &part))
		branch = grow_branch(branch, part);
	name = branch ? malloc(key.len + 1) : NULL;
	if (!name)
		return -ENOMEM;
	if (key.len)
		memcpy(name, key.ptr, key.len);
	branch->path = p->paths;
	p->path[p->paths] = (struct path){ .name = { name, key.len } };
	return p->paths++;
}

/* Paths of struct node begin with a slash where keys begin with an @. */
static int add_member(struct projection *p, const struct field *field)
{
	struct str name = str_of(field->name);
	char key[128] = "@";
	int path;

	if (*name.ptr == '/') {
		memcpy(key + 1, name.ptr + 1, name.len);
		name = str_of(key);
	}
	path = add_path(p, name, NULL);
	if (path >= 0)
		p->path[path].field = field;
	return path < 0 ? path : 0;
}

/* The parts of a map are two lists. */
static int add_map(struct projection *p, const struct field *field)
{
	static const char *const part[] = { "Type", "Address" };
	char key[128];
	int i, path;

	for (i = 0; i < 2; i++) {
		snprintf(key, sizeof(key), "%s.%s", field->name, part[i]);
		path = add_path(p, str_of(key), NULL);
		if (path < 0)
			return path;
		p->path[path].field = field;
	}
	return 0;
}

static int add_members(struct projection *p, bool metric)
{
	const struct field *field;
	int error = 0;

	for (field = node_shape.fields; !error && field->name; field++) {
		if ((field->kind == FIELD_KIND_I64) != metric)
			continue;
		error = field->kind == FIELD_KIND_MAP ? add_map(p, field)
						      : add_member(p, field);
	}
	return error;
}

struct projection *projection_new(void)
{
	struct projection *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->metadata = new_branch(STR(""));
	p->attributes = new_branch(STR(""));
	if (p->metadata && p->attributes && add_path(p, STR("@ID"), NULL) == PATH_ID &&
	    add_path(p, STR("@Host"), NULL) == PATH_HOST && add_members(p, false) == 0) {
		p->path[PATH_ID].is_indexed = true;
		return p;
	}
	projection_free(p);
	return NULL;
}

void projection_free(struct projection *p)
{
	int i;

	if (!p)
		return;
	for (i = 0; i < p->paths; i++)
		free((char *)p->path[i].name.ptr);
	free_branch(p->metadata);
	free_branch(p->attributes);
	free(p);
}

/* Of a constant question it is known when it is asked. */
static bool is_address_pattern(const struct operand *operand)
{
	struct str address;

	return operand->value >= 0 || pattern_address(operand->text, &address);
}

static int add_step(struct projection *p, const struct question *q, size_t i,
		    struct err *err)
{
	const struct question_step *step = &q->step[i];
	struct path *path;
	int number;

	if (step->test == TEST_MATCHES && (i > 0 || !is_address_pattern(step->operand)))
		return err_set(err, "Regex() of something else than an address");
	if (step->kind == STEP_PATH_TO && step->test != TEST_IS)
		return err_set(err, "ShortestPathTo() with more than one value");
	if (!step->key.len)
		return 0;
	number = add_path(p, step->key, err);
	if (number < 0)
		return number;
	path = &p->path[number];
	path->is_address |= step->test == TEST_MATCHES;
	path->is_indexed |= step->kind == STEP_PATH_TO ||
			    (i == 0 && step->kind == STEP_HAS &&
			     step->test != TEST_WITHIN);
	return 0;
}

int projection_add(struct projection *p, const struct question *q, struct err *err)
{
	int error = 0;
	size_t i;

	for (i = 0; !error && i < q->steps; i++)
		error = add_step(p, q, i, err);
	if (!error && q->reads_metric && !p->has_metric) {
		error = add_members(p, true);
		p->has_metric = !error;
	}
	return error;
}

const struct branch *projection_branch(const struct projection *p, struct str key)
{
	const struct branch *branch = p->metadata;
	struct str part;

	while (branch && next_part(&key, &part))
		branch = branch_child(branch, part);
	return branch;
}

bool projection_covers(const struct projection *p, const struct projection *other)
{
	int i, at;

	for (i = 0; i < other->paths; i++) {
		at = projection_find(p, other->path[i].name);
		if (at < 0 || (other->path[i].is_indexed && !p->path[at].is_indexed) ||
		    (other->path[i].is_address && !p->path[at].is_address))
			return false;
	}
	return p->has_metric || !other->has_metric;
}
