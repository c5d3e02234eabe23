/* SPDX-License-Identifier: Apache-2.0 */
/* test_feed.c - messages of a subscription, whole, cut, broken and foreign. */
#include <errno.h>
#include "graph/feed.h"
#include "graph_house.h"

#define ALL "G.V().HasKey('@ID')"

static const char *const questions[] = { "G.V().Has('TID','')" };

struct listening {
	struct graph_house house;
	struct feed feed;
	struct buf stale;
	int gaps;
};

static void note_stale(void *context, struct str id)
{
	struct listening *l = context;

	buf_put(&l->stale, id);
	buf_putc(&l->stale, ' ');
}

static void note_gap(void *context)
{
	struct listening *l = context;

	l->gaps++;
}

static const struct feed_user user = { note_stale, note_gap };

static void open_feed(struct listening *l, size_t bytes)
{
	house_open(&l->house, questions, COUNT(questions), bytes);
	feed_init(&l->feed, l->house.graph, &user, l);
	l->stale = (struct buf)BUF_INIT(PLENTY);
	l->gaps = 0;
}

static void close_feed(struct listening *l)
{
	feed_fini(&l->feed);
	buf_fini(&l->stale);
	house_close(&l->house);
}

static int hear(struct listening *l, struct str piece, bool is_last)
{
	l->house.err.text[0] = '\0';
	return feed_hear(&l->feed, piece, true, is_last, SECOND(1), &l->house.err);
}

static int hear_whole(struct listening *l, const char *type, const char *obj)
{
	return hear(l,
		    house_json(&l->house,
			       "{'Namespace':'Graph','Type':'%s','UUID':'u','Status':200,"
			       "'Obj':%s}",
			       type, obj),
		    true);
}

#define NODE_A "{'ID':'a','Revision':1,'Metadata':{'Name':'a','TID':'t]}\\\\'}}"
#define NODE_B "{'ID':'b','Revision':1,'Metadata':{'Name':'b','Type':'x'}}"
#define REPLY                                                                            \
	"{'Nodes':[" NODE_A "," NODE_B "],'Edges':[{'ID':'e','Parent':'a','Child':'b'}]}"

static void open_synced(struct listening *l)
{
	open_feed(l, PLENTY);
	feed_expect(&l->feed, "u");
	assert_int_equal(hear_whole(l, "SyncReply", REPLY), 0);
	assert_false(feed_is_expecting(&l->feed));
	assert_string_equal(house_ask(&l->house, ALL, 0), "a b");
}

/* Cut anywhere into two or three pieces, a reply is the same. */
static void test_pieces(void **state)
{
	struct listening l;
	struct graph_house text;
	struct str whole;
	size_t cut, second;

	(void)state;
	house_open(&text, questions, COUNT(questions), PLENTY);
	whole = house_json(&text,
			   "{'Namespace':'Graph','Type':'SyncReply','UUID':'u',"
			   "'Status':200,'Obj':%s}",
			   REPLY);
	for (cut = 0; cut < whole.len; cut++) {
		open_feed(&l, PLENTY);
		feed_expect(&l.feed, "u");
		second = cut + cut % 7;
		if (second > whole.len)
			second = whole.len;
		assert_int_equal(hear(&l, (struct str){ whole.ptr, cut }, false), 0);
		assert_int_equal(hear(&l, (struct str){ whole.ptr + cut, second - cut },
				      false),
				 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), "?");
		assert_int_equal(hear(&l, str_skip(whole, second), true), 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
		assert_string_equal(house_ask(&l.house, "G.V().Has('TID','t]}\\').Out()",
					      0),
				    "b");
		assert_int_equal(l.feed.events[FEED_SYNC], 1);
		close_feed(&l);
	}
	house_close(&text);
}

