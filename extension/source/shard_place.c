/* SPDX-License-Identifier: Apache-2.0 */
/* shard_place.c - see shard_place.h. */
#include <errno.h>
#include <inttypes.h>
#include "format/number.h"
#include "source/shard_place.h"

#define FORMAT "skydive-exporter/1"

void shard_place_write(const struct shard_place *place, struct buf *b)
{
	size_t i;

	buf_puts(b, FORMAT);
	if (place->from.clock_ms == SHARD_NO_CLOCK)
		buf_puts(b, " -");
	else
		buf_printf(b, " %" PRId64, place->from.clock_ms);
	if (place->begun_ms)
		buf_printf(b, " begun=%" PRId64, place->begun_ms);
	if (place->until > place->from.offset)
		buf_printf(b, " until=%" PRId64, place->until);
	shard_rules_write(&place->rules, b);
	for (i = 0; i < place->count; i++)
		buf_printf(b, " %" PRId64 ":%" PRId64, place->announced[i].offset,
			   place->announced[i].clock_ms);
}

/* The next of the words; empty: there are no more. */
static struct str take_word(struct str *rest)
{
	struct str word = str_until(*rest, ' ');

	*rest = str_skip(*rest, word.len + 1);
	return word;
}

static bool read_announced(struct shard_place *place, struct str word)
{
	int64_t after = place->count ? place->announced[place->count - 1].offset
				     : place->from.offset;
	struct str offset = str_until(word, ':');
	struct shard_cut *cut;

	if (place->count == SHARD_ANNOUNCED_MAX)
		return false;
	cut = &place->announced[place->count++];
	return number_parse(offset, &cut->offset) == 0 &&
	       number_parse(str_skip(word, offset.len + 1), &cut->clock_ms) == 0 &&
	       cut->offset > after;
}

static bool read_word(struct shard_place *place, struct str word)
{
	if (str_starts(word, STR("begun=")))
		return number_parse(str_skip(word, 6), &place->begun_ms) == 0;
	if (str_starts(word, STR("until=")))
		return number_parse(str_skip(word, 6), &place->until) == 0;
	return shard_rules_read(&place->rules, word) || read_announced(place, word);
}

int shard_place_read(int64_t offset, struct str metadata, struct shard_place *place,
		     struct err *err)
{
	struct str rest = metadata, word = take_word(&rest);
	bool ok = str_is(word, FORMAT);

	*place = (struct shard_place){ .from = { offset, SHARD_NO_CLOCK } };
	word = take_word(&rest);
	if (!str_is(word, "-"))
		ok = ok && number_parse(word, &place->from.clock_ms) == 0;
	while (ok && rest.len)
		ok = read_word(place, take_word(&rest));
	if (ok)
		return 0;
	return err_set(err,
		       "another program, or a tool, has committed offset %" PRId64
		       " in this group: name a group of its own, or delete this "
		       "group's offsets, and all is read from the beginning",
		       offset);
}
