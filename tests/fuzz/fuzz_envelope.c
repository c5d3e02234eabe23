/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_envelope.c - the head of a sealed object, with its checksum set right. */
#include "base/crc32c.h"
#include "fuzz.h"
#include "spool/envelope.h"

#define ARENA_MAX ((size_t)1 << 20)
#define TEXT_LEN  (ENVELOPE_SIZE - 9)

static bool maps_equal(const struct map_of_str *a, const struct map_of_str *b)
{
	size_t i;

	for (i = 0; i < a->count && i < b->count; i++)
		if (!str_equal(a->name[i], b->name[i]) ||
		    !str_equal(a->value[i], b->value[i]))
			return false;
	return a->count == b->count;
}

static bool envelopes_equal(const struct envelope *a, const struct envelope *b)
{
	return str_equal(a->dirname, b->dirname) && str_equal(a->key, b->key) &&
	       str_equal(a->content_type, b->content_type) &&
	       str_equal(a->content_encoding, b->content_encoding) &&
	       maps_equal(&a->metadata, &b->metadata) && a->records == b->records &&
	       a->size == b->size && a->has_frames == b->has_frames &&
	       memcmp(a->sha256, b->sha256, 32) == 0 && memcmp(a->md5, b->md5, 16) == 0;
}

/* Bytes that are not UTF-8 are written as U+FFFD: from then on it is the same. */
static void check_again(const struct envelope *first)
{
	struct envelope before = *first, after;
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct err err = ERR_INIT;
	char bytes[ENVELOPE_SIZE];
	int pass;

	for (pass = 0; pass < 2; pass++) {
		if (envelope_write(&before, bytes) < 0)
			break;
		fuzz_check(envelope_read(bytes, &arena, &after, &err) == 0,
			   "a head that was written can be read");
		fuzz_check(pass == 0 || envelopes_equal(&before, &after),
			   "it says the same");
		fuzz_check(before.size == after.size && before.records == after.records,
			   "numbers stay");
		before = after;
	}
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char bytes[ENVELOPE_SIZE], sum[10];
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct envelope envelope;
	struct err err = ERR_INIT;

	memset(bytes, ' ', sizeof(bytes));
	if (size)
		memcpy(bytes, data, size < TEXT_LEN ? size : TEXT_LEN);
	snprintf(sum, sizeof(sum), "%08x\n", crc32c(0, (struct str){ bytes, TEXT_LEN }));
	memcpy(bytes + TEXT_LEN, sum, 9);
	if (envelope_read(bytes, &arena, &envelope, &err) == 0)
		check_again(&envelope);
	else
		fuzz_check(*err.text, "whoever fails says why");
	arena_fini(&arena);
	return 0;
}
