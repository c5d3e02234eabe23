/* SPDX-License-Identifier: Apache-2.0 */
/* test_graph_model.c - a graph that hears of the changes of a small topology answers as
 * that topology.
 *
 * Each run has its number as its seed; MODEL_RUNS says how many there are, MODEL_FIRST
 * which is the first. Messages come in pieces, some are lost before another SyncReply.
 */
#include "graph/feed.h"
#include "graph_house.h"

#define NODES_MAX     10
#define ADDRESSES     5
#define ADDRESSES_MAX 3
#define STEPS_MAX     40
#ifdef __SANITIZE_ADDRESS__ /* takes five times as long */
#define RUNS 2000
#else
#define RUNS 10000
#endif

static const char *const types[] = { "host", "netns", "veth", "container" };

struct thing {
	bool is_there;
	int origin, incarnation;
	int type, tid, mtu, owner, name; /* -1: it has none */
	int address[ADDRESSES_MAX], addresses;
	int64_t created_s, revision;
};

struct model {
	unsigned run;
	uint32_t random;
	bool has_uuids, loses, is_losing;
	struct thing thing[NODES_MAX];
	bool edge[NODES_MAX][NODES_MAX];
	int64_t now_s;

	/* Who had an address at the end of which second, as bits of things. */
	struct thing past[STEPS_MAX][NODES_MAX];
	int pasts;

	struct graph_house house;
	struct feed feed;
	int stale[NODES_MAX], stales;
	int gaps, expected_gaps;
	unsigned syncs;
};

static uint32_t pick(struct model *m, uint32_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 17;
	m->random ^= m->random << 5;
	return m->random % below;
}

static const char *id_of(const struct model *m, int n)
{
	static char text[4][48];
	static int next;
	char *id = text[next++ & 3];
	int incarnation = m->thing[n].incarnation;

	if (m->has_uuids)
		snprintf(id, 48, "0000000%d-0000-4000-8000-%012d", n, incarnation);
	else
		snprintf(id, 48, "node-%d-%d", n, incarnation);
	return id;
}

static void put_addresses(struct buf *b, const struct thing *t)
{
	int i;

	buf_putc(b, '[');
	for (i = 0; i < t->addresses; i++)
		buf_printf(b, "%s\"10.0.0.%d/%d\"", i ? "," : "", t->address[i],
			   24 - t->address[i] % 2);
	buf_putc(b, ']');
}

static void put_owner(struct buf *b, const struct thing *t)
{
	buf_printf(b, "{\"ObjectMeta\":{\"OwnerReferences\":[{\"Kind\":\"k%d\"}]}}",
		   t->owner);
}

static void put_metadata(struct buf *b, const struct model *m, int n)
{
	const struct thing *t = &m->thing[n];

	buf_printf(b, "{\"Name\":\"%s\",\"Features\":{\"a\":[1,{\"TID\":\"t0\"}]}",
		   id_of(m, n));
	if (t->type >= 0)
		buf_printf(b, ",\"Type\":\"%s\"", types[t->type]);
	if (t->tid >= 0)
		buf_printf(b, ",\"TID\":\"t%d\"", t->tid);
	if (t->mtu >= 0)
		buf_printf(b, ",\"MTU\":%d", t->mtu);
	if (t->addresses >= 0) {
		buf_puts(b, ",\"IPV4\":");
		put_addresses(b, t);
	}
	if (t->owner >= 0 || t->name >= 0)
		buf_puts(b, ",\"K8s\":{");
	if (t->name >= 0)
		buf_printf(b, "\"Name\":\"p%d\"%s", t->name, t->owner >= 0 ? "," : "");
	if (t->owner >= 0) {
		buf_puts(b, "\"Extra\":");
		put_owner(b, t);
	}
	if (t->owner >= 0 || t->name >= 0)
		buf_putc(b, '}');
	buf_putc(b, '}');
}

static void put_node(struct buf *b, const struct model *m, int n)
{
	const struct thing *t = &m->thing[n];

	buf_printf(b, "{\"ID\":\"%s\",\"Metadata\":", id_of(m, n));
	put_metadata(b, m, n);
	buf_printf(
		b,
		",\"Host\":\"h%d\",\"Origin\":\"o\",\"CreatedAt\":%jd,\"Revision\":%jd}",
		t->origin, (intmax_t)(t->created_s * 1000), (intmax_t)t->revision);
}

