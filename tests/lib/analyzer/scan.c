/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include <string.h>

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && strchr(" \t\r\n,:", *scan->at) && *scan->at)
		scan->at++;
}

static void skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++)
		if (*scan->at == '\\')
			scan->at++;
	scan->at++;
}

static void skip_nested(struct scan *scan)
{
	int depth = 0;

	while (scan->at < scan->end) {
		char c = *scan->at;

		if (c == '"') {
			skip_string(scan);
			continue;
		}
		scan->at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return;
	}
}

static bool take_value(struct scan *scan, struct text *value)
{
	skip_space(scan);
	if (scan->at >= scan->end || *scan->at == '}' || *scan->at == ']')
		return false;
	value->at = scan->at;
	if (*scan->at == '"')
		skip_string(scan);
	else if (*scan->at == '{' || *scan->at == '[')
		skip_nested(scan);
	else
		while (scan->at < scan->end && !strchr(",}] \t\r\n", *scan->at))
			scan->at++;
	if (scan->at > scan->end)
		scan->at = scan->end;
	value->len = (size_t)(scan->at - value->at);
	return true;
}

struct scan scan_begin(struct text value)
{
	struct scan scan = { .at = value.at, .end = value.at + value.len };

	skip_space(&scan);
	if (scan.at < scan.end && (*scan.at == '{' || *scan.at == '['))
		scan.at++;
	else
		scan.at = scan.end;
	return scan;
}

bool scan_member(struct scan *scan, struct text *key, struct text *value)
{
	if (!take_value(scan, key) || !take_value(scan, value))
		return false;
	*key = text_unquote(*key);
	return true;
}

bool scan_element(struct scan *scan, struct text *value)
{
	return take_value(scan, value);
}

bool text_is(struct text text, const char *other)
{
	return text.len == strlen(other) && !memcmp(text.at, other, text.len);
}

struct text text_unquote(struct text text)
{
	if (text.len >= 2 && text.at[0] == '"')
		return (struct text){ .at = text.at + 1, .len = text.len - 2 };
	return text;
}
