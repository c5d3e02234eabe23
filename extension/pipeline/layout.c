/* SPDX-License-Identifier: Apache-2.0 */
/* layout.c - see layout.h. */
#include <errno.h>
#include "format/time_text.h"
#include "pipeline/layout.h"

#define FIVE_MINUTES_MS ((int64_t)5 * 60 * 1000)
#define HOUR_MS		((int64_t)60 * 60 * 1000)
#define DAY_MS		(24 * HOUR_MS)

enum name {
	NAME_TAG,
	NAME_RECORD_TYPE,
	NAME_STREAM,
	NAME_STREAM_HEX,
	NAME_SEQUENCE,
	NAME_TAG_SEQUENCE_HEX,
	NAME_YEAR,
	NAME_MONTH,
	NAME_DAY,
	NAME_HOUR,
	NAME_MINUTE,
	NAME_COUNT
};

enum { SAYS_TAG = 1, SAYS_STREAM = 2, SAYS_SEQUENCE = 4 };

static const struct {
	const char *text;
	unsigned says;	 /* of what makes a key unique */
	int64_t slot_ms; /* at most, for the name to be true */
} names[NAME_COUNT] = {
	[NAME_TAG] = { "tag", SAYS_TAG, 0 },
	[NAME_RECORD_TYPE] = { "record_type", SAYS_TAG, 0 },
	[NAME_STREAM] = { "stream", SAYS_STREAM, 0 },
	[NAME_STREAM_HEX] = { "stream_hex", SAYS_STREAM, 0 },
	[NAME_SEQUENCE] = { "sequence", SAYS_SEQUENCE, 0 },
	[NAME_TAG_SEQUENCE_HEX] = { "tag_sequence_hex", SAYS_TAG | SAYS_SEQUENCE, 0 },
	[NAME_YEAR] = { "year", 0, DAY_MS },
	[NAME_MONTH] = { "month", 0, DAY_MS },
	[NAME_DAY] = { "day", 0, DAY_MS },
	[NAME_HOUR] = { "hour", 0, HOUR_MS },
	[NAME_MINUTE] = { "minute", 0, FIVE_MINUTES_MS },
};

/* Takes text up to the next name, and the name; NAME_COUNT: there is none. */
static int next_name(struct str *rest, struct str *text, enum name *name)
{
	struct str word;
	bool is_closed;
	int i;

	*text = str_until(*rest, '{');
	*rest = str_skip(*rest, text->len);
	*name = NAME_COUNT;
	if (rest->len == 0)
		return 0;
	word = str_until(str_skip(*rest, 1), '}');
	is_closed = word.len + 1 < rest->len;
	*rest = str_skip(*rest, word.len + 2);
	for (i = 0; is_closed && i < NAME_COUNT; i++)
		if (str_is(word, names[i].text))
			*name = (enum name)i;
	return *name < NAME_COUNT ? 0 : -EINVAL;
}

/* Object stores resolve dots, and refuse or mistake bytes that do not print. */
static int check_text(struct str text, struct err *err)
{
	size_t i;

	if (text.len > LAYOUT_MAX)
		return err_set(err, "is longer than %d bytes", LAYOUT_MAX);
	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return err_set(err, "has a control character");
	while (text.len) {
		struct str part = str_until(text, '/');

		if (part.len == 0 || str_is(part, ".") || str_is(part, ".."))
			return err_set(err, "has an empty part, \".\" or \"..\" between "
					    "its slashes");
		if (part.len + 1 == text.len)
			return err_set(err, "ends with a slash");
		text = str_skip(text, part.len + 1);
	}
	return 0;
}