static void put_edge(struct buf *b, const struct model *m, int parent, int child)
{
	buf_printf(b,
		   "{\"ID\":\"%s:%s\",\"Metadata\":{\"RelationType\":\"x\"},"
		   "\"Parent\":\"%s\",\"Child\":\"%s\"}",
		   id_of(m, parent), id_of(m, child), id_of(m, parent), id_of(m, child));
}

static void check(const struct model *m, bool holds, const char *what, const char *detail)
{
	if (!holds)
		fail_msg("run %u: %s %s", m->run, what, detail);
}

/* Gives bytes to the feed, whole or in pieces. */
static void hear(struct model *m, struct str bytes, bool is_first_sync)
{
	struct str piece;

	if (!pick(m, 2)) {
		check(m,
		      feed_hear(&m->feed, bytes, true, true, SECOND(m->now_s),
				&m->house.err) == 0,
		      "it was not understood:", m->house.err.text);
		return;
	}
	do {
		piece = (struct str){ bytes.ptr, 1 + pick(m, pick(m, 2) ? 40 : 2000) };
		if (piece.len > bytes.len)
			piece.len = bytes.len;
		bytes = str_skip(bytes, piece.len);
		check(m,
		      feed_hear(&m->feed, piece, true, !bytes.len, SECOND(m->now_s),
				&m->house.err) == 0,
		      "a piece was not understood:", m->house.err.text);
		if (is_first_sync && bytes.len)
			check(m, *house_ask(&m->house, "G.V().Has('TID','t0')", 0) == '?',
			      "it is answered too early", "");
	} while (bytes.len);
}

/* A message; it may be lost. */
static void begin_message(struct buf *b, const char *type, const char *uuid)
{
	*b = (struct buf)BUF_INIT(PLENTY);
	buf_printf(
		b,
		"{\"Namespace\":\"Graph\",\"Type\":\"%s\",\"UUID\":\"%s\",\"Status\":200,"
		"\"Obj\":",
		type, uuid);
}

static void end_message(struct model *m, struct buf *b)
{
	buf_putc(b, '}');
	if (!m->is_losing)
		hear(m, buf_str(b), false);
	buf_fini(b);
}

static void tell_node(struct model *m, const char *type, int n)
{
	struct buf b;

	begin_message(&b, type, "u");
	put_node(&b, m, n);
	end_message(m, &b);
}

static void tell_edge(struct model *m, const char *type, int parent, int child)
{
	struct buf b;

	begin_message(&b, type, "u");
	put_edge(&b, m, parent, child);
	end_message(m, &b);
}

static void sync_all(struct model *m)
{
	bool is_first = !graph_is_synced(m->house.graph), has_one = false;
	char uuid[32];
	struct buf b;
	int n, c;

	snprintf(uuid, sizeof(uuid), "sync-%u", ++m->syncs);
	feed_expect(&m->feed, uuid);
	begin_message(&b, "SyncReply", uuid);
	buf_puts(&b, "{\"Nodes\":");
	for (n = 0; n < NODES_MAX; n++) {
		if (!m->thing[n].is_there)
			continue;
		buf_putc(&b, has_one ? ',' : '[');
		put_node(&b, m, n);
		has_one = true;
	}
	buf_puts(&b, has_one ? "],\"Edges\":" : "null,\"Edges\":");
	has_one = false;
	for (n = 0; n < NODES_MAX * NODES_MAX; n++) {
		c = n % NODES_MAX;
		if (!m->edge[n / NODES_MAX][c])
			continue;
		buf_putc(&b, has_one ? ',' : '[');
		put_edge(&b, m, n / NODES_MAX, c);
		has_one = true;
	}
	buf_puts(&b, has_one ? "]}}" : "null}}");
	hear(m, buf_str(&b), is_first);
	buf_fini(&b);
	check(m, !feed_is_expecting(&m->feed), "the reply has not ended", "");
}

static void set_edge(struct model *m, int parent, int child, bool is_there)
{
	if (m->edge[parent][child] == is_there || !m->thing[parent].is_there ||
	    !m->thing[child].is_there)
		return;
	m->edge[parent][child] = is_there;
	tell_edge(m, is_there ? "EdgeAdded" : "EdgeDeleted", parent, child);
}

