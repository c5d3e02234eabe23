/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_stored.c - lines of a journal of stored objects, and the table of an audit. */
#include "command/audit_table.h"
#include "fuzz.h"

#define ARENA_MAX ((size_t)1 << 20)

/* What was read is written; bytes that are not UTF-8 are then others, and stay. */
static void check_again(const struct stored_line *first)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct stored_line again;
	struct buf b = BUF_INIT(ARENA_MAX);

	stored_line_put(&b, first);
	if (!buf_error(&b)) {
		struct str line = { b.ptr, b.len - 1 };

		fuzz_check(!memchr(line.ptr, '\n', line.len), "a line is one line");
		fuzz_check(stored_line_read(line, &arena, &again),
			   "what was written can be read");
		fuzz_check(again.bytes == first->bytes && again.at_ms == first->at_ms,
			   "numbers stay");
	}
	buf_fini(&b);
	arena_fini(&arena);
}

static void check_table(struct audit_table *t)
{
	size_t i;

	audit_table_begin(t);
	for (i = 0; i < t->entries; i++) {
		struct str prefix = audit_table_prefix(t);

		fuzz_check(str_starts(t->entry[i].key, prefix),
			   "the prefix is everybody's");
		audit_table_see(t, t->entry[i].key, t->entry[i].bytes);
		fuzz_check(t->entry[i].found == t->entry[i].bytes, "a key is found");
	}
	fuzz_check(t->unknowns == 0, "all of them");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_str(data, size);
	struct audit_table table;

	audit_table_init(&table, STR("p"));
	while (text.len) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct str one = str_until(text, '\n');
		struct stored_line line;

		if (stored_line_read(one, &arena, &line)) {
			check_again(&line);
			audit_table_note(&table, &line);
		}
		text = str_skip(text, one.len + 1);
		arena_fini(&arena);
	}
	check_table(&table);
	audit_table_fini(&table);
	return 0;
}
