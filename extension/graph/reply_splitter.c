/* SPDX-License-Identifier: Apache-2.0 */
/* reply_splitter.c - see reply_splitter.h. Depth 1 is inside of the reply's object, 2 in
 * one of its lists, 3 and more in an element.
 */
#include <errno.h>
#include "format/json_scan.h"
#include "graph/reply_splitter.h"

void reply_splitter_init(struct reply_splitter *s)
{
	*s = (struct reply_splitter){ .element = BUF_INIT(ELEMENT_MAX) };
}

void reply_splitter_fini(struct reply_splitter *s)
{
	buf_fini(&s->element);
}

void reply_splitter_reset(struct reply_splitter *s)
{
	struct buf element = s->element;

	buf_reset(&element);
	*s = (struct reply_splitter){ .element = element };
}

static enum reply_list named_list(const struct reply_splitter *s)
{
	if (s->key_len == 5 && memcmp(s->key, "Nodes", 5) == 0)
		return LIST_NODES;
	if (s->key_len == 5 && memcmp(s->key, "Edges", 5) == 0)
		return LIST_EDGES;
	return LIST_OTHER;
}

static bool is_in_element(const struct reply_splitter *s)
{
	return s->depth > 2 && s->list != LIST_OTHER;
}

/* Behind a string, or at the end of the bytes. */
static const char *split_string(struct reply_splitter *s, const char *at, const char *end)
{
	while (at < end) {
		const char *stop = s->is_escaped ? at : json_scan_string(at, end);

		if (s->depth == 1)
			for (; at < stop && s->key_len < sizeof(s->key); at++)
				s->key[s->key_len++] = *at;
		at = stop;
		if (at == end)
			break;
		if (s->is_escaped) {
			s->is_escaped = false;
		} else if (*at == '"') {
			s->in_string = false;
			return at + 1;
		} else if (*at == '\\') {
			s->is_escaped = true;
		}
		at++;
	}
	return at;
}

/* The text of an element that ends here. */
static int split_off(struct reply_splitter *s, const char *begin, const char *end,
		     int (*take)(void *, enum reply_list, struct str, struct err *),
		     void *context, struct err *err)
{
	struct str text = { begin, (size_t)(end - begin) };
	int error;

	if (s->element.len) {
		buf_put(&s->element, text);
		text = buf_str(&s->element);
	}
	if (buf_error(&s->element) || text.len > ELEMENT_MAX)
		return err_set(err, "a node or an edge of more than %zu MiB",
			       ELEMENT_MAX >> 20);
	error = take(context, s->list, text, err);
	buf_reset(&s->element);
	return error;
}

static void split_open(struct reply_splitter *s, char c)
{
	if (++s->depth == 2)
		s->list = c == '[' ? named_list(s) : LIST_OTHER;
}

int reply_splitter_feed(struct reply_splitter *s, struct str bytes,
			int (*take)(void *, enum reply_list, struct str, struct err *),
			void *context, struct err *err)
{
	const char *at = bytes.len ? bytes.ptr : "", *end = at + bytes.len, *begin = at;
	int error = 0;

	while (!error && at < end && !s->has_ended) {
		if (s->in_string) {
			at = split_string(s, at, end);
			continue;
		}
		switch (*at++) {
		case '"':
			s->in_string = true;
			if (s->depth == 1)
				s->key_len = 0;
			break;
		case '{':
		case '[':
			split_open(s, at[-1]);
			if (s->depth == 3)
				begin = at - 1;
			break;
		case '}':
		case ']':
			if (!s->depth)
				return err_set(err, "not JSON");
			if (s->depth == 3 && is_in_element(s))
				error = split_off(s, begin, at, take, context, err);
			s->depth--;
			s->has_ended = s->depth == 0;
			break;
		default:
			break;
		}
	}
	if (error || !is_in_element(s))
		return error;
	buf_put(&s->element, (struct str){ begin, (size_t)(end - begin) });
	if (buf_error(&s->element))
		return err_set(err, "a node or an edge of more than %zu MiB",
			       ELEMENT_MAX >> 20);
	return 0;
}