static void delete_thing(struct model *m, int n)
{
	int i;

	if (!m->thing[n].is_there)
		return;
	for (i = 0; i < NODES_MAX; i++) {
		set_edge(m, n, i, false);
		set_edge(m, i, n, false);
	}
	tell_node(m, "NodeDeleted", n);
	m->thing[n].is_there = false;
}

static int maybe(struct model *m, uint32_t below)
{
	return (int)pick(m, below + 1) - 1;
}

static void change_addresses(struct model *m, struct thing *t)
{
	int i;

	t->addresses = maybe(m, ADDRESSES_MAX + 1);
	for (i = 0; i < t->addresses; i++)
		t->address[i] = (int)pick(m, ADDRESSES);
}

static void change_all(struct model *m, struct thing *t)
{
	t->type = maybe(m, COUNT(types));
	t->tid = maybe(m, 4);
	t->mtu = maybe(m, 2);
	t->owner = maybe(m, 2);
	t->name = maybe(m, 2);
	change_addresses(m, t);
}

static void add_thing(struct model *m, int n)
{
	struct thing *t = &m->thing[n];

	if (t->is_there)
		return;
	t->is_there = true;
	t->incarnation += (int)pick(m, 2);
	t->origin = n & 1;
	t->created_s = 1 + n % 3;
	t->revision = 1 + pick(m, 5);
	change_all(m, t);
	tell_node(m, "NodeAdded", n);
}

/* An agent goes, and comes back with its interfaces. */
static void restart_origin(struct model *m, int origin)
{
	int n;

	for (n = origin; n < NODES_MAX; n += 2)
		delete_thing(m, n);
	for (n = origin; n < NODES_MAX; n += 2)
		if (pick(m, 4))
			add_thing(m, n);
	for (n = origin; n < NODES_MAX; n += 2)
		set_edge(m, n, (int)pick(m, NODES_MAX), true);
}

static void put_op(struct buf *b, const char *key, bool is_set)
{
	if (b->ptr[b->len - 1] != '[')
		buf_putc(b, ',');
	buf_printf(b, "{\"Type\":%d,\"Key\":\"%s\",\"Value\":", is_set ? 1 : 2, key);
	if (!is_set)
		buf_puts(b, "null");
}

/* A change of one key, and the operation that tells of it. */
static void change_key(struct model *m, struct thing *t, struct buf *b)
{
	switch (pick(m, 6)) {
	case 0:
		t->type = maybe(m, COUNT(types));
		put_op(b, "Type", t->type >= 0);
		if (t->type >= 0)
			buf_printf(b, "\"%s\"", types[t->type]);
		break;
	case 1:
		t->tid = maybe(m, 4);
		put_op(b, "TID", t->tid >= 0);
		if (t->tid >= 0)
			buf_printf(b, "\"t%d\"", t->tid);
		break;
	case 2:
		t->mtu = maybe(m, 2);
		put_op(b, "MTU", t->mtu >= 0);
		if (t->mtu >= 0)
			buf_printf(b, "%d", t->mtu);
		break;
	case 3:
		t->owner = maybe(m, 2);
		put_op(b, "K8s.Extra", t->owner >= 0);
		if (t->owner >= 0)
			put_owner(b, t);
		break;
	case 4:
		t->name = (int)pick(m, 2);
		put_op(b, "K8s.Name", true);
		buf_printf(b, "\"p%d\"", t->name);
		break;
	default:
		change_addresses(m, t);
		put_op(b, "IPV4", t->addresses >= 0);
		if (t->addresses >= 0)
			put_addresses(b, t);
		break;
	}
	buf_putc(b, '}');
}

static void change_thing(struct model *m, int n, bool is_silent)
{
	struct thing *t = &m->thing[n];
	struct buf b;
	uint32_t changes = pick(m, 4);

	if (!t->is_there)
		return;
	if (is_silent)
		t->revision++;
	t->revision++;
	if (is_silent && !m->is_losing)
		m->expected_gaps++;
	begin_message(&b, "NodePartiallyUpdated", "u");
	buf_printf(&b, "{\"ID\":\"%s\",\"UpdatedAt\":5,\"Revision\":%jd,\"Ops\":[",
		   id_of(m, n), (intmax_t)t->revision);
	while (changes--)
		change_key(m, t, &b);
	put_op(&b, "Metric", true);
	buf_puts(&b, "{\"RxBytes\":7}}]}");
	end_message(m, &b);
}

