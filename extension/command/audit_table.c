/* SPDX-License-Identifier: Apache-2.0 */
/* audit_table.c - see audit_table.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/grow.h"
#include "command/audit_table.h"

/* Keys of two full files of the journal, and some of the store. */
#define ARENA_MAX ((size_t)64 << 20)

void audit_table_init(struct audit_table *t, struct str place)
{
	*t = (struct audit_table){ .arena = ARENA_INIT(ARENA_MAX) };
	t->place = arena_str(&t->arena, place);
}

void audit_table_fini(struct audit_table *t)
{
	free(t->entry);
	free(t->unknown);
	arena_fini(&t->arena);
}

static int add_entry(struct audit_table *t, const struct stored_line *line)
{
	struct str key = arena_str(&t->arena, line->key);

	if (arena_error(&t->arena) || !grow(t->entry, t->room, t->entries + 1))
		return -ENOMEM;
	t->entry[t->entries] = (struct audit_entry){
		.key = key,
		.bytes = line->bytes,
		.at_ms = line->at_ms,
		.found = -1,
		.order = t->entries,
	};
	t->entries++;
	return 0;
}

int audit_table_note(struct audit_table *t, const struct stored_line *line)
{
	if (!t->since_ms)
		t->since_ms = line->at_ms;
	t->missed += line->missed;
	if (line->place.len)
		t->is_here = str_equal(line->place, t->place);
	if (line->key.len && t->is_here)
		return add_entry(t, line);
	t->elsewhere += line->key.len != 0;
	return 0;
}

static int compare_keys(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_key(const void *left, const void *right)
{
	const struct audit_entry *a = left, *b = right;
	int order = compare_keys(a->key, b->key);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static int is_key(const void *key, const void *entry)
{
	return compare_keys(*(const struct str *)key,
			    ((const struct audit_entry *)entry)->key);
}

void audit_table_begin(struct audit_table *t)
{
	size_t from, to = 0;

	if (t->entries)
		qsort(t->entry, t->entries, sizeof(*t->entry), by_key);
	for (from = 0; from < t->entries; from++) {
		if (to && str_equal(t->entry[to - 1].key, t->entry[from].key))
			to--;
		t->entry[to++] = t->entry[from];
	}
	t->entries = to;
}

/* They are in order, so what the first and the last share all do. */
struct str audit_table_prefix(const struct audit_table *t)
{
	struct str first, last;
	size_t len = 0;

	if (!t->entries)
		return STR("");
	first = t->entry[0].key;
	last = t->entry[t->entries - 1].key;
	while (len < first.len && len < last.len && first.ptr[len] == last.ptr[len])
		len++;
	while (len && first.ptr[len - 1] != '/')
		len--;
	return (struct str){ first.ptr, len };
}

static int add_unknown(struct audit_table *t, struct str key, int64_t bytes)
{
	t->not_on_record++;
	if (t->unknowns == AUDIT_UNKNOWN_MAX)
		return 0;
	if (!grow(t->unknown, t->unknown_room, t->unknowns + 1))
		return -ENOMEM;
	t->unknown[t->unknowns] = (struct audit_unknown){
		.key = arena_str(&t->arena, key),
		.bytes = bytes,
	};
	if (arena_error(&t->arena))
		return -ENOMEM;
	t->unknowns++;
	t->kept++;
	return 0;
}

int audit_table_see(struct audit_table *t, struct str key, int64_t bytes)
{
	struct audit_entry *entry = NULL;

	if (t->entries)
		entry = bsearch(&key, t->entry, t->entries, sizeof(*t->entry), is_key);
	if (!entry)
		return add_unknown(t, key, bytes);
	entry->found = bytes;
	return 0;
}

void audit_table_excuse(struct audit_table *t, const struct stored_line *line)
{
	size_t i;

	if (!line->key.len)
		return;
	for (i = 0; i < t->unknowns; i++)
		if (str_equal(t->unknown[i].key, line->key))
			break;
	if (i < t->unknowns && t->unknown[i].is_excused)
		return;
	if (i < t->unknowns)
		t->unknown[i].is_excused = true;
	else if (t->not_on_record == t->kept)
		return;
	t->kept -= i < t->unknowns;
	t->not_on_record--;
}
