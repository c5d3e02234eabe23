/* SPDX-License-Identifier: Apache-2.0 */
/* json_raw.c - json_read_raw() of json_read.h. */
#include "base/buf.h"
#include "base/utf8.h"
#include "format/json_read.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* How many bytes from the start are well-formed. */
static size_t raw_good(struct str text)
{
	size_t i = 0, length;
	uint64_t eight;

	while (i < text.len) {
		if (text.len - i >= sizeof(eight)) {
			memcpy(&eight, text.ptr + i, sizeof(eight));
			if (!(eight & UINT64_C(0x8080808080808080))) {
				i += sizeof(eight);
				continue;
			}
		}
		if ((unsigned char)text.ptr[i] < 0x80) {
			i++;
			continue;
		}
		length = utf8_len(str_skip(text, i));
		if (!length)
			break;
		i += length;
	}
	return i;
}

/* A byte that is not UTF-8 stands inside a string, or json_skip() had refused it. */
static bool raw_clean(struct str text, struct arena *arena, struct str *cleaned)
{
	struct buf clean = BUF_INIT(text.len * (sizeof(REPLACEMENT) - 1));
	size_t good;
	bool is_whole;

	while (text.len > (good = raw_good(text))) {
		buf_put(&clean, (struct str){ text.ptr, good });
		buf_puts(&clean, REPLACEMENT);
		text = str_skip(text, good + 1);
	}
	buf_put(&clean, text);
	*cleaned = arena_str(arena, buf_str(&clean));
	is_whole = !buf_error(&clean) && !arena_error(arena);
	buf_fini(&clean);
	return is_whole;
}

bool json_read_raw(struct json_reader *r, struct raw *raw)
{
	if (!json_skip(r, &raw->text))
		return false;
	if (raw_good(raw->text) == raw->text.len ||
	    raw_clean(raw->text, r->arena, &raw->text))
		return true;
	r->error = JSON_MEMORY;
	return false;
}