/* The analyzer does not say what has changed; the node is fetched sooner or later. */
static void change_unsaid(struct model *m, int n)
{
	struct thing *t = &m->thing[n];
	struct buf b;

	if (!t->is_there)
		return;
	t->revision++;
	change_all(m, t);
	begin_message(&b, "NodePartiallyUpdated", "u");
	buf_printf(&b, "{\"ID\":\"%s\",\"UpdatedAt\":5,\"Revision\":%jd,\"Ops\":null}",
		   id_of(m, n), (intmax_t)t->revision);
	end_message(m, &b);
}

static void fetch_stale(struct model *m)
{
	struct buf b = BUF_INIT(PLENTY);

	while (m->stales) {
		int n = m->stale[--m->stales];

		if (!m->thing[n].is_there)
			continue;
		buf_reset(&b);
		put_node(&b, m, n);
		check(m,
		      graph_put_node(m->house.graph, buf_str(&b), SECOND(m->now_s),
				     &m->house.err) == 0,
		      "a fetched node:", m->house.err.text);
	}
	buf_fini(&b);
}

/* What changes nothing. */
static void tell_noise(struct model *m, int n)
{
	static const char *const messages[][2] = {
		{ "EdgePartiallyUpdated", "{\"ID\":\"x\",\"Revision\":9,\"Ops\":null}" },
		{ "EdgeUpdated", "{\"ID\":\"x\",\"Parent\":\"a\",\"Child\":\"b\"}" },
		{ "EdgeDeleted", "{\"ID\":\"x\",\"Parent\":\"a\",\"Child\":\"b\"}" },
		{ "NodeDeleted", "{\"ID\":\"nobody\"}" },
		{ "NodePartiallyUpdated",
		  "{\"ID\":\"nobody\",\"Revision\":9,\"Ops\":[]}" },
		{ "NodePartiallyUpdated",
		  "{\"ID\":\"nobody\",\"Revision\":9,\"Ops\":[{\"Type\":2,\"Key\":\"TID\"}]}" },
		{ "SyncReply", "{\"Nodes\":[{\"ID\":\"x\"}],\"Edges\":[]}" },
		{ "Alert", "[[[\"]\\\"\"]]]" },
	};
	struct buf b;

	n %= (int)COUNT(messages);
	begin_message(&b, messages[n][0], "foreign");
	buf_puts(&b, messages[n][1]);
	end_message(m, &b);
}

static void step(struct model *m)
{
	int n = (int)pick(m, NODES_MAX);
	uint32_t kind = pick(m, 20);

	if (kind < 7)
		change_thing(m, n, false);
	else if (kind == 7)
		change_thing(m, n, true);
	else if (kind == 8)
		change_unsaid(m, n);
	else if (kind == 9)
		fetch_stale(m);
	else if (kind == 10)
		restart_origin(m, n & 1);
	else if (kind == 11)
		delete_thing(m, n);
	else if (kind < 14)
		add_thing(m, n);
	else if (kind < 18)
		set_edge(m, n, (int)pick(m, NODES_MAX), pick(m, 3) > 0);
	else if (kind == 18)
		tell_noise(m, n);
	else if (m->thing[n].is_there) {
		m->thing[n].revision++;
		change_all(m, &m->thing[n]);
		tell_node(m, "NodeUpdated", n);
	}
}

/* The one that stands first in an answer; -1: there is none. */
static int first_thing(const struct model *m, unsigned things)
{
	int best = -1, n;

	for (n = 0; n < NODES_MAX; n++) {
		const struct thing *t = &m->thing[n];

		if (things & 1U << n &&
		    (best < 0 || t->created_s > m->thing[best].created_s ||
		     (t->created_s == m->thing[best].created_s &&
		      strcmp(id_of(m, n), id_of(m, best)) < 0)))
			best = n;
	}
	return best;
}