/* One that takes over in the middle of a message passes over the rest of that. */
static void test_follows(void **state)
{
	struct listening first, second;
	struct str whole;

	(void)state;
	open_feed(&first, PLENTY);
	open_feed(&second, PLENTY);
	whole = house_json(&first.house,
			   "{'Namespace':'Graph','Type':'SyncReply','UUID':'u',"
			   "'Status':200,'Obj':%s}",
			   REPLY);
	feed_expect(&first.feed, "v");
	feed_expect(&second.feed, "u");
	assert_int_equal(hear(&first, (struct str){ whole.ptr, 150 }, false), 0);
	feed_follow(&second.feed, &first.feed);
	assert_int_equal(hear(&second, str_skip(whole, 150), true), 0);
	assert_int_equal(second.feed.bad, 0);
	assert_string_equal(house_ask(&second.house, ALL, 0), "?");
	assert_int_equal(hear(&second, whole, true), 0);
	assert_string_equal(house_ask(&second.house, ALL, 0), "a b");
	close_feed(&second);
	close_feed(&first);
}

static void test_kinds(void **state)
{
	static const char *const events[][3] = {
		{ "NodeAdded", "{'ID':'c','Metadata':{'Name':'c'}}", "a b c" },
		{ "NodeUpdated", "{'ID':'a','Revision':2,'Metadata':{'Name':'A'}}",
		  "A b" },
		{ "NodeUpdated", "{'ID':'a','Revision':2,'Metadata':{}}", " b" },
		{ "NodeDeleted", "{'ID':'a','Metadata':{}}", "b" },
		{ "NodeDeleted", "{'ID':'c'}", "a b" },
		{ "NodePartiallyUpdated",
		  "{'ID':'a','Revision':2,'Ops':[{'Type':1,'Key':'Name','Value':'A'}]}",
		  "A b" },
		{ "NodePartiallyUpdated",
		  "{'Ops':[{'Value':null,'Key':'Name','Type':2}],'Revision':2,'ID':'a'}",
		  " b" },
		{ "NodePartiallyUpdated",
		  "{'ID':'a','Revision':2,'Ops':[{'Type':2,'Key':'Name','Value':'A'}]}",
		  " b" },
		{ "NodePartiallyUpdated",
		  "{'ID':'a','Revision':2,'Ops':[{'Type':1,'Key':'MTU','Value':1,'x':{}},"
		  "{'Type':1,'Key':'Name','Value':'B'},{'Type':1,'Key':'Name',"
		  "'Value':'C'}],'UpdatedAt':1}",
		  "C b" },
		{ "NodePartiallyUpdated", "{'ID':'a','Revision':2,'Ops':[]}", "a b" },
		{ "EdgeAdded", "{'ID':'f','Parent':'b','Child':'a'}", "a b" },
		{ "EdgeUpdated", "{'ID':'e','Parent':'b','Child':'a'}", "a b" },
		{ "EdgePartiallyUpdated", "{'ID':'e','Ops':null}", "a b" },
		{ "EdgeDeleted", "{'ID':'e','Parent':'a','Child':'b'}", "a b" },
		{ "Whatever", "5", "a b" },
	};
	static const char *const neighbors[] = { "G.V().Has('@ID','a').Out()",
						 "G.V().Has('@ID','b').Out()" };
	struct listening l;
	size_t i, event;

	(void)state;
	for (i = 0; i < COUNT(events); i++) {
		open_synced(&l);
		assert_int_equal(hear_whole(&l, events[i][0], events[i][1]), 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), events[i][2]);
		for (event = 0; event < FEED_OTHER; event++)
			if (strcmp(feed_event_names[event], events[i][0]) == 0)
				break;
		assert_int_equal(l.feed.events[event], 1);
		assert_string_equal(house_ask(&l.house, neighbors[0], 0),
				    strstr(events[i][0], "Deleted") &&
						    !strstr(events[i][1], "'c'")
					    ? ""
					    : "b");
		assert_string_equal(house_ask(&l.house, neighbors[1], 0),
				    strcmp(events[i][0], "EdgeAdded") == 0 ? "a" : "");
		assert_int_equal(l.gaps, 0);
		assert_int_equal(l.stale.len, 0);
		assert_int_equal(l.feed.bad, 0);
		close_feed(&l);
	}
}

