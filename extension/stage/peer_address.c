/* SPDX-License-Identifier: Apache-2.0 */
/* peer_address.c - see peer_address.h. */
#include "base/cidr.h"
#include "stage/peer_address.h"

#define PATTERN_MAX 128

/* How old it may be that a node of the cluster is not known: agents start later than
 * what they see. */
#define EMPTY_INSIDE_MS 20000

/* The same question for either family. */
struct by_family {
	struct question v4, v6;
};

static const struct by_family containers_in_netns = {
	QUESTION(HAS_MATCH("IPV4", 0), IN_IS("Type", "netns"),
		 OUT_IS("Type", "container")),
	QUESTION(HAS_MATCH("IPV6", 0), IN_IS("Type", "netns"),
		 OUT_IS("Type", "container")),
};
static const struct by_family netns_of = {
	QUESTION(HAS_MATCH("IPV4", 0), IN_IS("Type", "netns")),
	QUESTION(HAS_MATCH("IPV6", 0), IN_IS("Type", "netns")),
};
static const struct by_family hosts_of = {
	QUESTION(HAS_MATCH("IPV4", 0), IN_IS("Type", "host")),
	QUESTION(HAS_MATCH("IPV6", 0), IN_IS("Type", "host")),
};
static const struct by_family networks_of = {
	QUESTION(HAS("@Host", 0), HAS_KEY("IPV4")),
	QUESTION(HAS("@Host", 0), HAS_KEY("IPV6")),
};
static const struct question by_tid = QUESTION(HAS("TID", 0));
static const struct question by_runc_address = QUESTION(HAS("Runc.Hosts.IP", 0));

static void add_families(struct question_list *list, const struct by_family *questions)
{
	list->add(list, &questions->v4);
	list->add(list, &questions->v6);
}

void peer_address_questions(struct question_list *list)
{
	add_families(list, &containers_in_netns);
	add_families(list, &netns_of);
	add_families(list, &hosts_of);
	add_families(list, &networks_of);
	list->add(list, &by_tid);
	list->add(list, &by_runc_address);
}

bool peer_address_is_asked(struct str text)
{
	static const struct {
		uint8_t byte[2], mask[2];
	} not_asked[] = {
		{ { 0xfe, 0x80 }, { 0xff, 0xc0 } }, /* link-local */
		{ { 0xff, 0x00 }, { 0xff, 0x00 } }, /* multicast */
	};
	struct address address;
	size_t i;

	if (!address_parse(text, &address))
		return false;
	if (address.is_v4)
		return address.byte[12] != 0 && address.byte[12] != 127 &&
		       address.byte[12] < 224 &&
		       !(address.byte[12] == 169 && address.byte[13] == 254);
	for (i = 0; i < sizeof(not_asked) / sizeof(not_asked[0]); i++)
		if ((address.byte[0] & not_asked[i].mask[0]) == not_asked[i].byte[0] &&
		    (address.byte[1] & not_asked[i].mask[1]) == not_asked[i].byte[1])
			return false;
	for (i = 0; i < 15 && !address.byte[i]; i++)
		;
	return i < 15 || address.byte[15] > 1; /* neither :: nor ::1 */
}

/* "10.0.0.1/.*", which Skydive's Regex anchors at both ends. false: too long. */
static bool address_pattern(struct str address, char text[PATTERN_MAX],
			    struct str *pattern)
{
	if (address.len + 3 > PATTERN_MAX)
		return false;
	memcpy(text, address.ptr, address.len);
	memcpy(text + address.len, "/.*", 3);
	*pattern = (struct str){ text, address.len + 3 };
	return true;
}

bool peer_address_is_inside(const struct queries *q, struct str text)
{
	struct address address;

	return q->cluster && address_parse(text, &address) &&
	       cidr_set_contains(q->cluster, &address);
}

static const struct answer *address_ask(struct resolution *r, struct str address,
					const struct by_family *questions)
{
	static const struct answer nothing;
	bool is_v6 = memchr(address.ptr, ':', address.len) != NULL;
	const struct question *question = is_v6 ? &questions->v6 : &questions->v4;
	char text[PATTERN_MAX];
	struct str pattern;
	const struct answer *answer;

	if (!address_pattern(address, text, &pattern))
		return &nothing;
	if (peer_address_is_inside(r->queries, address))
		query_renew(r->queries, question, &pattern,
			    r->queries->now_ms - EMPTY_INSIDE_MS, true);
	answer = query(r->queries, question, pattern);
	if (answer && answer->is_unknown)
		r->is_unknown = true;
	return answer;
}

