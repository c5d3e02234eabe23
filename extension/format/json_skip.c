/* SPDX-License-Identifier: Apache-2.0 */
/* json_skip.c - stepping over a value without keeping anything but its text.
 *
 * A loop with one bit per level instead of recursion: foreign text decides how
 * deep it nests.
 */
#include "format/json_read.h"
#include "format/json_scan.h"

static bool json_skip_fail(struct json_reader *r, enum json_error error)
{
	if (!r->error)
		r->error = error;
	return false;
}

static bool skip_string(struct json_reader *r)
{
	for (r->at++;; r->at++) {
		r->at = json_scan_string(r->at, r->end);
		if (r->at == r->end || (unsigned char)*r->at < 0x20)
			break;
		if (*r->at++ == '"')
			return true;
		if (r->at == r->end || !strchr("\"\\/bfnrtu", *r->at) || !*r->at)
			break;
		if (*r->at == 'u') {
			int i;

			for (i = 1; i <= 4; i++)
				if (r->end - r->at <= i ||
				    !strchr("0123456789abcdefABCDEF", r->at[i]) ||
				    !r->at[i])
					return json_skip_fail(r, JSON_SYNTAX);
			r->at += 4;
		}
	}
	return json_skip_fail(r, JSON_SYNTAX);
}

static bool skip_digits(struct json_reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > from || json_skip_fail(r, JSON_SYNTAX);
}

static bool skip_number(struct json_reader *r)
{
	const char *from;

	if (*r->at == '-')
		r->at++;
	from = r->at;
	if (!skip_digits(r))
		return false;
	if (*from == '0' && r->at - from > 1)
		return json_skip_fail(r, JSON_SYNTAX);
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		if (!skip_digits(r))
			return false;
	}
	if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
		r->at++;
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			r->at++;
		return skip_digits(r);
	}
	return true;
}

static bool skip_word(struct json_reader *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return json_skip_fail(r, JSON_SYNTAX);
	r->at += len;
	return true;
}

static bool skip_scalar(struct json_reader *r)
{
	switch (r->at == r->end ? '\0' : *r->at) {
	case '"':
		return skip_string(r);
	case 't':
		return skip_word(r, "true");
	case 'f':
		return skip_word(r, "false");
	case 'n':
		return skip_word(r, "null");
	default:
		return r->at < r->end ? skip_number(r) : json_skip_fail(r, JSON_SYNTAX);
	}
}

static bool skip_key(struct json_reader *r)
{
	json_at_end(r);
	if (r->at == r->end || *r->at != '"' || !skip_string(r))
		return json_skip_fail(r, JSON_SYNTAX);
	return json_next(r, ':') || json_skip_fail(r, JSON_SYNTAX);
}

/* Behind a value: closes what ends here. true: the outermost value is over. */
static bool close_levels(struct json_reader *r, uint64_t objects, unsigned *depth)
{
	while (*depth) {
		bool is_object = objects >> (*depth - 1) & 1;

		if (json_next(r, ','))
			return false;
		if (!json_next(r, is_object ? '}' : ']')) {
			json_skip_fail(r, JSON_SYNTAX);
			return false;
		}
		(*depth)--;
	}
	return true;
}

__attribute__((noinline)) void json_skip_some_blanks(struct json_reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

bool json_skip(struct json_reader *r, struct str *raw)
{
	uint64_t objects = 0; /* bit i: level i is an object */
	unsigned depth = 0;
	const char *from;

	json_at_end(r);
	from = r->at;
	for (;;) {
		bool is_object;

		if (depth && objects >> (depth - 1) & 1 && !skip_key(r))
			return false;
		json_at_end(r);
		is_object = r->at < r->end && *r->at == '{';
		if (is_object || (r->at < r->end && *r->at == '[')) {
			if (depth == JSON_DEPTH_MAX)
				return json_skip_fail(r, JSON_DEPTH);
			r->at++;
			if (!json_next(r, is_object ? '}' : ']')) {
				objects &= ~((uint64_t)1 << depth);
				objects |= (uint64_t)is_object << depth;
				depth++;
				continue;
			}
		} else if (!skip_scalar(r)) {
			return false;
		}
		if (close_levels(r, objects, &depth))
			break;
		if (r->error)
			return false;
	}
	if (raw)
		*raw = (struct str){ from, (size_t)(r->at - from) };
	return true;
}