static void test_what_is_not_said(void **state)
{
	struct buf many = BUF_INIT(PLENTY);
	struct listening l;
	int i;

	(void)state;
	open_synced(&l);
	hear_whole(&l, "NodePartiallyUpdated", "{'ID':'a','Revision':2,'Ops':null}");
	hear_whole(&l, "NodePartiallyUpdated", "{'ID':'a','Revision':3}");
	assert_string_equal(l.stale.ptr, "a a ");
	hear_whole(&l, "NodePartiallyUpdated", "{'ID':'a','Revision':4,'Ops':[]}");
	assert_int_equal(l.gaps, 0);
	hear_whole(&l, "NodePartiallyUpdated", "{'ID':'a','Revision':6,'Ops':[]}");
	assert_int_equal(l.gaps, 1);
	hear_whole(&l, "NodePartiallyUpdated", "{'ID':'a','Revision':8,'Ops':null}");
	assert_int_equal(l.gaps, 2);
	hear_whole(&l, "NodePartiallyUpdated", "{'ID':'none','Revision':8,'Ops':null}");
	assert_string_equal(l.stale.ptr, "a a a none ");
	for (i = 0; i < 1025; i++) {
		if (i == 1024) {
			buf_puts(&many, "]}}");
			assert_int_equal(hear(&l, buf_str(&many), true), 0);
			assert_string_equal(house_ask(&l.house, ALL, 0), "1023 b");
			buf_cut(&many, many.len - 3);
		}
		buf_printf(
			&many, "%s{\"Type\":1,\"Key\":\"Name\",\"Value\":\"%d\"}",
			i ? ","
			  : "{\"Namespace\":\"Graph\",\"Type\":\"NodePartiallyUpdated\","
			    "\"Obj\":{\"ID\":\"a\",\"Revision\":9,\"Ops\":[",
			i);
	}
	buf_puts(&many, "]}}");
	assert_string_equal(l.stale.ptr, "a a a none ");
	assert_int_equal(hear(&l, buf_str(&many), true), 0);
	assert_string_equal(l.stale.ptr, "a a a none a ");
	assert_string_equal(house_ask(&l.house, ALL, 0), "1023 b");
	buf_fini(&many);
	close_feed(&l);
}

