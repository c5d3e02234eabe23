/* SPDX-License-Identifier: Apache-2.0 */
/* terms.c - values, each stored once. See graph_private.h. */
#include <stdlib.h>
#include "graph/graph_private.h"

#define SLOTS_MIN 1024

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "59013970-9959-57f1-971f-a5f875859a1f", in small letters, to 16 bytes. */
static bool pack_uuid(struct str text, char packed[16])
{
	size_t i, n = 0;

	if (text.len != UUID_TEXT)
		return false;
	for (i = 0; i < UUID_TEXT; i++) {
		int high, low;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text.ptr[i] != '-')
				return false;
			continue;
		}
		high = digit_of(text.ptr[i]);
		low = digit_of(text.ptr[++i]);
		if (high < 0 || low < 0)
			return false;
		packed[n++] = (char)(high << 4 | low);
	}
	return true;
}

struct str term_text(const struct term *term, char room[UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t i, n = 0;

	if (term_kind(term) != TERM_UUID)
		return (struct str){ term->text, term->len };
	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			room[n++] = '-';
		room[n++] = digits[(unsigned char)term->text[i] >> 4];
		room[n++] = digits[term->text[i] & 15];
	}
	return (struct str){ room, UUID_TEXT };
}

static uint32_t hash_bytes(uint32_t hash, struct str bytes)
{
	size_t i;

	for (i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.ptr[i]) * UINT32_C(16777619);
	return hash ^ hash >> 15;
}

/* All terms of an address are in one slot, whatever their masks. */
static uint32_t hash_term(const struct graph *g, int path, struct str text)
{
	bool is_address = g->projection->path[path].is_address;

	return hash_bytes((uint32_t)path * UINT32_C(2654435769) ^ UINT32_C(2166136261),
			  is_address ? str_until(text, '/') : text);
}

struct wanted {
	uint16_t path; /* with the kind */
	struct str text;
	uint32_t hash;
	char packed[16];
};

static void want_term(struct wanted *w, const struct graph *g, int path,
		      enum term_kind kind, struct str text)
{
	if (kind == TERM_TEXT && pack_uuid(text, w->packed)) {
		kind = TERM_UUID;
		text = (struct str){ w->packed, sizeof(w->packed) };
	}
	w->path = (uint16_t)(path | (int)kind << 12);
	w->text = text;
	w->hash = hash_term(g, path, text);
}

static uint32_t find_wanted(const struct graph *g, const struct wanted *w)
{
	uint32_t at = g->slots ? g->slot[w->hash & (g->slots - 1)] : 0;

	while (at) {
		const struct term *term = term_at(g, at);

		if (term->path == w->path && term->len == w->text.len &&
		    (!w->text.len || memcmp(term->text, w->text.ptr, w->text.len) == 0))
			return at;
		at = term->next;
	}
	return 0;
}

uint32_t term_find(const struct graph *g, int path, enum term_kind kind, struct str text)
{
	struct wanted w;

	want_term(&w, g, path, kind, text);
	return find_wanted(g, &w);
}

void term_each_of_address(const struct graph *g, int path, struct str address,
			  void (*visit)(void *context, uint32_t term), void *context)
{
	uint32_t hash = hash_term(g, path, address);
	uint32_t at = g->slots ? g->slot[hash & (g->slots - 1)] : 0;

	while (at) {
		const struct term *term = term_at(g, at);

		if (term->path == path && term->len > address.len &&
		    term->text[address.len] == '/' &&
		    memcmp(term->text, address.ptr, address.len) == 0)
			visit(context, at);
		at = term->next;
	}
}

static bool resize_slots(struct graph *g)
{
	size_t slots = g->slots ? 2 * g->slots : SLOTS_MIN, i;
	uint32_t *slot;

	if (g->pool.bytes + slots * sizeof(*slot) > g->limits.bytes)
		return false;
	slot = calloc(slots, sizeof(*slot));
	if (!slot)
		return false;
	for (i = 0; i < g->slots; i++) {
		uint32_t at = g->slot[i];

		while (at) {
			struct term *term = term_at(g, at);
			uint32_t next = term->next;
			uint32_t hash = hash_term(g, term_path(term),
						  (struct str){ term->text, term->len });

			term->next = slot[hash & (slots - 1)];
			slot[hash & (slots - 1)] = at;
			at = next;
		}
	}
	free(g->slot);
	g->slot = slot;
	g->slots = slots;
	g->pool.limit = g->limits.bytes - slots * sizeof(*slot);
	return true;
}

uint32_t term_get(struct graph *g, int path, enum term_kind kind, struct str text)
{
	struct wanted w;
	struct term *term;
	uint32_t at;

	want_term(&w, g, path, kind, text);
	at = find_wanted(g, &w);
	if (at) {
		term_at(g, at)->refs++;
		return at;
	}
	if (g->terms >= g->slots && !resize_slots(g))
		return 0;
	at = pool_get(&g->pool, sizeof(*term) + w.text.len);
	if (!at)
		return 0;
	term = term_at(g, at);
	*term = (struct term){
		.next = g->slot[w.hash & (g->slots - 1)],
		.refs = 1,
		.path = w.path,
		.len = (uint16_t)w.text.len,
	};
	if (w.text.len)
		memcpy(term->text, w.text.ptr, w.text.len);
	g->slot[w.hash & (g->slots - 1)] = at;
	g->terms++;
	return at;
}

void term_put(struct graph *g, uint32_t item)
{
	uint32_t at = TERM_OF(item), *link;
	struct term *term = term_at(g, at);

	if (--term->refs)
		return;
	link = &g->slot[hash_term(g, term_path(term),
				  (struct str){ term->text, term->len }) &
			(g->slots - 1)];
	while (*link != at)
		link = &term_at(g, *link)->next;
	*link = term->next;
	g->terms--;
	pool_put(&g->pool, at, sizeof(*term) + term->len);
}
