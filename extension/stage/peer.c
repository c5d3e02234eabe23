/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c - see peer.h; the questions are in peer_resolve.c. */
#include <stdlib.h>
#include "base/map.h"
#include "stage/peer_address.h"

#define KNOWN_MAX	 8192
#define KNOWN_MAX_BYTES	 ((size_t)2 << 20)
#define KNOWN_MS	 60000
#define ABSENT_INSIDE_MS 10000 /* with the answer's own age, 30 s */
#define KEY_MAX		 256

static const struct question by_tid = QUESTION(HAS("TID", 0));

struct peers {
	struct map *known;
	enum topology_age age;
};

/* A peer in one block of memory, its text behind it. */
struct known {
	struct peer peer;
	uint64_t version; /* of the graph that knew it; 0: an analyzer did */
	struct span span;
	char text[];
};

struct peers *peers_new(void)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return NULL;
	peers->known = map_new(KNOWN_MAX, KNOWN_MAX_BYTES, free);
	if (peers->known)
		return peers;
	free(peers);
	return NULL;
}

void peers_free(struct peers *peers)
{
	if (!peers)
		return;
	map_free(peers->known);
	free(peers);
}

static void peer_copy(struct str *to, char **text)
{
	if (to->len)
		memcpy(*text, to->ptr, to->len);
	to->ptr = *text;
	*text += to->len;
}

static size_t text_length(const struct peer *peer)
{
	return peer->type.len + peer->name.len + peer->set.len + peer->label.len;
}

static struct peer copy_peer(const struct peer *peer, char *text)
{
	struct peer copied = *peer;

	peer_copy(&copied.type, &text);
	peer_copy(&copied.name, &text);
	peer_copy(&copied.set, &text);
	peer_copy(&copied.label, &text);
	return copied;
}

/* The graph, if it has one, has not changed while it was asked. */
static void peer_keep(struct peers *peers, struct queries *q, struct str key,
		      const struct peer *peer, uint64_t version, int64_t until_ms)
{
	size_t size = sizeof(struct known) + text_length(peer);
	struct known *known = malloc(size);

	if (!known || version != queries_version(q)) {
		free(known);
		return;
	}
	known->peer = copy_peer(peer, known->text);
	known->version = version;
	known->span = q->span;
	map_put(peers->known, key, known, size, until_ms);
}

/* It still does, and for that time: what a graph says is kept as long as the graph stays
 * as it is. */
static bool holds_now(const struct known *known, struct queries *q)
{
	uint64_t version = queries_version(q);

	return known->version == version &&
	       (!version ||
		(q->at_ms >= known->span.from_ms && q->at_ms < known->span.to_ms));
}

/* What is known may be forgotten while the batch still needs it. */
static bool peer_recall(struct peers *peers, struct queries *q, struct str key,
			struct peer *peer)
{
	const struct known *known = map_get(peers->known, key, q->now_ms);
	size_t length;
	char *text;

	if (!known || !holds_now(known, q))
		return false;
	length = text_length(&known->peer);
	text = length ? arena_bytes(&q->arena, length) : NULL;
	if (length && !text)
		return false;
	q->is_used = true;
	*peer = length ? copy_peer(&known->peer, text) : (struct peer){ 0 };
	return true;
}

/* "10.0.0.1 <tid>"; of a node's type there is no address. Empty: too long. */
static struct str peer_key_of(char text[KEY_MAX], struct str address, struct str tid)
{
	size_t length = address.len + 1 + tid.len;

	if (length > KEY_MAX)
		return STR("");
	if (address.len)
		memcpy(text, address.ptr, address.len);
	text[address.len] = ' ';
	if (tid.len)
		memcpy(text + address.len + 1, tid.ptr, tid.len);
	return (struct str){ text, length };
}

void peers_questions(struct question_list *list)
{
	list->add(list, &by_tid);
	peer_resolve_questions(list);
}

enum found peer_find(struct peers *peers, struct queries *q, struct str address,
		     struct str node_tid, struct peer *peer)
{
	char text[KEY_MAX];
	struct str key = peer_key_of(text, address, node_tid);
	struct resolution r = { .queries = q, .age = &peers->age };
	enum found found;
	uint64_t version;

	*peer = (struct peer){ 0 };
	if (!address.len)
		return ABSENT;
	if (key.len && peer_recall(peers, q, key, peer))
		return peer->type.len ? FOUND : ABSENT;
	q->span = (struct span)SPAN_ALWAYS;
	version = queries_version(q);
	found = peer_resolve(&r, address, node_tid, peer);
	if (found == PENDING)
		return PENDING;
	q->ambiguous += r.is_ambiguous;
	if (key.len && !r.is_unknown)
		peer_keep(peers, q, key, peer, version,
			  q->now_ms +
				  (found == ABSENT && peer_address_is_inside(q, address)
					   ? ABSENT_INSIDE_MS
					   : KNOWN_MS));
	return found;
}

enum found peer_node_type(struct peers *peers, struct queries *q, struct str node_tid,
			  struct str *type)
{
	char text[KEY_MAX];
	struct str key = peer_key_of(text, STR(""), node_tid);
	const struct answer *nodes;
	struct peer known = { 0 };
	uint64_t version;

	*type = STR("");
	if (!node_tid.len)
		return ABSENT;
	if (key.len && peer_recall(peers, q, key, &known)) {
		*type = known.type;
		return type->len ? FOUND : ABSENT;
	}
	q->span = (struct span)SPAN_ALWAYS;
	version = queries_version(q);
	nodes = query(q, &by_tid, node_tid);
	if (!nodes)
		return PENDING;
	if (nodes->count)
		*type = nodes->node[0].type;
	if (key.len && !nodes->is_unknown)
		peer_keep(peers, q, key, &(struct peer){ .type = *type }, version,
			  q->now_ms + KNOWN_MS);
	return type->len ? FOUND : ABSENT;
}
