/* SPDX-License-Identifier: Apache-2.0 */
/* template.c - see template.h; rendering is in template_render.c. */
#include <errno.h>
#include <stdlib.h>
#include "format/template_lex.h"
#include "format/template_steps.h"

#define MEMORY_MAX ((size_t)1 << 20)
#define DEPTH_MAX  16 /* of if in if */

/* An if that is not ended: where the step is that is told where to go when it
 * is false, and the jumps to the end, linked by their targets. */
struct open_if {
	size_t branch, jumps;
	bool has_else;
};

struct parser {
	struct template *t;
	const struct shape *shape;
	struct open_if open[DEPTH_MAX];
	size_t depth;
};

#define NO_STEP STEPS_MAX

static struct step *add_step(struct parser *p, enum step_kind kind, struct err *err)
{
	struct step *step;

	if (p->t->count == STEPS_MAX) {
		err_set(err, "more than %d pieces", STEPS_MAX);
		return NULL;
	}
	step = &p->t->step[p->t->count++];
	step->kind = kind;
	return step;
}

/* A field by its name in Go, which has no underscores. */
static const struct field *find_field(const struct shape *shape, struct str name)
{
	const struct field *field;

	for (field = shape->fields; field->name; field++) {
		const char *c = field->name;
		size_t i = 0;

		for (; *c && i < name.len; c++)
			if (*c != '_' && *c != name.ptr[i++])
				break;
		if (!*c && i == name.len)
			return field;
	}
	return NULL;
}

static bool is_name(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool is_digit = c >= '0' && c <= '9';
		bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!is_letter && c != '_' && c < 0x80 && (!is_digit || i == 0))
			return false;
	}
	return s.len > 0;
}

static int template_unsupported(struct str text, struct err *err)
{
	return err_set(err,
		       "{{" STR_FMT "}} is not supported: there are fields such as "
		       "{{.Network.A}}, strings, whole numbers, if, else and end",
		       STR_ARG(text));
}

/* .Network.A as steps through shapes. */
static int read_chain(struct parser *p, struct str text, struct step *step,
		      struct err *err)
{
	const struct shape *shape = p->shape;
	const struct field *field = NULL;
	struct str rest = text, name;

	while (rest.len) {
		name = str_until(str_skip(rest, 1), '.');
		if (*rest.ptr != '.' || !is_name(name) || step->length == CHAIN_MAX)
			return template_unsupported(text, err);
		rest = str_skip(rest, 1 + name.len);
		if (step->is_unknown)
			continue;
		if (field && field->kind == FIELD_KIND_MAP && !step->text.len) {
			step->text = arena_str(&p->t->arena, name);
			continue;
		}
		field = shape ? find_field(shape, name) : NULL;
		step->is_unknown = !field || step->text.len;
		step->chain[step->length++] = field;
		shape = field && field->kind == FIELD_KIND_OBJECT ? field->shape : NULL;
	}
	return 0;
}

static bool is_printable(const struct step *step)
{
	const struct field *last = step->length ? step->chain[step->length - 1] : NULL;

	return step->is_unknown ||
	       (last && last->kind != FIELD_KIND_OBJECT &&
		last->kind != FIELD_KIND_STRS && last->kind != FIELD_KIND_RAW &&
		(last->kind != FIELD_KIND_MAP || step->text.len));
}

static int template_read_value(struct parser *p, struct str text, struct err *err)
{
	struct step *step = add_step(p, VALUE, err);

	if (!step || read_chain(p, text, step, err) < 0)
		return -EINVAL;
	return is_printable(step) ? 0 : template_unsupported(text, err);
}

/* "text", `text` or 123: their value is their text. */
static int read_literal(struct parser *p, struct str text, struct err *err)
{
	struct step *step = add_step(p, TEXT, err);
	struct str value = text;
	char quote = *text.ptr;
	size_t i;

	if (!step)
		return -EINVAL;
	if (quote == '"' || quote == '`') {
		if (text.len < 2 || text.ptr[text.len - 1] != quote)
			return template_unsupported(text, err);
		value = (struct str){ text.ptr + 1, text.len - 2 };
		if (memchr(value.ptr, quote, value.len) ||
		    (quote == '"' && memchr(value.ptr, '\\', value.len)))
			return template_unsupported(text, err);
	} else {
		struct str digits = str_skip(text, quote == '-');

		for (i = 0; i < digits.len; i++)
			if (digits.ptr[i] < '0' || digits.ptr[i] > '9' || text.len > 18)
				return template_unsupported(text, err);
		if (!digits.len || (*digits.ptr == '0' && text.len > 1))
			return template_unsupported(text, err);
	}
	step->text = arena_str(&p->t->arena, value);
	return 0;
}