static const struct answer *ask_tid(struct resolution *r, struct str tid)
{
	const struct answer *answer = query(r->queries, &by_tid, tid);

	if (answer && answer->is_unknown)
		r->is_unknown = true;
	return answer;
}

static size_t count_on(const struct answer *nodes, struct str host)
{
	size_t count = 0, i;

	for (i = 0; i < nodes->count; i++)
		count += str_equal(nodes->node[i].host, host);
	return count;
}

static bool prefixes_contain(const struct strs *prefixes, const struct address *address)
{
	struct cidr cidr;
	struct err ignored = ERR_INIT;
	size_t i;

	for (i = 0; i < prefixes->count; i++) {
		struct cidr_set one = { &cidr, 1 };

		if (cidr_parse(prefixes->item[i], &cidr, &ignored) == 0 &&
		    cidr_set_contains(&one, address))
			return true;
	}
	return false;
}

/* Whether a network of the host has the address. */
static enum found host_has_network(struct resolution *r, struct str host,
				   struct str address)
{
	struct address parsed;
	const struct answer *nodes;
	size_t i;

	if (!address_parse(address, &parsed))
		return ABSENT;
	nodes = query(r->queries, parsed.is_v4 ? &networks_of.v4 : &networks_of.v6, host);
	if (!nodes)
		return PENDING;
	if (nodes->is_unknown)
		r->is_unknown = true;
	for (i = 0; i < nodes->count; i++)
		if (prefixes_contain(parsed.is_v4 ? &nodes->node[i].ipv4
						  : &nodes->node[i].ipv6,
				     &parsed))
			return FOUND;
	return ABSENT;
}

/* Of nodes, places says how many different ones they are; the same for hosts. */
static void decide(struct resolution *r, struct str address, struct str own_host,
		   const struct answer *places, struct holder *holder)
{
	size_t own = own_host.len ? count_on(places, own_host) : 0;
	enum found has_network;

	holder->host = own ? own_host : places->node[0].host;
	if (own) {
		holder->kind = own == 1 ? HOLDER_OWN : HOLDER_AMBIGUOUS;
		return;
	}
	if (places->count > 1 || !own_host.len) {
		holder->kind = HOLDER_AMBIGUOUS;
		return;
	}
	has_network = host_has_network(r, own_host, address);
	holder->kind = has_network == PENDING ? HOLDER_UNDECIDED
		       : has_network == FOUND ? HOLDER_AMBIGUOUS
					      : HOLDER_OTHER;
}

/* The host of the capture; empty: the topology does not know its node. */
static bool find_own_host(struct resolution *r, struct str node_tid, struct str *host)
{
	const struct answer *nodes;

	*host = STR("");
	if (!node_tid.len)
		return true;
	nodes = ask_tid(r, node_tid);
	if (nodes && nodes->count)
		*host = nodes->node[0].host;
	return nodes != NULL;
}

void peer_address_containers(struct resolution *r, struct str address,
			     struct str node_tid, struct holder *holder)
{
	const struct answer *places;
	struct str own_host;
	bool knows_host = find_own_host(r, node_tid, &own_host);

	*holder = (struct holder){ .kind = HOLDER_UNDECIDED };
	holder->nodes = address_ask(r, address, &containers_in_netns);
	if (!knows_host || !holder->nodes)
		return;
	if (!holder->nodes->count) {
		holder->kind = HOLDER_NONE;
		return;
	}
	places = holder->nodes;
	if (places->count > 1)
		places = address_ask(r, address, &netns_of);
	if (!places)
		return;
	decide(r, address, own_host, places->count ? places : holder->nodes, holder);
}

/* The answer is the list of places itself. */
static void address_places(struct resolution *r, struct str address, struct str node_tid,
			   const struct answer *places, struct holder *holder)
{
	struct str own_host;

	*holder = (struct holder){ .kind = HOLDER_UNDECIDED, .nodes = places };
	if (!find_own_host(r, node_tid, &own_host) || !places)
		return;
	if (places->is_unknown)
		r->is_unknown = true;
	if (places->count)
		decide(r, address, own_host, places, holder);
	else
		holder->kind = HOLDER_NONE;
}

void peer_address_runc(struct resolution *r, struct str address, struct str node_tid,
		       struct holder *holder)
{
	address_places(r, address, node_tid, query(r->queries, &by_runc_address, address),
		       holder);
}

void peer_address_hosts(struct resolution *r, struct str address, struct str node_tid,
			struct holder *holder)
{
	address_places(r, address, node_tid, address_ask(r, address, &hosts_of), holder);
}