/* A reply that is not ours, in one piece and in two. */
static void test_foreign_replies(void **state)
{
	static const char *const heads[] = {
		"{'Namespace':'Graph','Type':'SyncReply','UUID':'v','Status':200,'Obj':",
		"{'Namespace':'Graph','Type':'SyncReply','UUID':'uu','Status':200,'Obj':",
		"{'Namespace':'Graph','Type':'SyncReply','UUID':'u','Status':400,'Obj':",
		"{'Namespace':'Graph','Type':'SyncReply','UUID':'u','Obj':",
	};
	struct listening l;
	struct str whole;
	size_t i, head;

	(void)state;
	for (i = 0; i < 2 * COUNT(heads); i++) {
		open_feed(&l, PLENTY);
		feed_expect(&l.feed, "u");
		whole = house_json(&l.house, "%s%s}", heads[i / 2], REPLY);
		head = strlen(heads[i / 2]) + 1;
		if (i % 2) {
			assert_int_equal(hear(&l, (struct str){ whole.ptr, head }, false),
					 0);
			whole = str_skip(whole, head);
		}
		assert_int_equal(hear(&l, whole, true), 0);
		assert_true(feed_is_expecting(&l.feed));
		assert_int_equal(l.feed.events[FEED_SYNC], 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), "?");
		assert_int_equal(hear_whole(&l, "SyncReply", REPLY), 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
		/* It was answered: another one is not ours. */
		assert_int_equal(hear_whole(&l, "SyncReply", "{'Nodes':[]}"), 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
		close_feed(&l);
	}
}

/* From a recording, all of them count, whatever their UUIDs. */
static void test_any_reply(void **state)
{
	struct listening l;

	(void)state;
	open_feed(&l, PLENTY);
	feed_expect(&l.feed, NULL);
	assert_int_equal(hear_whole(&l, "SyncReply", REPLY), 0);
	assert_int_equal(hear_whole(&l, "SyncReply", "{'Nodes':[" NODE_A "]}"), 0);
	assert_string_equal(house_ask(&l.house, ALL, 0), "a");
	assert_true(feed_is_expecting(&l.feed));
	close_feed(&l);
}

static void test_before_the_first_reply(void **state)
{
	struct listening l;

	(void)state;
	open_feed(&l, PLENTY);
	assert_int_equal(hear_whole(&l, "NodeAdded", NODE_A), 0);
	assert_int_equal(hear_whole(&l, "SyncReply", REPLY), 0);
	assert_string_equal(house_ask(&l.house, ALL, 0), "?");
	feed_expect(&l.feed, "u");
	assert_int_equal(hear_whole(&l, "NodePartiallyUpdated", "{'ID':'a','Ops':null}"),
			 0);
	assert_int_equal(hear_whole(&l, "NodeDeleted", "not even JSON"), -EINVAL);
	assert_int_equal(hear_whole(&l, "SyncReply", "{'Nodes':null,'Edges':null}"), 0);
	assert_string_equal(house_ask(&l.house, ALL, 0), "");
	assert_int_equal(l.stale.len, 0);
	assert_int_equal(l.feed.events[FEED_NODE_ADDED], 1);
	close_feed(&l);
}

/* Keys in another order: it is read whole. */
static void test_odd_heads(void **state)
{
	static const char *const texts[] = {
		"{'Obj':%s,'Namespace':'Graph','Type':'SyncReply','UUID':'u','Status':200}",
		"{'UUID':'u','Status':200,'Type':'SyncReply','Obj':%s}",
		"{'UUID':'u','Type':'SyncReply','Obj':%s,'Status':200}",
		"{'Type':'SyncReply','Status':200,'Obj':%s,'UUID':'u'}",
		"{ 'Namespace' : 'Graph', 'Type' : 'SyncReply', 'UUID' : 'u',"
		" 'Status' : 200, 'Obj' : %s }",
	};
	struct listening l;
	struct str whole;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		open_feed(&l, PLENTY);
		feed_expect(&l.feed, "u");
		whole = house_json(&l.house, texts[i], REPLY);
		assert_int_equal(hear(&l, (struct str){ whole.ptr, 100 }, false), 0);
		assert_int_equal(hear(&l, str_skip(whole, 100), true), 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
		close_feed(&l);
	}
}

static void test_bad_messages(void **state)
{
	static const char *const bad[][2] = {
		{ "NodeAdded", "{'Metadata':{}}" },
		{ "NodeAdded", "null" },
		{ "NodeDeleted", "[]" },
		{ "EdgeAdded", "{'ID':'e'}" },
		{ "EdgeDeleted", "{}" },
		{ "NodePartiallyUpdated", "{}" },
		{ "NodePartiallyUpdated", "null" },
		{ "NodePartiallyUpdated", "{'Revision':2,'Ops':[]}" },
		{ "NodePartiallyUpdated", "{'ID':'a','Revision':'2','Ops':[]}" },
		{ "NodePartiallyUpdated", "{'ID':'a','Revision':2,'Ops':{}}" },
		{ "NodePartiallyUpdated", "{'ID':'a','Revision':2,'Ops':[5]}" },
		{ "NodePartiallyUpdated", "{'ID':'a','Revision':2,'Ops':[{}]}" },
		{ "NodePartiallyUpdated",
		  "{'ID':'a','Revision':2,'Ops':[{'Type':'1','Key':'Name'}]}" },
	};
	static const char *const texts[] = {
		"",
		"{",
		"5",
		"{'Type':",
		"\x0a\xff",
		"{'Type':'NodeAdded'}",
		"{'Type':'NodePartiallyUpdated'}",
		"{'Type':'SyncReply','Status':200,'UUID':'u'}",
	};
	struct listening l;
	size_t i;

	(void)state;
	open_synced(&l);
	feed_expect(&l.feed, "u");
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(hear_whole(&l, bad[i][0], bad[i][1]), -EINVAL);
		assert_string_not_equal(l.house.err.text, "");
		assert_int_equal(l.feed.bad, i + 1);
	}
	for (i = 0; i < COUNT(texts); i++)
		assert_int_equal(hear(&l, house_json(&l.house, "%s", texts[i]), true),
				 -EINVAL);
	assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
	assert_int_equal(hear_whole(&l, "NodeDeleted", NODE_B), 0);
	assert_string_equal(house_ask(&l.house, ALL, 0), "a");
	close_feed(&l);
}

