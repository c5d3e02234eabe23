/* SPDX-License-Identifier: Apache-2.0 */
/* template_lex.c - see template_lex.h. */
#include "format/template_lex.h"

#define BLANKS " \t\r\n"

static bool lex_is_blank(char c)
{
	return c && strchr(BLANKS, c);
}

static struct str trim_left(struct str s)
{
	while (s.len && lex_is_blank(*s.ptr))
		s = str_skip(s, 1);
	return s;
}

static struct str trim_right(struct str s)
{
	while (s.len && lex_is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* The length of the delimiter that s begins with, plain or as a guide prints
 * it; 0: it begins with none. */
static size_t lex_delimiter(struct str s, char brace)
{
	const char plain[] = { brace, brace }, printed[] = { '\\', brace, '\\', brace };

	if (str_starts(s, (struct str){ plain, 2 }))
		return 2;
	return str_starts(s, (struct str){ printed, 4 }) ? 4 : 0;
}

/* Where the action ends; quotes hide what is in them. */
static size_t action_length(struct str s)
{
	char quote = '\0';
	size_t i;

	for (i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (quote) {
			if (c == '\\' && quote == '"')
				i++;
			else if (c == quote)
				quote = '\0';
		} else if (c == '"' || c == '`') {
			quote = c;
		} else if (lex_delimiter(str_skip(s, i), '}')) {
			return i;
		}
	}
	return s.len;
}

static size_t comment_length(struct str s)
{
	size_t i;

	for (i = 2; i + 2 <= s.len; i++)
		if (s.ptr[i] == '*' && s.ptr[i + 1] == '/')
			return i + 2;
	return s.len;
}

/* Behind {{; leaves the lexer behind }}. */
static int lex_action(struct template_lexer *lexer, struct template_piece *piece,
		      struct err *err)
{
	struct str s = lexer->rest;
	size_t length, end;
	bool is_comment;

	if (s.len >= 2 && *s.ptr == '-' && lex_is_blank(s.ptr[1]))
		s = trim_left(str_skip(s, 1));
	is_comment = str_starts(s, STR("/*"));
	length = is_comment ? comment_length(s) : action_length(s);
	end = lex_delimiter(str_skip(s, length), '}');
	lexer->trims = false;
	if (is_comment && !end) {
		struct str behind = trim_left(str_skip(s, length));

		if (str_starts(behind, STR("-")) && behind.ptr > s.ptr + length)
			end = lex_delimiter(str_skip(behind, 1), '}');
		lexer->trims = end != 0;
		lexer->rest = str_skip(behind, 1 + end);
	} else {
		lexer->rest = str_skip(s, length + end);
	}
	if (!end)
		return err_set(err, "an action or comment is not closed by }}");
	piece->text = (struct str){ s.ptr, is_comment ? 0 : length };
	if (!is_comment && length >= 2 && s.ptr[length - 1] == '-' &&
	    lex_is_blank(s.ptr[length - 2])) {
		lexer->trims = true;
		piece->text.len--;
	}
	piece->text = trim_right(trim_left(piece->text));
	piece->is_action = !is_comment;
	if (!is_comment && piece->text.len == 0)
		return err_set(err, "an action is empty");
	return 1;
}

int template_lex(struct template_lexer *lexer, struct template_piece *piece,
		 struct err *err)
{
	struct str s = lexer->rest;
	size_t i, open;

	if (s.len == 0)
		return 0;
	open = lex_delimiter(s, '{');
	if (open) {
		lexer->rest = str_skip(s, open);
		return lex_action(lexer, piece, err);
	}
	for (i = 0; i < s.len && !(open = lex_delimiter(str_skip(s, i), '{')); i++)
		;
	lexer->rest = str_skip(s, i);
	*piece = (struct template_piece){ .text = { s.ptr, i } };
	if (lexer->trims)
		piece->text = trim_left(piece->text);
	lexer->trims = false;
	s = str_skip(s, i + open);
	if (open && s.len >= 2 && *s.ptr == '-' && lex_is_blank(s.ptr[1]))
		piece->text = trim_right(piece->text);
	return 1;
}