/* The things of a set of bits, as they are answered. */
static const char *name_things(const struct model *m, unsigned things)
{
	static char text[NODES_MAX * 48];
	size_t used = 0;
	int n;

	text[0] = '\0';
	while ((n = first_thing(m, things)) >= 0) {
		things &= ~(1U << n);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
					 used ? " " : "", id_of(m, n));
	}
	return text;
}

static bool has_address(const struct thing *t, int address)
{
	int i;

	for (i = 0; t->is_there && i < t->addresses; i++)
		if (t->address[i] == address)
			return true;
	return false;
}

enum asked { WITH_TYPE, WITH_TID, WITH_MTU, WITH_OWNER, WITH_NAME, WITH_ADDRESS, ALL };

static unsigned select_things(const struct model *m, enum asked key, int value)
{
	unsigned things = 0;
	int n;

	for (n = 0; n < NODES_MAX; n++) {
		const struct thing *t = &m->thing[n];
		const int own[] = { t->type, t->tid, t->mtu, t->owner, t->name };

		if (key == ALL		  ? t->is_there
		    : key == WITH_ADDRESS ? has_address(t, value)
					  : t->is_there && own[key] == value)
			things |= 1U << n;
	}
	return things;
}

static unsigned neighbors(const struct model *m, unsigned of, bool in, bool out)
{
	unsigned things = 0;
	int p, c;

	for (p = 0; p < NODES_MAX; p++)
		for (c = 0; c < NODES_MAX; c++) {
			if (m->edge[p][c] && in && of & 1U << c)
				things |= 1U << p;
			if (m->edge[p][c] && out && of & 1U << p)
				things |= 1U << c;
		}
	return things;
}