static void test_bad_replies(void **state)
{
	static const char *const bad[] = {
		"null",
		"{'Nodes':[{'ID':'x'},{}],'Edges':[]}",
		"{'Nodes':[{'ID':'x'}],'Edges':[{'ID':'x'}]}",
		"{'Nodes':[{'ID':'x'}]",
		"}",
	};
	struct listening l;
	struct str whole;
	size_t i, cut;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		for (cut = 70; cut < 76; cut++) {
			open_synced(&l);
			feed_expect(&l.feed, "u");
			whole = house_json(&l.house,
					   "{'Namespace':'Graph','Type':'SyncReply',"
					   "'UUID':'u','Status':200,'Obj':%s",
					   bad[i]);
			if (hear(&l, (struct str){ whole.ptr, cut }, false) == 0)
				assert_int_equal(hear(&l, str_skip(whole, cut), true),
						 -EINVAL);
			else
				assert_int_equal(hear(&l, str_skip(whole, cut), true), 0);
			assert_int_equal(l.feed.bad, 1);
			assert_true(l.feed.has_bad_reply);
			assert_true(feed_is_expecting(&l.feed));
			assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
			assert_int_equal(hear_whole(&l, "SyncReply", REPLY), 0);
			assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
			close_feed(&l);
		}
}

/* It makes no difference whether a bad reply comes whole; others are no replies. */
static void test_bad_replies_are_told(void **state)
{
	static const struct {
		const char *text;
		bool is_reply;
	} cases[] = {
		{ "{'Type':'SyncReply','UUID':'u','Status':200,'Obj':null}", true },
		{ "{'Type':'SyncReply','UUID':'u','Status':200,'Obj':{'Nodes':[{}]}}",
		  true },
		{ "{'Type':'SyncReply','UUID':'u','Status':200,'Obj':{'Nodes':[{", true },
		{ "{'Status':200,'UUID':'u','Obj':{'Nodes':[{}]},'Type':'SyncReply'}",
		  true },
		{ "{'Type':'NodeAdded','UUID':'u','Status':200,'Obj':{'Nodes':[{}]}}",
		  false },
		{ "{'Type':'NodeAdded','UUID':'u','Status':200,'Obj':{'Nodes':[{",
		  false },
	};
	struct listening l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		open_synced(&l);
		feed_expect(&l.feed, "u");
		assert_false(l.feed.has_bad_reply);
		assert_int_equal(hear(&l, house_json(&l.house, "%s", cases[i].text),
				      true),
				 -EINVAL);
		if (l.feed.has_bad_reply != cases[i].is_reply)
			fail_msg("%s", cases[i].text);
		feed_expect(&l.feed, "u");
		assert_false(l.feed.has_bad_reply);
		close_feed(&l);
	}
}

/* The connection ends in the middle of a message, and the next one begins with others. */
static void test_break(void **state)
{
	static const char *const types[] = { "SyncReply", "NodeAdded", "Alert" };
	struct listening l;
	struct str whole;
	size_t i, cut;

	(void)state;
	for (i = 0; i < COUNT(types); i++)
		for (cut = 1; cut < 120; cut++) {
			open_synced(&l);
			feed_expect(&l.feed, "u");
			whole = house_json(&l.house,
					   "{'Namespace':'Graph','Type':'%s','UUID':'%s',"
					   "'Status':200,'Obj':%s}",
					   types[i], cut % 2 ? "u" : "v", REPLY);
			assert_int_equal(hear(&l, (struct str){ whole.ptr, cut }, false),
					 0);
			feed_break(&l.feed);
			assert_int_equal(hear_whole(&l, "NodeDeleted", NODE_B), 0);
			assert_string_equal(house_ask(&l.house, ALL, 0), "a");
			feed_expect(&l.feed, "u");
			assert_int_equal(hear_whole(&l, "SyncReply", REPLY), 0);
			assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
			close_feed(&l);
		}
}