int layout_init(struct layout *layout, struct str text, struct err *err)
{
	struct str rest = text, before;
	unsigned says = 0;

	*layout = (struct layout){ .text = text };
	if (check_text(text, err) < 0)
		return -EINVAL;
	while (rest.len) {
		struct str at = rest;
		enum name name;

		if (next_name(&rest, &before, &name) < 0)
			return err_set(err, "does not know \"" STR_FMT "\"",
				       (int)(at.len - before.len - rest.len),
				       at.ptr + before.len);
		if (name == NAME_COUNT)
			break;
		says |= names[name].says;
		layout->renumbers |= name == NAME_STREAM;
		if (names[name].slot_ms &&
		    (!layout->slot_ms || names[name].slot_ms < layout->slot_ms))
			layout->slot_ms = names[name].slot_ms;
	}
	layout->renumbers = layout->renumbers && layout->slot_ms;
	if (!(says & SAYS_TAG))
		return err_set(err, "needs {tag}, or objects of tags would overwrite "
				    "each other");
	if (!(says & SAYS_STREAM))
		return err_set(err, "needs {stream}, or a restart would overwrite "
				    "objects");
	if (!(says & SAYS_SEQUENCE))
		return err_set(err, "needs {sequence}, or an object would overwrite the "
				    "one before");
	return 0;
}

int64_t layout_slot(const struct layout *layout, int64_t wall_ms)
{
	int64_t slot_ms = layout->slot_ms, rest;

	if (!slot_ms)
		return 0;
	rest = wall_ms % slot_ms;
	rest += rest < 0 ? slot_ms : 0;
	return wall_ms < INT64_MIN + rest ? INT64_MIN : wall_ms - rest;
}

unsigned layout_parity(const struct layout *layout, int64_t slot_ms)
{
	return layout->slot_ms ? (unsigned)(slot_ms / layout->slot_ms) & 1 : 0;
}

/* Of <year>MMDDTHHMMSSZ the part asked for; a year may have other than 4 digits. */
static void put_time(struct buf *key, enum name name, int64_t seconds)
{
	static const size_t behind_year[NAME_COUNT] = {
		[NAME_DAY] = 2, [NAME_HOUR] = 5, [NAME_MINUTE] = 7
	};
	size_t at = key->len, year, from = at, len = 2;

	time_put_basic(key, seconds);
	if (buf_error(key))
		return;
	year = key->len - at - (sizeof("MMDDTHHMMSSZ") - 1);
	if (name == NAME_YEAR)
		len = year;
	else
		from += year + behind_year[name];
	memmove(key->ptr + at, key->ptr + from, len);
	buf_cut(key, at + len);
}

static void layout_put_value(const struct layout *layout, const struct key_parts *parts,
			     enum name name, struct buf *key)
{
	switch (name) {
	case NAME_TAG:
		buf_puts(key, tag_names[parts->tag]);
		break;
	case NAME_RECORD_TYPE:
		buf_puts(key, parts->tag == TAG_OTHER ? "all" : tag_names[parts->tag]);
		break;
	case NAME_STREAM:
		if (parts->stream_text.len)
			buf_put(key, parts->stream_text);
		else
			time_put_basic(key, parts->stream);
		break;
	case NAME_STREAM_HEX:
		buf_printf(key, "%08llx", (unsigned long long)parts->stream);
		break;
	case NAME_SEQUENCE:
		buf_printf(key, "%08lld", (long long)parts->sequence);
		break;
	case NAME_TAG_SEQUENCE_HEX:
		buf_printf(key, "%x%07llx", (unsigned)parts->tag,
			   (unsigned long long)parts->sequence);
		break;
	case NAME_YEAR:
	case NAME_MONTH:
	case NAME_DAY:
	case NAME_HOUR:
	case NAME_MINUTE:
		put_time(key, name, layout_slot(layout, parts->time_ms) / 1000);
		break;
	case NAME_COUNT:
		break;
	}
}

void layout_key(const struct layout *layout, const struct key_parts *parts,
		struct buf *key)
{
	struct str rest = layout->text, text;

	buf_put(key, parts->prefix);
	buf_putc(key, '/');
	while (rest.len) {
		enum name name;

		next_name(&rest, &text, &name);
		buf_put(key, text);
		layout_put_value(layout, parts, name, key);
	}
}
