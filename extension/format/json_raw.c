/* SPDX-License-Identifier: Apache-2.0 */
/* json_raw.c - json_read_raw() of json_read.h. */
#include "base/buf.h"
#include "base/utf8.h"
#include "format/json_read.h"

/* A byte that is not UTF-8 stands inside a string, or json_skip() had refused it. */
static bool raw_clean(struct str text, struct arena *arena, struct str *cleaned)
{
	struct buf clean = BUF_INIT(text.len * (sizeof(UTF8_REPLACEMENT) - 1));
	size_t good;
	bool is_whole;

	while (text.len > (good = utf8_good(text))) {
		buf_put(&clean, (struct str){ text.ptr, good });
		buf_puts(&clean, UTF8_REPLACEMENT);
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
	if (utf8_good(raw->text) == raw->text.len ||
	    raw_clean(raw->text, r->arena, &raw->text))
		return true;
	r->error = JSON_MEMORY;
	return false;
}