/* One that is too long is passed over, whatever stands in the rest of it. */
static void test_too_long(void **state)
{
	const size_t size = (size_t)1 << 20;
	struct listening l;
	struct buf b = BUF_INIT(PLENTY);
	int i, bad = 0;

	(void)state;
	open_synced(&l);
	buf_puts(&b, "{\"Type\":\"NodeAdded\",\"Obj\":{\"ID\":\"");
	memset(buf_room(&b, size), 'x', size);
	buf_added(&b, size);
	for (i = 0; i < 20; i++)
		bad += hear(&l, buf_str(&b), false) == -EINVAL;
	assert_int_equal(bad, 1);
	assert_int_equal(hear(&l,
			      house_json(&l.house, "{'Type':'NodeDeleted','Obj':%s}",
					 NODE_B),
			      true),
			 0);
	assert_int_equal(l.feed.bad, 1);
	assert_string_equal(house_ask(&l.house, ALL, 0), "a b");
	assert_int_equal(hear_whole(&l, "NodeDeleted", NODE_B), 0);
	assert_string_equal(house_ask(&l.house, ALL, 0), "a");
	buf_fini(&b);
	close_feed(&l);
}

/* A reply of any length is taken, as long as it comes in pieces. */
static void test_long_reply(void **state)
{
	struct listening l;
	struct buf b = BUF_INIT(PLENTY);
	int i;

	(void)state;
	open_feed(&l, PLENTY);
	feed_expect(&l.feed, "u");
	buf_puts(&b, "{\"Type\":\"SyncReply\",\"UUID\":\"u\",\"Status\":200,\"Obj\":"
		     "{\"Nodes\":[{\"ID\":\"first\",\"Metadata\":{\"Name\":\"first\"}}");
	for (i = 0; i < 300; i++) {
		assert_int_equal(hear(&l, buf_str(&b), false), 0);
		buf_reset(&b);
		buf_printf(&b, ",{\"ID\":\"%d\",\"Metadata\":{\"Features\":\"", i % 3);
		memset(buf_room(&b, 100000), 'x', 100000);
		buf_added(&b, 100000);
		buf_puts(&b, "\",\"Name\":\"n\"}}");
	}
	assert_int_equal(hear(&l, STR("]}}"), true), 0);
	assert_string_equal(house_ask(&l.house, ALL, 0), "n n n first");
	buf_fini(&b);
	close_feed(&l);
}

static void put_field(struct buf *b, int number, struct str bytes)
{
	buf_putc(b, (char)(number << 3 | 2));
	buf_putc(b, (char)((bytes.len & 0x7f) | 0x80));
	buf_putc(b, (char)(bytes.len >> 7));
	buf_put(b, bytes);
}

/* In protobuf; what looks like the head of a reply is inside of a node. */
static void test_protobuf(void **state)
{
	struct listening l;
	struct buf b = BUF_INIT(PLENTY);
	size_t cut;

	(void)state;
	for (cut = 1; cut < 30; cut++) {
		open_synced(&l);
		buf_reset(&b);
		put_field(&b, 1, STR("Graph"));
		put_field(&b, 2, STR("NodeAdded"));
		put_field(&b, 3, STR("u"));
		put_field(&b, 6,
			  house_json(&l.house, "{'ID':'c','Metadata':{'Name':'c',"
					       "'Type':'SyncReply','Obj':'x'}}"));
		assert_int_equal(feed_hear(&l.feed, (struct str){ b.ptr, b.len - cut },
					   false, false, SECOND(1), &l.house.err),
				 0);
		assert_int_equal(feed_hear(&l.feed, str_skip(buf_str(&b), b.len - cut),
					   false, true, SECOND(1), &l.house.err),
				 0);
		assert_string_equal(house_ask(&l.house, ALL, 0), "a b c");
		close_feed(&l);
	}
	buf_fini(&b);
}

static void test_no_room(void **state)
{
	struct listening l;

	(void)state;
	open_feed(&l, 1000);
	feed_expect(&l.feed, "u");
	assert_int_equal(hear_whole(&l, "SyncReply", REPLY), -ENOMEM);
	assert_int_equal(l.feed.bad, 0);
	close_feed(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_follows),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_what_is_not_said),
		cmocka_unit_test(test_foreign_replies),
		cmocka_unit_test(test_any_reply),
		cmocka_unit_test(test_before_the_first_reply),
		cmocka_unit_test(test_odd_heads),
		cmocka_unit_test(test_bad_messages),
		cmocka_unit_test(test_bad_replies),
		cmocka_unit_test(test_bad_replies_are_told),
		cmocka_unit_test(test_break),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_long_reply),
		cmocka_unit_test(test_protobuf),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
