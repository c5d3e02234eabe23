/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - see config.h; reading is in config_read.c, unknown keys are in
 * config_check.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "config/config_find.h"

#define CONFIG_ARENA_MAX ((size_t)256 * 1024 * 1024)

/* One line each, whatever the text quotes. */
static void blank_control_characters(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
}

void problems_add(struct problems *p, const char *fmt, ...)
{
	size_t start = p->text.len;
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	blank_control_characters(text, strlen(text));
	p->count++;
	/* What is wrong with a base is wrong with every drop-in on it. */
	if (start && strstr(p->text.ptr, text))
		return;
	buf_puts(&p->text, text);
	buf_putc(&p->text, '\n');
	if (buf_error(&p->text))
		buf_cut(&p->text, start);
}

void problems_fini(struct problems *p)
{
	buf_fini(&p->text);
	p->count = 0;
}

struct config *config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->arena = (struct arena)ARENA_INIT(CONFIG_ARENA_MAX);
	c->bottom = &c->top;
	return c;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	arena_fini(&c->arena);
	free(c);
}

void config_environment(struct config *c, char *const *environ)
{
	c->environ = environ;
}

/* "line 3: ..." of the parser becomes "file:3: ...". */
static int config_refuse_path(struct problems *problems, const char *file,
			      const struct err *err)
{
	const struct str word = STR("line ");

	if (str_starts(str_of(err->text), word))
		problems_add(problems, "%s:%s", file, err->text + word.len);
	else
		problems_add(problems, "%s: %s", file, err->text);
	return -EINVAL;
}

int config_add(struct config *c, const char *file, struct str text, bool environment,
	       struct problems *problems)
{
	struct layer *layer = arena_alloc(&c->arena, sizeof(*layer));
	struct err err = ERR_INIT;
	struct yaml_node *root;
	int error;

	if (!layer)
		return -ENOMEM;
	error = yaml_parse(text, &c->arena, &root, &err);
	if (!error && root->kind != YAML_MAP && root->kind != YAML_NULL)
		error = err_set(&err,
				"line %u: the file must consist of keys and values, "
				"\"key: value\"",
				root->line);
	if (error == -EINVAL)
		return config_refuse_path(problems, file, &err);
	if (error)
		return error;
	layer->file = arena_str(&c->arena, str_of(file));
	layer->root = root;
	layer->environment = environment;
	if (arena_error(&c->arena))
		return -ENOMEM;
	*c->bottom = layer;
	c->bottom = &layer->below;
	return 0;
}

static bool take_first(void *context, struct str name, const struct config_place *place)
{
	(void)name;
	if (place->value->kind == YAML_NULL)
		return true;
	*(struct config_place *)context = *place;
	return false;
}

/* As config_find(), but a section that is only written in dotted keys counts. */
static bool find_any(const struct config *c, struct str path, struct config_place *place)
{
	const struct layer *layer;

	if (config_find(c, path, place))
		return true;
	for (layer = c->top; layer; layer = layer->below)
		if (!config_each_below(layer, path, take_first, place))
			return true;
	return false;
}

bool config_is_empty(const struct config *c)
{
	const struct layer *layer = c->top;

	while (layer && layer->root->count == 0)
		layer = layer->below;
	return !layer;
}

bool config_is_set(const struct config *c, const char *path)
{
	struct config_place place;

	return find_any(c, str_of(path), &place);
}

/* "[2]" at the end of the key. */
static bool split_index(struct str key, struct str *name, size_t *index)
{
	*name = str_until(key, '[');
	if (name->len == key.len)
		return false;
	*index = strtoul(key.ptr + name->len + 1, NULL, 10);
	return true;
}

void config_where(const struct config *c, const char *path, const char *key,
		  struct buf *where)
{
	struct config_path buffer;
	struct config_place place;
	struct str name;
	size_t index;
	bool has_index = split_index(str_of(key ? key : ""), &name, &index);

	if (!find_any(c, config_join(&buffer, str_of(path), name), &place)) {
		buf_put(where, c->top ? c->top->file : STR("configuration"));
		return;
	}
	if (has_index && place.value->kind == YAML_LIST && index < place.value->count)
		place.line = place.value->item[index]->line;
	config_put_place(&place, where);
}

void config_problem(const struct config *c, const char *path, const struct err *err,
		    struct problems *problems)
{
	struct buf where = BUF_INIT(CONFIG_PATH_MAX * 2);
	struct config_path buffer;
	struct str full = config_join(&buffer, str_of(path), str_of(err->key));

	config_where(c, path, err->key, &where);
	problems_add(problems, STR_FMT ": " STR_FMT "%s%s", STR_ARG(buf_str(&where)),
		     STR_ARG(full), full.len ? ": " : "", err->text);
	buf_fini(&where);
}

static bool has_line(const struct problems *p, struct str begin)
{
	struct str rest = buf_str(&p->text), line;

	for (; rest.len; rest = str_skip(rest, line.len + 1)) {
		line = str_until(rest, '\n');
		if (str_starts(line, begin))
			return true;
	}
	return false;
}

static bool is_told(const struct config_listener *l, const struct err *err)
{
	struct buf begin = BUF_INIT(CONFIG_PATH_MAX * 2);
	struct config_path buffer;
	struct str full = config_join(&buffer, str_of(l->path), str_of(err->key));
	bool is_told;

	config_where(l->config, l->path, err->key, &begin);
	buf_printf(&begin, ": " STR_FMT ": ", STR_ARG(full));
	is_told = has_line(l->problems, buf_str(&begin));
	buf_fini(&begin);
	return is_told;
}

static void config_hear(void *context, const struct err *err)
{
	struct config_listener *l = context;

	if (l->is_second && is_told(l, err))
		l->problems->count++;
	else
		config_problem(l->config, l->path, err, l->problems);
}

struct err config_listen(struct config_listener *l)
{
	return (struct err){ .hear = config_hear, .context = l };
}
