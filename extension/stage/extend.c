/* SPDX-License-Identifier: Apache-2.0 */
/* extend.c - see extend.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "format/template.h"
#include "stage/extend.h"

#define TEXT_MAX 65536

static const struct answer nothing;

/* How the analyzer calls the attributes of nodes. */
enum attribute_form { FORM_UNKNOWN, FORM_PLAIN, FORM_AT };

struct extend {
	struct template *template;
	struct str name;
	size_t slot;	    /* of its name */
	bool needs_rest;    /* of the record */
	bool needs_extends; /* that stand before it */
};

struct extends {
	struct extend *item;
	size_t count;
	struct str *name; /* sorted, each once */
	size_t names;
	enum attribute_names attributes;
	enum attribute_form form;
	struct buf text; /* scratch */
};

static int extend_by_name(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t shorter = x->len < y->len ? x->len : y->len;
	int order = shorter ? memcmp(x->ptr, y->ptr, shorter) : 0;

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int extend_read_one(struct extend *e, struct str text, const struct shape *shape,
			   struct err *err)
{
	struct str name = str_until(text, '=');

	if (name.len == text.len)
		return err_set(err, "\"" STR_FMT "\" has no \"=\"; write NAME=QUERY",
			       STR_ARG(text));
	e->name = name;
	e->template = template_new(str_skip(text, name.len + 1), shape, err);
	if (!e->template)
		return -EINVAL;
	e->needs_extends = template_uses(e->template, "Extend");
	e->needs_rest = e->needs_extends || template_uses(e->template, "Context") ||
			template_uses(e->template, "NodeType") ||
			template_uses(e->template, "A_Name") ||
			template_uses(e->template, "B_Name");
	return 0;
}

static void place_names(struct extends *extends)
{
	size_t i;

	for (i = 0; i < extends->count; i++)
		extends->name[i] = extends->item[i].name;
	qsort(extends->name, extends->count, sizeof(*extends->name), extend_by_name);
	for (i = 0; i < extends->count; i++)
		if (i == 0 || !str_equal(extends->name[i], extends->name[i - 1]))
			extends->name[extends->names++] = extends->name[i];
	for (i = 0; i < extends->count; i++) {
		const struct str *at = bsearch(&extends->item[i].name, extends->name,
					       extends->names, sizeof(*at),
					       extend_by_name);

		extends->item[i].slot = (size_t)(at - extends->name);
	}
}

struct extends *extends_new(const struct strs *list, const struct shape *shape,
			    enum attribute_names attributes, struct err *err)
{
	struct extends *extends = calloc(1, sizeof(*extends));
	struct err why = ERR_INIT;
	char key[32];
	int error = -ENOMEM, bad = 0;

	if (extends) {
		extends->attributes = attributes;
		extends->text = (struct buf)BUF_INIT(TEXT_MAX);
		extends->item = calloc(list->count + 1, sizeof(*extends->item));
		extends->name = calloc(list->count + 1, sizeof(*extends->name));
	}
	if (extends && extends->item && extends->name)
		error = 0;
	while (!error && extends->count < list->count) {
		error = extend_read_one(&extends->item[extends->count],
					list->item[extends->count], shape, &why);
		snprintf(key, sizeof(key), "extend[%zu]", extends->count++);
		if (!error)
			continue;
		err_also(err);
		bad = err_set_key(err, key, "%s", why.text);
		error = error == -EINVAL ? 0 : error;
	}
	error = error ? error : bad;
	if (!error) {
		place_names(extends);
		return extends;
	}
	if (error == -ENOMEM)
		err_set(err, "out of memory");
	extends_free(extends);
	return NULL;
}

void extends_free(struct extends *extends)
{
	size_t i;

	if (!extends)
		return;
	for (i = 0; i < extends->count; i++)
		template_free(extends->item[i].template);
	buf_fini(&extends->text);
	free(extends->item);
	free(extends->name);
	free(extends);
}

void extends_questions(const struct extends *extends, struct question_list *list)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	size_t i;

	for (i = 0; i < extends->count; i++) {
		buf_reset(&text);
		template_sample(extends->item[i].template, STR("1"), &text);
		list->add_text(list, extends->item[i].name, buf_str(&text));
	}
	buf_fini(&text);
}