static bool template_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The first word of the rest, which goes on behind the blanks after it. */
static struct str template_take_word(struct str *rest)
{
	struct str word = { rest->ptr, 0 };

	while (word.len < rest->len && !template_is_blank(word.ptr[word.len]))
		word.len++;
	*rest = str_skip(*rest, word.len);
	while (rest->len && template_is_blank(*rest->ptr))
		*rest = str_skip(*rest, 1);
	return word;
}

static int read_if(struct parser *p, struct str chain, struct err *err)
{
	struct open_if *open = &p->open[p->depth - 1];
	struct step *step = add_step(p, IF, err);

	if (!step || chain.len == 0 || read_chain(p, chain, step, err) < 0)
		return chain.len ? -EINVAL : err_set(err, "{{if}} without a field");
	open->branch = p->t->count - 1;
	return 0;
}

/* What is before an else ends with a jump to the end. */
static int read_else(struct parser *p, struct str rest, struct err *err)
{
	struct open_if *open = p->depth ? &p->open[p->depth - 1] : NULL;
	struct str text = rest;
	struct step *jump;

	if (!open || open->has_else)
		return err_set(err, "{{else}} without {{if}}");
	jump = add_step(p, JUMP, err);
	if (!jump)
		return -EINVAL;
	jump->to = open->jumps;
	open->jumps = p->t->count - 1;
	p->t->step[open->branch].to = p->t->count;
	open->branch = NO_STEP;
	if (str_is(template_take_word(&rest), "if"))
		return read_if(p, rest, err);
	open->has_else = true;
	return text.len ? template_unsupported(text, err) : 0;
}

static int read_end(struct parser *p, struct err *err)
{
	struct open_if *open;
	size_t jump, next;

	if (!p->depth)
		return err_set(err, "{{end}} without {{if}}");
	open = &p->open[--p->depth];
	if (open->branch != NO_STEP)
		p->t->step[open->branch].to = p->t->count;
	for (jump = open->jumps; jump != NO_STEP; jump = next) {
		next = p->t->step[jump].to;
		p->t->step[jump].to = p->t->count;
	}
	return 0;
}

static int read_action(struct parser *p, struct str text, struct err *err)
{
	struct str rest = text, word = template_take_word(&rest);

	if (*text.ptr == '.')
		return template_read_value(p, text, err);
	if (strchr("\"`-0123456789", *text.ptr))
		return read_literal(p, text, err);
	if (str_is(word, "else"))
		return read_else(p, rest, err);
	if (str_is(word, "end"))
		return rest.len ? template_unsupported(text, err) : read_end(p, err);
	if (!str_is(word, "if"))
		return template_unsupported(text, err);
	if (p->depth == DEPTH_MAX)
		return err_set(err, "more than %d times {{if}} in {{if}}", DEPTH_MAX);
	p->open[p->depth++] = (struct open_if){ NO_STEP, NO_STEP, false };
	return read_if(p, rest, err);
}

static int template_parse(struct parser *p, struct str text, struct err *err)
{
	struct template_lexer lexer = { .rest = text };
	struct template_piece piece;
	struct step *step;
	int result;

	while ((result = template_lex(&lexer, &piece, err)) > 0) {
		if (piece.is_action) {
			if (read_action(p, piece.text, err) < 0)
				return -EINVAL;
		} else if (piece.text.len) {
			step = add_step(p, TEXT, err);
			if (!step)
				return -EINVAL;
			step->text = arena_str(&p->t->arena, piece.text);
		}
	}
	if (result == 0 && p->depth)
		return err_set(err, "{{if}} without {{end}}");
	return result;
}

struct template *template_new(struct str text, const struct shape *shape, struct err *err)
{
	struct template *t = calloc(1, sizeof(*t));
	struct parser p = { .t = t, .shape = shape };
	int error = -ENOMEM;

	if (t) {
		t->arena = (struct arena)ARENA_INIT(MEMORY_MAX);
		t->step = arena_alloc(&t->arena, STEPS_MAX * sizeof(*t->step));
	}
	if (t && t->step)
		error = template_parse(&p, text, err);
	if (!error)
		error = arena_error(&t->arena);
	if (!error)
		return t;
	if (error != -EINVAL)
		err_set(err, "out of memory");
	template_free(t);
	return NULL;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	arena_fini(&t->arena);
	free(t);
}

bool template_uses(const struct template *t, const char *name)
{
	size_t i, j;

	for (i = 0; i < t->count; i++)
		for (j = 0; j < t->step[i].length; j++)
			if (t->step[i].chain[j] &&
			    strcmp(t->step[i].chain[j]->name, name) == 0)
				return true;
	return false;
}
