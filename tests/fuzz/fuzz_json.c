/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_json.c - any JSON text: stepped over, laid out anew, and read as a string.
 */
#include "format/json_read.h"
#include "format/json_write.h"
#include "fuzz.h"

#define ARENA_MAX ((size_t)512 << 20)

static const struct json_style compact = { false, 0 }, pretty = { true, 0 };

static bool is_json(struct str text, struct str *raw)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct json_reader r;
	bool is;

	json_reader_init(&r, text, &arena);
	is = json_skip(&r, raw) && json_at_end(&r);
	fuzz_check(is || r.at <= r.end, "the reader stays in its text");
	arena_fini(&arena);
	return is;
}

static void check_layout(struct str text)
{
	struct buf small = BUF_INIT(FUZZ_MEMORY), wide = BUF_INIT(FUZZ_MEMORY),
		   again = BUF_INIT(FUZZ_MEMORY);
	struct str raw;

	json_put_raw(&small, text, compact);
	json_put_raw(&wide, text, pretty);
	fuzz_check(is_json(buf_str(&small), &raw) && is_json(buf_str(&wide), &raw),
		   "JSON that is laid out anew is JSON");
	json_put_raw(&again, buf_str(&small), pretty);
	fuzz_check(str_equal(buf_str(&again), buf_str(&wide)) || !str_equal(text, raw),
		   "the layout does not depend on the layout before");
	buf_fini(&small);
	buf_fini(&wide);
	buf_fini(&again);
}

static void rewrite_string(struct str bytes, struct buf *again)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct buf text = BUF_INIT(FUZZ_MEMORY);
	struct json_reader r;
	struct str read;

	json_put_string(&text, bytes);
	json_reader_init(&r, buf_str(&text), &arena);
	fuzz_check(json_read_string(&r, &read) && json_at_end(&r),
		   "the reader takes what the writer writes");
	buf_put(again, read);
	buf_fini(&text);
	arena_fini(&arena);
}

/* One string: once it is UTF-8 it stays as it is. */
static void check_string(struct str bytes)
{
	struct buf once = BUF_INIT(FUZZ_MEMORY), twice = BUF_INIT(FUZZ_MEMORY);

	rewrite_string(bytes, &once);
	rewrite_string(buf_str(&once), &twice);
	fuzz_check(str_equal(buf_str(&once), buf_str(&twice)), "a string stays");
	buf_fini(&once);
	buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct str text = fuzz_str(data, size), raw;
	struct json_reader r;
	int64_t number;

	if (is_json(text, &raw))
		check_layout(raw);
	check_string(text);
	json_reader_init(&r, text, &arena);
	json_read_i64(&r, &number);
	arena_fini(&arena);
	return 0;
}