/* Where the @ belongs in a text that ends in .Values('Host') and the like; 0:
 * nowhere. */
static size_t attribute_at(struct str text)
{
	static const char *const ends[] = {
		".Values('Host')",   ".Values('ID')",	".Values('Origin')",
		".Values(\"Host\")", ".Values(\"ID\")", ".Values(\"Origin\")",
	};
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t length = strlen(ends[i]);

		if (text.len >= length &&
		    memcmp(text.ptr + text.len - length, ends[i], length) == 0)
			return text.len - length + strlen(".Values('");
	}
	return 0;
}

static const struct answer *ask_with_at(struct extends *extends, struct queries *q,
					size_t at)
{
	struct str rest = str_skip(buf_str(&extends->text), at);
	struct buf text = BUF_INIT(TEXT_MAX);
	const struct answer *answer;

	buf_put(&text, (struct str){ extends->text.ptr, at });
	buf_putc(&text, '@');
	buf_put(&text, rest);
	answer = query_text(q, buf_str(&text));
	buf_fini(&text);
	return answer;
}

/* The reply to the text, with or without the @. NULL: wait. */
static const struct answer *extend_ask(struct extends *extends, struct queries *q)
{
	size_t at = extends->attributes == ATTRIBUTES_AUTO
			    ? attribute_at(buf_str(&extends->text))
			    : 0;
	const struct answer *answer;

	if (at && extends->form == FORM_AT)
		return ask_with_at(extends, q, at);
	answer = query_text(q, buf_str(&extends->text));
	if (!at || !answer)
		return answer;
	if (answer->value.ptr)
		extends->form = FORM_PLAIN;
	if (!answer->is_null || extends->form == FORM_PLAIN)
		return answer;
	answer = ask_with_at(extends, q, at);
	if (answer && answer->value.ptr)
		extends->form = FORM_AT;
	return answer;
}

static enum found fill_one(struct extends *extends, const struct extend *e,
			   struct queries *q, const void *record, struct map_of_str *map)
{
	const struct answer *answer;
	int error;

	buf_reset(&extends->text);
	error = template_render(e->template, record, "'\"", &extends->text);
	if (error && error != -EILSEQ)
		return ABSENT;
	if (error)
		q->refused++;
	answer = error ? &nothing : extend_ask(extends, q);
	if (!answer)
		return PENDING;
	map->value[e->slot] = answer->value.ptr ? answer->value : STR("");
	return FOUND;
}

/* What has no value is not in the map. */
static void close_gaps(struct map_of_str *map)
{
	size_t i, n = 0;

	for (i = 0; i < map->count; i++) {
		if (!map->value[i].ptr)
			continue;
		map->name[n] = map->name[i];
		map->value[n++] = map->value[i];
	}
	map->count = n;
}

static bool open_map(struct extends *extends, struct queries *q, struct map_of_str *map)
{
	size_t size = extends->names * sizeof(struct str);

	*map = (struct map_of_str){ arena_alloc(&q->arena, size),
				    arena_alloc(&q->arena, size), extends->names };
	q->is_used = true;
	if (!map->name || !map->value) {
		map->count = 0;
		return false;
	}
	memcpy(map->name, extends->name, size);
	return true;
}

enum found extends_fill(struct extends *extends, struct queries *q, const void *record,
			bool is_complete, struct map_of_str *map)
{
	bool is_pending = false;
	size_t i;

	if (!extends->count || !open_map(extends, q, map))
		return ABSENT;
	for (i = 0; i < extends->count; i++) {
		const struct extend *e = &extends->item[i];

		if ((e->needs_rest && !is_complete) || (e->needs_extends && is_pending)) {
			is_pending = true;
			continue;
		}
		if (fill_one(extends, e, q, record, map) == PENDING)
			is_pending = true;
	}
	close_gaps(map);
	return is_pending ? PENDING : FOUND;
}