static void expect(struct model *m, unsigned things, const char *fmt, ...)
{
	const char *names, *expected = name_things(m, things);
	char text[256], detail[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	names = house_ask(&m->house, text, 0);
	snprintf(detail, sizeof(detail), "%s instead of %s", names, expected);
	check(m, strcmp(names, expected) == 0, text, detail);
}

static void compare_paths(struct model *m)
{
	int from = (int)pick(m, 4), to = (int)pick(m, 4), nodes = 0;
	unsigned start = select_things(m, WITH_TID, from), reached;
	unsigned end = select_things(m, WITH_TID, to), all = 0;
	const struct answer *answer;
	char text[128];

	if (start & (start - 1))
		return;
	for (reached = start; reached && reached != all; nodes++) {
		if (reached & end)
			break;
		all = reached;
		reached |= neighbors(m, reached, true, true);
	}
	snprintf(text, sizeof(text),
		 "G.V().Has('TID','t%d').ShortestPathTo(Metadata('TID','t%d'))", from,
		 to);
	answer = house_answer(&m->house, text, 0);
	check(m, answer != NULL, "no answer:", text);
	check(m, answer->count == (size_t)(reached & end ? nodes + 1 : 0), text,
	      "has another length");
}

static void compare(struct model *m)
{
	const char *value;
	unsigned things;
	char text[32];
	int i;

	expect(m, select_things(m, ALL, 0), "G.V().HasKey('@ID')");
	for (i = 0; i < 4; i++) {
		things = select_things(m, WITH_TYPE, i);
		expect(m, things, "G.V().Has('Type','%s')", types[i]);
		expect(m, neighbors(m, things, true, false),
		       "G.V().Has('Type','%s').In()", types[i]);
		expect(m,
		       neighbors(m, things, false, true) & select_things(m, WITH_TYPE, 1),
		       "G.V().Has('Type','%s').Out('Type','netns')", types[i]);
		things = select_things(m, WITH_TID, i);
		expect(m, things, "G.V().Has('TID','t%d')", i);
		expect(m, neighbors(m, things, true, true),
		       "G.V().Has('TID','t%d').Both()", i);
	}
	for (i = 0; i < ADDRESSES; i++)
		expect(m, select_things(m, WITH_ADDRESS, i),
		       "G.V().Has('IPV4',Regex('10.0.0.%d/.*'))", i);
	expect(m, select_things(m, WITH_MTU, 0) | select_things(m, WITH_MTU, 1),
	       "G.V().HasKey('MTU')");
	expect(m, select_things(m, WITH_MTU, 1) & select_things(m, WITH_NAME, 0),
	       "G.V().Has('MTU',1).Has('K8s.Name','p0')");
	expect(m,
	       select_things(m, WITH_OWNER, 1) &
		       (select_things(m, WITH_TYPE, 0) | select_things(m, WITH_TYPE, 2)),
	       "G.V().Has('K8s.Extra.ObjectMeta.OwnerReferences.0.Kind','k1')"
	       ".Has('Type',Within('veth','host'))");
	things = select_things(m, WITH_NAME, 0) | select_things(m, WITH_NAME, 1);
	i = first_thing(m, things);
	value = house_ask(&m->house, "G.V().Values('K8s.Name')", 0);
	snprintf(text, sizeof(text), "=p%d", i < 0 ? 0 : m->thing[i].name);
	check(m, strcmp(value, i < 0 ? "=null" : text) == 0, text, value);
	compare_paths(m);
}

/* Whoever had an address at a time answers for it, or else who has it now. */
static void compare_past(struct model *m)
{
	int step, address, n;
	const char *expected, *names;
	char text[128], detail[2048];

	for (step = 0; step < m->pasts; step += 3)
		for (address = 0; address < ADDRESSES; address++) {
			struct model then = *m;
			unsigned things = 0;

			for (n = 0; n < NODES_MAX; n++)
				if (has_address(&m->past[step][n], address))
					things |= 1U << n;
			memcpy(then.thing, m->past[step], sizeof(then.thing));
			expected = things ? name_things(&then, things)
					  : name_things(m, select_things(m, WITH_ADDRESS,
									 address));
			snprintf(text, sizeof(text),
				 "G.V().Has('IPV4',Regex('10.0.0.%d/.*')).Dedup()",
				 address);
			names = house_ask(&m->house, text, SECOND(2 + step) + 500);
			snprintf(detail, sizeof(detail), "at step %d: %s instead of %s",
				 step, names, expected);
			check(m, strcmp(names, expected) == 0, text, detail);
		}
}

/* What was answered for a time holds for all times of its span. */
static void compare_spans(struct model *m)
{
	static const char *const asked[] = {
		"G.V().Has('IPV4',Regex('10.0.0.1/.*')).Dedup()",
		"G.V().Has('TID','t1').Both().Has('Type',Within('netns','host'))",
		"G.V().Has('TID','t2').ShortestPathTo(Metadata('TID','t3')).In()",
		"G.V().Has('@ID','node-3-1').Out()",
		"G.V().Has('Type','veth').In('Type','netns').Out().Limit(1)",
		"G.V().Has('TID','t0').Out().Values('K8s.Name')",
	};
	int rounds;

	for (rounds = 0; rounds < 40; rounds++) {
		const char *text = asked[pick(m, COUNT(asked))];
		int64_t at_ms = SECOND(1) + pick(m, STEPS_MAX * 1000);
		int64_t other_ms = SECOND(1) + pick(m, STEPS_MAX * 1000);
		struct graph_span span = { INT64_MIN, INT64_MAX };
		struct question_parsed parsed;
		char first[1024];

		snprintf(first, sizeof(first), "%s", house_ask(&m->house, text, at_ms));
		question_parse(str_of(text), &parsed, &m->house.err);
		graph_answer(m->house.graph, &parsed.question, NULL, at_ms,
			     &m->house.arena, &span);
		check(m, span.from_ms <= at_ms && at_ms < span.to_ms, text,
		      "has a span without its time");
		if (other_ms < span.from_ms || other_ms >= span.to_ms)
			continue;
		check(m, strcmp(first, house_ask(&m->house, text, other_ms)) == 0, text,
		      "has another answer in its span");
	}
}

/* As long as the version stays, answers stay, too. */
static void compare_versions(struct model *m, uint64_t before)
{
	static const char *const asked[] = { "G.V().HasKey('@ID')",
					     "G.V().Has('Type','veth').Both()",
					     "G.V().Values('K8s.Name')" };
	static char last[COUNT(asked)][1024];
	bool is_same = graph_version(m->house.graph) == before;
	size_t i;

	for (i = 0; i < COUNT(asked); i++) {
		const char *names = house_ask(&m->house, asked[i], 0);

		check(m, !is_same || strcmp(names, last[i]) == 0, asked[i],
		      "has another answer and the same version");
		snprintf(last[i], sizeof(last[i]), "%s", names);
	}
}

static void note_stale(void *context, struct str id)
{
	struct model *m = context;
	int n;

	for (n = 0; n < NODES_MAX; n++)
		if (str_is(id, id_of(m, n)) && m->stales < NODES_MAX)
			m->stale[m->stales++] = n;
}

static void note_gap(void *context)
{
	struct model *m = context;

	m->gaps++;
}

static const struct feed_user user = { note_stale, note_gap };

/* Some seconds of changes, and what is asked after each that was heard. */
static void live(struct model *m, uint32_t steps)
{
	bool has_lost = false;

	while (steps--) {
		m->now_s++;
		m->is_losing = m->loses && !pick(m, 6);
		has_lost |= m->is_losing;
		step(m);
		if (m->stales < NODES_MAX / 2 && pick(m, 3))
			continue;
		fetch_stale(m);
		if (!has_lost && !pick(m, 3))
			compare(m);
	}
	m->is_losing = false;
	fetch_stale(m);
	if (has_lost || !pick(m, 3))
		sync_all(m);
	m->stales = 0;
	compare(m);
	if (!m->loses)
		check(m, m->gaps == m->expected_gaps, "another number of gaps", "");
}

static void run_model(struct model *m, unsigned run, struct graph_house *house)
{
	const struct graph_limits limits = { PLENTY, KEPT_MS };
	uint32_t i;
	int n;

	*m = (struct model){
		.run = run,
		.random = (run + 1) * UINT32_C(2654435769) | 1,
		.has_uuids = run & 1,
		.loses = run & 2,
		.house = *house,
	};
	m->house.graph = graph_new(house->projection, &limits);
	feed_init(&m->feed, m->house.graph, &user, m);
	for (i = pick(m, 20); i; i--)
		step(m);
	m->stales = m->gaps = m->expected_gaps = 0;
	m->now_s = 1;
	for (n = 0; n < NODES_MAX; n++)
		if (pick(m, 2))
			add_thing(m, n);
	sync_all(m);
	compare(m);
	live(m, 5 + pick(m, 20));
	live(m, 5 + pick(m, 20));
	graph_free(m->house.graph);
	feed_fini(&m->feed);
	*house = m->house;
}

static const char *const questions[] = {
	"G.V().Has('IPV4',Regex('1.1.1.1/.*')).ShortestPathTo(Metadata('TID',''))",
	"G.V().Has('Type','').Has('MTU',1).HasKey('K8s.Name')",
};

static unsigned number_of(const char *name, unsigned usual)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

static void test_runs(void **state)
{
	unsigned runs = number_of("MODEL_RUNS", RUNS), run;
	unsigned first = number_of("MODEL_FIRST", 0);
	static struct model m;
	struct graph_house house;

	(void)state;
	house_open(&house, questions, COUNT(questions), PLENTY);
	graph_free(house.graph);
	for (run = first; run < first + runs; run++)
		run_model(&m, run, &house);
	house.graph = NULL;
	house_close(&house);
}

/* Seconds without losses, and who had what in each. */
static void test_past(void **state)
{
	const struct graph_limits limits = { PLENTY, KEPT_MS };
	unsigned runs = number_of("MODEL_RUNS", RUNS) / 10, run;
	static struct model m;
	struct graph_house house;

	(void)state;
	house_open(&house, questions, COUNT(questions), PLENTY);
	graph_free(house.graph);
	for (run = 0; run < runs; run++) {
		m = (struct model){
			.run = run,
			.random = (run + 1) * UINT32_C(2654435769) | 1,
			.has_uuids = run & 1,
			.now_s = 1,
			.house = house,
		};
		m.house.graph = graph_new(house.projection, &limits);
		feed_init(&m.feed, m.house.graph, &user, &m);
		sync_all(&m);
		compare_versions(&m, 0);
		while (m.pasts < STEPS_MAX) {
			uint64_t version = graph_version(m.house.graph);

			m.now_s++;
			step(&m);
			fetch_stale(&m);
			compare_versions(&m, version);
			memcpy(m.past[m.pasts++], m.thing, sizeof(m.thing));
		}
		compare_past(&m);
		compare_spans(&m);
		graph_free(m.house.graph);
		feed_fini(&m.feed);
		house = m.house;
	}
	house.graph = NULL;
	house_close(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
