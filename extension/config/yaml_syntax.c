/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_syntax.c - see yaml_syntax.h. */
#include <stdio.h>
#include <yaml.h>
#include "config/yaml_syntax.h"

static unsigned line_at(struct str text, size_t offset)
{
	unsigned line = 1;
	size_t i;

	for (i = 0; i < offset && i < text.len; i++)
		line += text.ptr[i] == '\n';
	return line;
}

static bool is_indented_by_tab(struct str text, unsigned line)
{
	struct str rest = text;
	size_t i;

	while (--line && rest.len)
		rest = str_skip(rest, str_until(rest, '\n').len + 1);
	for (i = 0; i < rest.len && (rest.ptr[i] == ' ' || rest.ptr[i] == '\t'); i++)
		if (rest.ptr[i] == '\t')
			return true;
	return false;
}

/* libyaml's words for what people do most often, in ours. */
static const char *in_our_words(const char *problem)
{
	static const char *const words[][2] = {
		{ "did not find expected key",
		  "no key where one is expected; is the indentation right?" },
		{ "mapping values are not allowed in this context",
		  "a value after ':' is not allowed here; is the indentation right, or "
		  "are quotes missing?" },
		{ "could not find expected ':'", "a key without ':'" },
		{ "did not find expected '-' indicator",
		  "no '-' where the next item is expected; is the indentation right?" },
		{ "found character that cannot start any token",
		  "a value cannot begin with this character; put it in quotes" },
		{ "found unexpected end of stream", "the text ends too early" },
		{ "invalid leading UTF-8 octet", "not UTF-8 text" },
		{ "invalid trailing UTF-8 octet", "not UTF-8 text" },
		{ "incomplete UTF-8 octet sequence", "not UTF-8 text" },
		{ "control characters are not allowed",
		  "a control character; is this a text file?" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(problem, words[i][0]) == 0)
			return words[i][1];
	return problem;
}

/* libyaml's texts are constants, and short. */
static void put_context(const yaml_parser_t *p, unsigned line, char *why, size_t size)
{
	if (p->context_mark.line + 1 != line)
		snprintf(why, size, " (%s that begins in line %zu)", p->context,
			 p->context_mark.line + 1);
	else
		snprintf(why, size, " (%s)", p->context);
}

unsigned yaml_syntax_explain(const struct yaml_parser_s *p, struct str text,
			     char why[YAML_SYNTAX_MAX])
{
	unsigned line = (unsigned)p->problem_mark.line + 1;
	size_t used;

	if (p->error == YAML_READER_ERROR)
		line = line_at(text, p->problem_offset);
	if (is_indented_by_tab(text, line)) {
		snprintf(why, YAML_SYNTAX_MAX, "a tab; YAML is indented with blanks");
		return line;
	}
	used = (size_t)snprintf(why, YAML_SYNTAX_MAX, "%s",
				in_our_words(p->problem ? p->problem : "not YAML"));
	if (p->context)
		put_context(p, line, why + used, YAML_SYNTAX_MAX - used);
	return line;
}
