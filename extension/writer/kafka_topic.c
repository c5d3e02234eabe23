/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_topic.c - names of topics: text with {tenant} and {tag}. */
#include <errno.h>
#include "writer/kafka_private.h"

static bool is_allowed(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* The next piece of a template: a name in braces, or text. */
static struct str next_piece(struct str *rest, bool *is_name)
{
	struct str piece = *rest;

	*is_name = piece.ptr[0] == '{';
	if (!*is_name)
		piece = str_until(piece, '{');
	else if (str_until(piece, '}').len < piece.len)
		piece.len = str_until(piece, '}').len + 1;
	*rest = str_skip(*rest, piece.len);
	return piece;
}

static int check_piece(struct str piece, bool is_name, struct err *err)
{
	size_t i;

	if (is_name && (str_is(piece, "{tenant}") || str_is(piece, "{tag}")))
		return 0;
	if (is_name)
		return err_set_key(err, "topic",
				   "\"" STR_FMT "\" is no name: there are {tenant} and "
				   "{tag}",
				   STR_ARG(piece));
	for (i = 0; i < piece.len; i++)
		if (!is_allowed(piece.ptr[i]))
			return err_set_key(
				err, "topic",
				"\"%c\" cannot be in the name of a topic: those "
				"have letters, digits, \".\", \"_\" and \"-\"",
				piece.ptr[i]);
	return 0;
}

int kafka_topic_check(struct str template, struct err *err)
{
	struct str rest = template;
	bool is_name;
	int error = 0;

	if (!template.len)
		return err_set_key(err, "topic", "must be set: records go there");
	if (template.len > KAFKA_TOPIC_MAX || str_is(template, ".") ||
	    str_is(template, ".."))
		return err_set_key(
			err, "topic",
			"is no name of a topic: those have %d bytes at most, and "
			"are no dots",
			KAFKA_TOPIC_MAX);
	while (!error && rest.len) {
		struct str piece = next_piece(&rest, &is_name);

		error = check_piece(piece, is_name, err);
	}
	return error;
}

void kafka_topic_put(struct str template, struct str tenant, struct str tag,
		     struct buf *b)
{
	struct str rest = template;
	bool is_name;
	size_t i;

	while (rest.len) {
		struct str piece = next_piece(&rest, &is_name);

		if (is_name)
			piece = str_is(piece, "{tag}") ? tag : tenant;
		for (i = 0; i < piece.len; i++)
			buf_putc(b, is_allowed(piece.ptr[i]) ? piece.ptr[i] : '_');
	}
}
