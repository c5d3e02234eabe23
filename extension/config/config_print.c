/* SPDX-License-Identifier: Apache-2.0 */
/* config_print.c - see config_print.h. */
#include <errno.h>
#include "config/config_find.h"
#include "config/config_print.h"
#include "format/json_write.h"

#define MEMORY_MAX	((size_t)64 << 20)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* A key in its place: a section, or a value. */
struct entry {
	struct entry *next, *first; /* sibling, child */
	struct str name;
	const struct yaml_node *value; /* NULL: a section */
	unsigned line;		       /* 0: of a section that was not written */
};

struct source_line {
	struct str text;
	bool is_used; /* its comment was printed */
};

struct printer {
	struct arena arena;
	struct source_line *line; /* from 1 */
	unsigned lines;
	struct buf *out;
};

static struct str print_trim(struct str s)
{
	while (s.len && (*s.ptr == ' ' || *s.ptr == '\t'))
		s = str_skip(s, 1);
	while (s.len && strchr(" \t\r", s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static int split_lines(struct printer *p, struct str text)
{
	struct str rest = str_skip(text, str_starts(text, STR(BYTE_ORDER_MARK)) ? 3 : 0);
	struct str line;
	unsigned n = 2;
	size_t i;

	for (i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	p->line = arena_alloc(&p->arena, n * sizeof(*p->line));
	if (!p->line)
		return -ENOMEM;
	for (; rest.len; rest = str_skip(rest, line.len + 1)) {
		line = str_until(rest, '\n');
		p->line[++p->lines].text = line;
	}
	return 0;
}

static bool is_comment(const struct printer *p, unsigned line)
{
	struct str text = line && line <= p->lines ? print_trim(p->line[line].text)
						   : STR("");

	return text.len && *text.ptr == '#';
}

/* The comment behind a value on its line; quotes hide a "#". */
static struct str print_behind(const struct printer *p, unsigned line)
{
	struct str text = line && line <= p->lines ? p->line[line].text : STR("");
	char quote = '\0';
	size_t i;

	for (i = 1; i < text.len; i++) {
		char c = text.ptr[i];

		if (quote == '"' && c == '\\')
			i++;
		else if (quote && c == quote)
			quote = '\0';
		else if (!quote && (c == '"' || c == '\'') &&
			 strchr(" [,:", text.ptr[i - 1]))
			quote = c;
		else if (!quote && c == '#' && strchr(" \t", text.ptr[i - 1]))
			return print_trim(str_skip(text, i));
	}
	return STR("");
}

static void print_indent(struct printer *p, unsigned depth)
{
	while (depth--)
		buf_puts(p->out, "  ");
}

/* The comment lines right above a key. */
static void print_above(struct printer *p, unsigned line, unsigned depth)
{
	unsigned first = line;

	while (first > 1 && is_comment(p, first - 1) && !p->line[first - 1].is_used)
		first--;
	for (; first < line; first++) {
		print_indent(p, depth);
		buf_put(p->out, print_trim(p->line[first].text));
		buf_putc(p->out, '\n');
		p->line[first].is_used = true;
	}
}

static void end_line(struct printer *p, unsigned line)
{
	struct str comment = print_behind(p, line);

	if (comment.len && !is_comment(p, line) && !p->line[line].is_used) {
		buf_puts(p->out, "  ");
		buf_put(p->out, comment);
		p->line[line].is_used = true;
	}
	buf_putc(p->out, '\n');
}

/* Without quotes what can be nothing else. */
static bool is_plain(struct str text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_./-:",
			    text.ptr[i]))
			return false;
	return text.len > 3 && strchr("0123456789.-:", *text.ptr) == NULL &&
	       text.ptr[text.len - 1] != ':' && !str_equal_nocase(text, STR("true")) &&
	       !str_equal_nocase(text, STR("false")) &&
	       !str_equal_nocase(text, STR("null"));
}

static void print_scalar(struct printer *p, const struct yaml_node *node)
{
	if (node->kind == YAML_STR && !is_plain(node->text))
		json_put_string(p->out, node->text);
	else
		buf_put(p->out, node->text);
}

static void print_value(struct printer *p, const struct yaml_node *node, unsigned line,
			unsigned depth)
{
	size_t i;

	if (node->kind != YAML_LIST) {
		/* What has no value may be spelled out: "null". */
		if (node->kind != YAML_NULL || node->text.len)
			buf_putc(p->out, ' ');
		print_scalar(p, node);
		end_line(p, line);
		return;
	}
	if (!node->count)
		buf_puts(p->out, " []");
	end_line(p, line);
	for (i = 0; i < node->count; i++) {
		print_above(p, node->item[i]->line, depth);
		print_indent(p, depth);
		buf_puts(p->out, "- ");
		print_scalar(p, node->item[i]);
		end_line(p, node->item[i]->line);
	}
}

static void print_entries(struct printer *p, const struct entry *e, unsigned depth)
{
	for (; e; e = e->next) {
		print_above(p, e->line, depth);
		print_indent(p, depth);
		buf_put(p->out, e->name);
		buf_putc(p->out, ':');
		if (e->value) {
			print_value(p, e->value, e->line, depth + 1);
			continue;
		}
		end_line(p, e->first ? 0 : e->line);
		print_entries(p, e->first, depth + 1);
	}
}

/* The entry of that name among its siblings, the last if it is new. */
static struct entry *print_enter(struct printer *p, struct entry **at, struct str name)
{
	while (*at && !str_equal_nocase((*at)->name, name))
		at = &(*at)->next;
	if (*at)
		return *at;
	*at = arena_alloc(&p->arena, sizeof(**at));
	if (*at)
		(*at)->name = name;
	return *at;
}

/* Keys with dots are put into their sections, but not those of a section: they may be
 * names that have dots, as librdkafka's. */
static int print_place(struct printer *p, struct entry **first,
		       const struct yaml_node *map, bool has_sections)
{
	int error = 0;
	size_t i;

	for (i = 0; !error && i < map->count; i++) {
		struct str path = map->key[i];
		struct entry **at = first, *entry = NULL;

		while (path.len) {
			struct str name = has_sections ? str_until(path, '.') : path;

			entry = print_enter(p, at, name);
			if (!entry)
				return -ENOMEM;
			at = &entry->first;
			path = str_skip(path, name.len + 1);
		}
		if (entry && !entry->line)
			entry->line = map->key_line[i];
		if (map->item[i]->kind == YAML_MAP)
			error = print_place(p, at, map->item[i], false);
		else if (entry)
			entry->value = map->item[i];
	}
	return error;
}

static void print_rest(struct printer *p)
{
	unsigned line;

	for (line = 1; line <= p->lines; line++)
		if (is_comment(p, line) && !p->line[line].is_used) {
			buf_put(p->out, print_trim(p->line[line].text));
			buf_putc(p->out, '\n');
		}
}

int config_print(const struct config *c, struct str text, struct buf *out)
{
	struct printer p = { .arena = ARENA_INIT(MEMORY_MAX), .out = out };
	struct entry *first = NULL;
	int error = split_lines(&p, text);

	if (!error && c->top && c->top->root->kind == YAML_MAP)
		error = print_place(&p, &first, c->top->root, true);
	if (!error) {
		print_entries(&p, first, 0);
		print_rest(&p);
		error = buf_error(out);
	}
	arena_fini(&p.arena);
	return error;
}
