/* SPDX-License-Identifier: Apache-2.0 */
/* test_graph.c - what a graph answers, now and for earlier times, and what it costs. */
#include <errno.h>
#include "graph_house.h"
#include "topology/gremlin.h"

static const char *const questions[] = {
	"G.V().Has('TID','')",
	"G.V().Has('IPV4',Regex('1.1.1.1/.*')).ShortestPathTo(Metadata('TID',''))",
	"G.V().Has('IPV4','')",
	"G.V().Has('Type','',\"State\",'')",
	"G.V().Has('MTU',1).HasKey('Speed').Values('Vendor')",
	"G.V().HasKey('Name').Has('@Host','').Has('@ID','')",
	"G.V().HasKey('RoutingTables.Src').HasKey('K8s.Extra')",
	"G.V().HasKey('A.B').HasKey('A.0.B').HasKey('A.9.B').HasKey('A.0.0')",
};

static void open_synced(struct graph_house *h)
{
	house_open(h, questions, COUNT(questions), PLENTY);
	graph_sync_begin(h->graph);
	assert_int_equal(graph_sync_end(h->graph, SECOND(0)), 0);
}

/* host -> eth, br; host -> ns -> pod, veth; br - port - veth */
static void put_topology(struct graph_house *h)
{
	static const char *const nodes[][2] = {
		{ "host", "'Type':'host'" },
		{ "eth", "'Type':'device','TID':'t-eth','MTU':1500,'Speed':0,"
			 "'IPV4':['10.0.0.1/24','10.0.0.2/24']" },
		{ "br", "'Type':'bridge','TID':'t-br','MTU':1500,'State':'UP',"
			"'IPV4':['10.0.0.1/16']" },
		{ "ns", "'Type':'netns'" },
		{ "pod", "'Type':'container','Vendor':'x'" },
		{ "port", "'Type':'veth','TID':'t-port','MTU':9000,'State':'UP'" },
		{ "veth", "'Type':'veth','TID':'t-veth','State':'DOWN',"
			  "'IPV4':['10.9.0.1/24'],'RoutingTables':[{'Src':'10.9.0.1'}]" },
		{ "far", "'Type':'device','TID':'t-far','Vendor':'y'" },
	};
	static const char *const edges[][2] = {
		{ "host", "eth" }, { "host", "br" }, { "host", "ns" },	 { "ns", "pod" },
		{ "ns", "veth" },  { "br", "port" }, { "port", "veth" },
	};
	char metadata[512];
	size_t i;

	for (i = 0; i < COUNT(nodes); i++) {
		snprintf(metadata, sizeof(metadata), "'Name':'%s',%s", nodes[i][0],
			 nodes[i][1]);
		house_put_node(h, nodes[i][0], metadata, SECOND(0));
	}
	for (i = 0; i < COUNT(edges); i++)
		house_put_edge(h, edges[i][0], edges[i][1], SECOND(0));
}

static void test_steps(void **state)
{
	static const char *const cases[][2] = {
		{ "G.V().Dedup()", "br eth far host ns pod port veth" },
		{ "G.V().Limit(3)", "br eth far" },
		{ "G.V().Limit(0)", "" },
		{ "G.V().Limit(100)", "br eth far host ns pod port veth" },
		{ "G.V().Has('TID','t-eth')", "eth" },
		{ "G.V().Has('TID','t-none')", "" },
		{ "G.V().Has('@ID','br')", "br" },
		{ "G.V().Has('@ID','none')", "" },
		{ "G.V().Has('@ID',Within('br','ns','none'))", "br ns" },
		{ "G.V().Has('Type','veth').Has('@ID',Within('br','none','port'))",
		  "port" },
		{ "G.V().Has('@Host','h-1').Limit(1)", "br" },
		{ "G.V().Has('@Host','h-2')", "" },
		{ "G.V().HasKey('@ID').HasKey('MTU')", "br eth port" },
		{ "G.V().Has('Type',Within('netns','veth','bridge'))",
		  "br ns port veth" },
		{ "G.V().Has('Type','veth','State','UP')", "port" },
		{ "G.V().Has('State','UP').Has('Type','veth')", "port" },
		{ "G.V().Has('MTU',1500)", "br eth" },
		{ "G.V().Has('MTU','1500')", "" },
		{ "G.V().Has('MTU',Within(9000,1500)).Has('TID','t-br')", "br" },
		{ "G.V().Has('IPV4','10.0.0.1/24')", "eth" },
		{ "G.V().Has('IPV4','10.0.0.1')", "" },
		{ "G.V().Has('IPV4',Regex('10.0.0.1/.*'))", "br eth" },
		{ "G.V().Has('IPV4',Regex('10.0.0.2/.*'))", "eth" },
		{ "G.V().Has('IPV4',Regex('10.0.0/.*'))", "" },
		{ "G.V().Has('IPV4',Regex('10.0.0.*'))", "?" },
		{ "G.V().HasKey('Speed')", "eth" },
		{ "G.V().HasKey('RoutingTables.Src')", "veth" },
		{ "G.V().HasKey('Unheard')", "?" },
		{ "G.V().Has('Unheard','x')", "?" },
		{ "G.V().Values('Unheard')", "?" },
		{ "G.V().ShortestPathTo(Metadata('Unheard','x'))", "?" },
		{ "G.V().Has('Type','host').Out()", "br eth ns" },
		{ "G.V().Has('Type','host').In()", "" },
		{ "G.V().Has('Type','host').Both()", "br eth ns" },
		{ "G.V().Has('TID','t-port').In()", "br" },
		{ "G.V().Has('TID','t-port').Out()", "veth" },
		{ "G.V().Has('TID','t-port').Both()", "br veth" },
		{ "G.V().Has('TID','t-veth').In('Type','netns').Out('Type','container')",
		  "pod" },
		{ "G.V().Has('Type','veth').Both().Dedup()", "br ns port veth" },
		{ "G.V().Out().Out().Out()", "veth" },
		{ "G.V().Has('TID','t-eth').ShortestPathTo(Metadata('TID','t-br'))",
		  "br eth host" },
		{ "G.V().Has('TID','t-eth').ShortestPathTo(Metadata('TID','t-eth'))",
		  "eth" },
		{ "G.V().Has('TID','t-eth').ShortestPathTo(Metadata('TID','t-far'))",
		  "" },
		{ "G.V().Has('TID','t-eth').ShortestPathTo(Metadata('TID','t-none'))",
		  "" },
		{ "G.V().Has('Type','container').ShortestPathTo(Metadata('TID','t-eth'))",
		  "eth host ns pod" },
		{ "G.V().Has('MTU',Within(9000,1500))"
		  ".ShortestPathTo(Metadata('TID','t-veth'))",
		  "br eth host ns port veth" },
		{ "G.V().Has('IPV4',Regex('10.9.0.1/.*')).ShortestPathTo("
		  "Metadata('TID','t-br')).Dedup().In('Type','netns').Out()",
		  "pod veth" },
		{ "G.V().Has('Type','container').Values('Vendor')", "=x" },
		{ "G.V().Values('Vendor')", "=y" },
		{ "G.V().Values('Vendor').Limit(1)", "=y" },
		{ "G.V().Has('Type','host').Values('Vendor')", "=null" },
		{ "G.V().Has('Type','none').Values('Vendor')", "=null" },
		{ "G.V().Has('TID','t-eth').Values('MTU')", "=" },
		{ "G.V().Has('TID','t-eth').Values('IPV4')", "=" },
		{ "G.V().Has('TID','t-eth').Values('@ID')", "=eth" },
		{ "G.V().Has('TID','t-eth').Values('@Host')", "=h-1" },
	};
	struct graph_house h;
	size_t i;

	(void)state;
	open_synced(&h);
	put_topology(&h);
	for (i = 0; i < COUNT(cases); i++) {
		const char *names = house_ask(&h, cases[i][0], 0);

		if (strcmp(names, cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], names);
	}
	assert_null(graph_answer(h.graph, &(struct question){ .steps = 0 }, NULL, 0,
				 &h.arena, &(struct graph_span){ 0, 0 }));
	house_close(&h);
}

/* A list has what one of its items has; a number in a path is that item. */
static void test_lists(void **state)
{
	static const char *const nodes[][2] = {
		{ "one", "'A':[{'B':1}]" },
		{ "object", "'A':{'B':1}" },
		{ "second", "'A':[{},{'B':1}]" },
		{ "deep", "'A':[[{'B':1}],{'C':1}]" },
		{ "tenth", "'A':[0,1,2,3,4,5,6,7,8,{'B':1},10]" },
		{ "named", "'A':{'0':{'B':1},'9':[{'B':1}]}" },
		{ "none", "'A':[]" },
		{ "null", "'A':null" },
	};
	static const char *const cases[][2] = {
		{ "G.V().HasKey('A.B')", "deep object one second tenth" },
		{ "G.V().HasKey('A.0.B')", "deep named one" },
		{ "G.V().HasKey('A.9.B')", "named tenth" },
		{ "G.V().HasKey('A.0.0')", "deep" },
	};
	struct graph_house h;
	char text[128];
	size_t i;

	(void)state;
	open_synced(&h);
	for (i = 0; i < COUNT(nodes); i++) {
		snprintf(text, sizeof(text), "'Name':'%s',%s", nodes[i][0], nodes[i][1]);
		house_put_node(&h, nodes[i][0], text, SECOND(1));
	}
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(house_ask(&h, cases[i][0], 0), cases[i][1]);
	house_close(&h);
}

/* The newest stands first, and nodes of one second stand by their IDs. */
static void test_order(void **state)
{
	static const char *const ids[] = {
		"5b4e1f6a-0000-4000-8000-000000000002",
		"5b4e1f6a-0000-4000-8000-000000000001",
		"b",
		"bb",
		"a",
	};
	uint64_t version;
	struct graph_house h;
	size_t i;

	(void)state;
	open_synced(&h);
	for (i = 0; i < COUNT(ids); i++) {
		struct str json = house_json(&h,
					     "{'ID':'%s','CreatedAt':%d,"
					     "'Metadata':{'Name':'%zu','Type':'x'}}",
					     ids[i], i == 2 ? 5000 : 1000, i);

		assert_int_equal(graph_put_node(h.graph, json, SECOND(1), &h.err), 0);
	}
	assert_string_equal(house_ask(&h, "G.V().Has('Type','x')", 0), "2 1 0 4 3");
	assert_string_equal(house_ask(&h, "G.V().Has('Type','x').Limit(2)", 0), "2 1");
	/* It was made anew: that is a change, though it has what it had. */
	version = graph_version(h.graph);
	assert_int_equal(graph_put_node(h.graph,
					house_json(&h,
						   "{'ID':'a','CreatedAt':6000,"
						   "'Metadata':{'Name':'4','Type':'x'}}"),
					SECOND(1), &h.err),
			 0);
	assert_int_not_equal(graph_version(h.graph), version);
	assert_string_equal(house_ask(&h, "G.V().Has('Type','x').Limit(2)", 0), "4 2");
	house_close(&h);
}

static void compare_strs(const char *what, struct strs ours, struct strs theirs)
{
	size_t i;

	if (!ours.item != !theirs.item || ours.count != theirs.count)
		fail_msg("%s: %s%zu items instead of %s%zu", what, ours.item ? "" : "no ",
			 ours.count, theirs.item ? "" : "no ", theirs.count);
	for (i = 0; i < ours.count; i++)
		assert_true(str_equal(ours.item[i], theirs.item[i]));
}

static void compare_members(const char *what, const struct node *ours,
			    const struct node *theirs)
{
	const struct field *field;
	size_t i;

	for (field = node_shape.fields; field->name; field++) {
		const void *a = (const char *)ours + field->offset;
		const void *b = (const char *)theirs + field->offset;
		const struct str *text = a, *other = b;
		const struct map_of_str *map = a, *same = b;

		if (field->kind == FIELD_KIND_STRS) {
			compare_strs(what, *(const struct strs *)a,
				     *(const struct strs *)b);
		} else if (field->kind == FIELD_KIND_MAP) {
			if (map->count != same->count)
				fail_msg("%s: %zu pairs instead of %zu", what, map->count,
					 same->count);
			for (i = 0; i < map->count; i++)
				assert_true(str_equal(map->name[i], same->name[i]) &&
					    str_equal(map->value[i], same->value[i]));
		} else if (field->kind == FIELD_KIND_I64) {
			if (*(const int64_t *)a != *(const int64_t *)b)
				fail_msg("%s: %s is %jd", what, field->name,
					 (intmax_t) * (const int64_t *)a);
		} else if (!text->ptr != !other->ptr || !str_equal(*text, *other)) {
			fail_msg("%s: %s is " STR_FMT, what, field->name, STR_ARG(*text));
		}
	}
}

#define POD "'K8s':{'Extra':{'Status':{'Addresses':"
#define OWNER                                                                            \
	"'K8s':{'Namespace':'s','Name':'n','Extra':{'ObjectMeta':{'OwnerReferences':"
#define END_POD "}}}"
#define METRIC	"'Metric':{'RxBytes':"

/* Metadata whose members are the same as in a reply of an analyzer. */
static const char *const metadata[] = {
	"",
	"'Name':'n','Type':'host','TID':'59013970-9959-57f1-971f-a5f875859a1f'",
	"'TID':'59013970-9959-57F1-971F-A5F875859A1F'",
	"'TID':'59013970-9959-57f1-971f-a5f875859a1'",
	"'TID':'59013970-9959-57f1-971f-a5f875859a1g'",
	"'TID':'59013970-9959-57f1+971f-a5f875859a1f'",
	"'Name':'','TID':''",
	"'Name':null,'Type':null,'IPV4':null,'K8s':null,'Metric':null",
	"'Name':7,'Type':true,'TID':{'a':'b'}",
	"'Name':['n'],'Type':[['n']],'TID':[]",
	"'Name':'\\u00e4\\\"\\n','Type':'a\\\\'",
	"'IPV4':[]",
	"'IPV4':['10.0.0.1/8'],'IPV6':['fe80::1/64','::1/128']",
	"'IPV4':['1','2','3','4','5','6','7','8','9'],'IPV6':['1','2','3','4','5']",
	"'IPV4':['1','1']",
	"'IPV4':'10.0.0.1/8'",
	"'IPV4':5,'IPV6':{}",
	"'IPV4':{'a':['b']},'IPV6':true",
	"'IPV4':['a',5],'IPV6':[false]",
	"'IPV4':['a',['b']],'IPV6':[['c']]",
	"'IPV4':['a',{}],'IPV6':[{'a':'b'}]",
	"'IPV4':['a',null],'IPV6':[null]",
	"'Container':{'ID':'c','Hosts':{'Hostname':'h'},'Runtime':'docker'}",
	"'Container':[{'ID':'c'}],'Runc':'x'",
	"'Docker':{'ContainerID':'c'},'Runc':{'ContainerID':'d','Hosts':{'Hostname':'e'}}",
	OWNER "[{'Kind':'a','Name':'b'},{'Kind':'c','Name':'d'}]" END_POD,
	OWNER "[]" END_POD,
	OWNER "{}" END_POD,
	OWNER "null" END_POD,
	OWNER "['a',{'Kind':'c'}]" END_POD,
	OWNER "{'0':{'Kind':'a'}}" END_POD,
	OWNER "[[{'Kind':'a'}]]" END_POD,
	POD
	"[{'Type':'InternalIP','Address':'1'},{'Type':'Hostname','Address':'h'}]" END_POD,
	POD "[{'Address':'1','Type':'InternalIP'}]" END_POD,
	POD "[{'Type':'a','Address':1},{'Type':'b','Address':'2'}]" END_POD,
	POD "[{'Type':'a'},{'Type':'b','Address':'2'}]" END_POD,
	POD "[{'Address':'1'},{'Type':'b','Address':'2'},7,null]" END_POD,
	POD "[{'Type':['a'],'Address':['1']},{'Type':'b','Address':'2'}]" END_POD,
	POD "{'Type':'a','Address':'1'}" END_POD,
	POD "[]" END_POD,
	POD "null" END_POD,
	METRIC "5,'TxBytes':0,'Collisions':-1}",
	METRIC "9007199254740993,'RxPackets':9223372036854775807}",
	METRIC "99999999999999999999,'TxPackets':-99999999999999999999}",
	METRIC "1.75,'TxBytes':1e3,'RxErrors':-2.5E+1,'TxErrors':1e300}",
	METRIC "'5','TxBytes':true,'RxErrors':[5]}",
	"'Metric':[{'RxBytes':5}]",
};

static void test_members(void **state)
{
	struct buf body = BUF_INIT(PLENTY);
	struct shared_answer *reply;
	const struct answer *answer;
	struct graph_house h;
	size_t i;

	(void)state;
	open_synced(&h);
	for (i = 0; i < COUNT(metadata); i++) {
		house_put_node(&h, "x", metadata[i], SECOND(1));
		buf_reset(&body);
		buf_putc(&body, '[');
		buf_put(&body, buf_str(&h.json));
		buf_putc(&body, ']');
		answer = house_answer(&h, "G.V().Has('@ID','x')", 0);
		reply = gremlin_read(200, buf_str(&body), &h.err);
		assert_non_null(reply);
		assert_non_null(answer);
		assert_int_equal(answer->count, 1);
		compare_members(metadata[i], answer->node, reply->answer.node);
		shared_answer_unref(reply);
	}
	buf_fini(&body);
	house_close(&h);
}

/* Each operation on a node that has its first column. */
static void test_ops(void **state)
{
	static const char *const ops[][4] = {
		{ "'Name':'x','State':'UP'", "State", "'DOWN'",
		  "'Name':'x','State':'DOWN'" },
		{ "'Name':'x','State':'UP'", "State", NULL, "'Name':'x'" },
		{ "'Name':'x','State':'UP'", "State", "null", "'Name':'x'" },
		{ "'Name':'x','State':'UP'", "Statement", NULL,
		  "'Name':'x','State':'UP'" },
		{ "'Name':'x','State':'UP'", "", "{'State':'DOWN'}",
		  "'Name':'x','State':'UP'" },
		{ "'Name':'x','State':'UP'", "State.", "'DOWN'",
		  "'Name':'x','State':'UP'" },
		{ "'Name':'x'", "MTU", "1500", "'Name':'x','MTU':1500" },
		{ "'Name':'x'", "IPV4", "['1/8','2/8']",
		  "'Name':'x','IPV4':['1/8','2/8']" },
		{ "'Name':'x','IPV4':['1/8']", "IPV4", "['2/8']",
		  "'Name':'x','IPV4':['2/8']" },
		{ "'Name':'x','IPV4':['1/8']", "IPV4", "[]", "'Name':'x','IPV4':[]" },
		{ "'Name':'x','IPV4':['1/8']", "IPV4", "{}", "'Name':'x','IPV4':{}" },
		{ "'Name':'x'", "K8s.Name", "'p'", "'Name':'x','K8s':{'Name':'p'}" },
		{ "'Name':'x','K8s':{'Name':'p','Namespace':'s'}", "K8s.Name", NULL,
		  "'Name':'x','K8s':{'Namespace':'s'}" },
		{ "'Name':'x','K8s':{'Name':'p','Namespace':'s'}", "K8s",
		  "{'Namespace':'t'}", "'Name':'x','K8s':{'Namespace':'t'}" },
		{ "'Name':'x','K8s':{'Name':'p'}", "K8s", NULL, "'Name':'x'" },
		{ "'Name':'x','K8s':{'Name':'p'}", "K8", NULL,
		  "'Name':'x','K8s':{'Name':'p'}" },
		{ "'Name':'x'", "K8s.Extra.ObjectMeta.OwnerReferences.0.Kind", "'k'",
		  "'Name':'x',"
		  "'K8s':{'Extra':{'ObjectMeta':{'OwnerReferences':[{'Kind':'k'}]}}}" },
		{ "'Name':'x'", "Metric", "{'RxBytes':7}",
		  "'Name':'x','Metric':{'RxBytes':7}" },
		{ "'Name':'x'", "Features", "{'a':{'b':[1,2]}}", "'Name':'x'" },
		{ "'Name':'x','State':'UP'", "State", "true", "'Name':'x','State':true" },
		{ "'Name':'x','State':'UP'", "State", "{'a':1}",
		  "'Name':'x','State':true" },
	};
	struct graph_house h, same;
	struct node before;
	size_t i, j;
	static const char *const asked[] = {
		"G.V().Has('State','UP')",	   "G.V().Has('State','DOWN')",
		"G.V().HasKey('State')",	   "G.V().Has('MTU',1500)",
		"G.V().Has('IPV4',Regex('1/.*'))", "G.V().Has('IPV4',Regex('2/.*'))",
		"G.V().Values('State')",
	};

	(void)state;
	open_synced(&h);
	open_synced(&same);
	for (i = 0; i < COUNT(ops); i++) {
		house_delete_node(&h, "x", SECOND(1));
		house_put_node(&h, "x", ops[i][0], SECOND(1));
		assert_int_equal(house_apply(&h, "x", 2, ops[i][1], ops[i][2], SECOND(2)),
				 CHANGE_APPLIED);
		house_put_node(&same, "x", ops[i][3], SECOND(1));
		before = *house_answer(&same, "G.V().Dedup()", 0)->node;
		compare_members(ops[i][1], house_answer(&h, "G.V().Dedup()", 0)->node,
				&before);
		for (j = 0; j < COUNT(asked); j++) {
			const char *expected = house_ask(&same, asked[j], 0);

			if (strcmp(house_ask(&h, asked[j], 0), expected) != 0)
				fail_msg("%s: %s instead of %s", ops[i][1], h.words.ptr,
					 expected);
		}
	}
	house_close(&h);
	house_close(&same);
}

static void test_revisions(void **state)
{
	struct graph_house h;

	(void)state;
	open_synced(&h);
	house_put_node(&h, "x", "'Name':'x','State':'1'", SECOND(1));
	assert_int_equal(house_apply(&h, "y", 2, "State", "'2'", SECOND(1)),
			 CHANGE_UNKNOWN_NODE);
	assert_int_equal(house_apply(&h, "x", 1, "State", "'2'", SECOND(1)),
			 CHANGE_APPLIED);
	assert_string_equal(house_ask(&h, "G.V().Values('State')", 0), "=1");
	assert_int_equal(house_apply(&h, "x", 2, "State", "'3'", SECOND(1)),
			 CHANGE_APPLIED);
	assert_int_equal(house_apply(&h, "x", 3, "Features", "'3'", SECOND(1)),
			 CHANGE_APPLIED);
	assert_int_equal(house_apply(&h, "x", 4, "State", "'4'", SECOND(1)),
			 CHANGE_APPLIED);
	assert_int_equal(house_apply(&h, "x", 6, "State", "'6'", SECOND(1)), CHANGE_GAP);
	assert_string_equal(house_ask(&h, "G.V().Values('State')", 0), "=6");
	house_delete_node(&h, "x", SECOND(1));
	assert_int_equal(house_apply(&h, "x", 7, "State", "'7'", SECOND(1)),
			 CHANGE_UNKNOWN_NODE);
	house_close(&h);
}

static void test_what_is_no_element(void **state)
{
	static const char *const texts[] = {
		"",
		"5",
		"[]",
		"{}",
		"{'ID':''}",
		"{'ID':5}",
		"{'ID':null}",
		"{'ID':'x'",
		"{'ID':'x'}}",
		"{'ID':'x','Metadata':{'Name':'a}}",
		"{'ID':'x','Metadata':{'Name':}}",
		"{'ID':'x','Metadata':{'IPV4':[1,]}}",
		"{'ID':'x','Metadata':{'IPV4':[1}}}",
		"{'ID':'x','Host':'h}",
		"{'ID':'x' 'Host':'h'}",
	};
	static const char *const edges[] = {
		"{'ID':'e'}",
		"{'ID':'e','Parent':'a'}",
		"{'ID':'e','Child':'a'}",
		"{'ID':'e','Parent':'a','Child':7}",
		"{'Parent':'a','Child':'b'}",
	};
	struct graph_house h;
	size_t i;

	(void)state;
	open_synced(&h);
	for (i = 0; i < COUNT(texts); i++) {
		struct str json = house_json(&h, "%s", texts[i]);

		if (graph_put_node(h.graph, json, SECOND(1), &h.err) != -EINVAL ||
		    graph_delete_node(h.graph, json, SECOND(1), &h.err) != -EINVAL)
			fail_msg("%s", texts[i]);
		assert_non_null(strstr(h.err.text, "a node: "));
	}
	for (i = 0; i < COUNT(edges); i++) {
		struct str json = house_json(&h, "%s", edges[i]);

		if (graph_put_edge(h.graph, json, SECOND(1), &h.err) != -EINVAL ||
		    graph_delete_edge(h.graph, json, SECOND(1), &h.err) != -EINVAL)
			fail_msg("%s", edges[i]);
		assert_non_null(strstr(h.err.text, "an edge: "));
	}
	assert_int_equal(house_count(&h).nodes, 0);
	house_close(&h);
}

/* An ID that is far too long is refused, and leaves nothing that could break. */
static void test_long_ids(void **state)
{
	static const size_t sizes[] = { 1025, 60001, 65535, 65536, 70000, 600000 };
	static const char *const keys[] = { "ID", "Parent", "Child" };
	static char id[600000];
	struct graph_house h;
	size_t i, key;

	(void)state;
	memset(id, 'x', sizeof(id));
	open_synced(&h);
	for (i = 0; i < COUNT(sizes) * COUNT(keys); i++) {
		buf_reset(&h.json);
		for (key = 0; key < COUNT(keys); key++) {
			buf_printf(&h.json, "%c\"%s\":\"", key ? ',' : '{', keys[key]);
			buf_put(&h.json,
				(struct str){ id, i % 3 == key ? sizes[i / 3] : 1 });
			buf_putc(&h.json, '"');
		}
		buf_putc(&h.json, '}');
		h.err.text[0] = '\0';
		assert_int_equal(graph_put_node(h.graph, buf_str(&h.json), SECOND(1),
						&h.err),
				 -EINVAL);
		assert_int_equal(graph_put_edge(h.graph, buf_str(&h.json), SECOND(1),
						&h.err),
				 -EINVAL);
		assert_string_equal(h.err.text,
				    "an edge: with an ID of more than 1024 bytes");
	}
	graph_sync_begin(h.graph);
	assert_int_equal(graph_sync_end(h.graph, SECOND(2)), 0);
	house_close(&h);
}

static void test_longest_id(void **state)
{
	static const char named[] = "'Name':'x','TID':'t'";
	char id[1025];
	struct graph_house h;
	struct str json;

	(void)state;
	memset(id, 'x', 1024);
	id[1024] = '\0';
	open_synced(&h);
	house_put_node(&h, id, named, SECOND(1));
	house_put_node(&h, "a", "", SECOND(1));
	json = house_json(&h, "{'ID':'e','Parent':'%s','Child':'%s'}", id, id);
	assert_int_equal(graph_put_edge(h.graph, json, SECOND(1), &h.err), 0);
	house_put_node(&h, id, named, SECOND(1));
	assert_int_equal(house_count(&h).nodes, 2);
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t')", 0), "x");
	house_delete_node(&h, id, SECOND(1));
	assert_int_equal(house_count(&h).nodes, 1);
	house_close(&h);
}

static void put_list(struct buf *b, int from, int to)
{
	buf_putc(b, '[');
	for (; from < to; from++)
		buf_printf(b, "\"10.0.%d.%d/24\"%s", from / 250, from % 250,
			   from + 1 < to ? "," : "");
	buf_putc(b, ']');
}

/* A node has at most so many values, and one with more leaves all as it was. */
static void test_many_values(void **state)
{
	static const int counts[] = { 29997, 29998 };
	struct graph_house h;
	struct graph_op op = { .key = STR("IPV4") };
	enum graph_change change;
	size_t i;
	int error;

	(void)state;
	for (i = 0; i < COUNT(counts); i++) {
		open_synced(&h);
		buf_reset(&h.json);
		/* With its ID, its host and the list itself. */
		buf_puts(&h.json, "{\"ID\":\"x\",\"Host\":\"h\",\"Metadata\":{\"IPV4\":");
		put_list(&h.json, 0, counts[i]);
		buf_puts(&h.json, "}}");
		error = graph_put_node(h.graph, buf_str(&h.json), SECOND(1), &h.err);
		assert_int_equal(error, i ? -EINVAL : 0);
		assert_int_equal(house_count(&h).nodes, !i);
		house_put_node(&h, "x", "'Name':'x','State':'UP'", SECOND(1));
		buf_reset(&h.json);
		put_list(&h.json, 0, counts[i] - 1);
		op.value = buf_str(&h.json);
		error = graph_apply(h.graph, STR("x"), 2, &op, 1, SECOND(1), &change,
				    &h.err);
		assert_int_equal(error, i ? -EINVAL : 0);
		assert_string_equal(
			h.err.text,
			i ? "a node with more than 30000 values that are asked for" : "");
		assert_int_equal(house_answer(&h, "G.V().Has('State','UP')", 0)
					 ->node->ipv4.count,
				 i ? 0 : counts[i] - 1);
		house_delete_node(&h, "x", SECOND(2));
		house_close(&h);
	}
}

static void test_edges(void **state)
{
	static const char own[] = "G.V().Has('@ID','a').Out()";
	struct graph_house h;

	(void)state;
	open_synced(&h);
	house_put_edge(&h, "a", "b", SECOND(1));
	house_put_edge(&h, "a", "a", SECOND(1));
	house_put_node(&h, "a", "'Name':'a'", SECOND(1));
	assert_string_equal(house_ask(&h, own, 0), "a");
	house_put_node(&h, "b", "'Name':'b'", SECOND(1));
	house_put_node(&h, "c", "'Name':'c'", SECOND(1));
	assert_string_equal(house_ask(&h, own, 0), "a b");
	house_put_edge(&h, "a", "b", SECOND(1));
	assert_int_equal(house_count(&h).edges, 2);
	assert_int_equal(graph_put_edge(h.graph,
					house_json(&h,
						   "{'ID':'2','Parent':'a','Child':'b'}"),
					SECOND(1), &h.err),
			 0);
	assert_int_equal(house_count(&h).edges, 3);
	house_delete_edge(&h, "b", "a", SECOND(1));
	house_delete_edge(&h, "a", "c", SECOND(1));
	house_delete_edge(&h, "none", "c", SECOND(1));
	assert_int_equal(house_count(&h).edges, 3);
	house_delete_edge(&h, "a", "b", SECOND(2));
	assert_string_equal(house_ask(&h, own, 0), "a b");
	house_put_edge(&h, "a", "c", SECOND(2));
	assert_int_equal(
		graph_delete_edge(h.graph,
				  house_json(&h, "{'ID':'2','Parent':'a','Child':'b'}"),
				  SECOND(2), &h.err),
		0);
	assert_string_equal(house_ask(&h, own, 0), "a c");
	house_delete_edge(&h, "a", "a", SECOND(2));
	assert_string_equal(house_ask(&h, own, 0), "c");
	house_delete_node(&h, "c", SECOND(2));
	assert_string_equal(house_ask(&h, own, 0), "");
	house_put_node(&h, "c", "'Name':'c'", SECOND(2));
	assert_string_equal(house_ask(&h, own, 0), "c");
	house_close(&h);
}

static void test_first_sync(void **state)
{
	struct graph_house h;

	(void)state;
	house_open(&h, questions, COUNT(questions), PLENTY);
	assert_false(graph_is_synced(h.graph));
	assert_string_equal(house_ask(&h, "G.V().Dedup()", 0), "?");
	graph_sync_begin(h.graph);
	put_topology(&h);
	assert_false(graph_is_synced(h.graph));
	assert_string_equal(house_ask(&h, "G.V().Dedup()", 0), "?");
	/* It broke, and another one begins, of a smaller topology. */
	graph_sync_begin(h.graph);
	house_put_node(&h, "far", "'Name':'far','Type':'device','TID':'t-far'",
		       SECOND(1));
	house_put_node(&h, "br", "'Name':'br','TID':'t-br'", SECOND(1));
	house_put_edge(&h, "br", "far", SECOND(1));
	house_put_edge(&h, "br", "gone", SECOND(1));
	assert_int_equal(graph_sync_end(h.graph, SECOND(2)), 0);
	assert_true(graph_is_synced(h.graph));
	assert_string_equal(house_ask(&h, "G.V().Dedup()", 0), "br far");
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-br').Out()", 0), "far");
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-eth')", SECOND(0)), "");
	assert_int_equal(house_count(&h).nodes, 2);
	assert_int_equal(house_count(&h).edges, 2);
	assert_int_equal(house_count(&h).tombs, 0);
	assert_int_equal(house_count(&h).repaired, 0);
	house_close(&h);
}

static void test_later_sync(void **state)
{
	struct graph_house h;

	(void)state;
	house_open(&h, questions, COUNT(questions), PLENTY);
	graph_sync_begin(h.graph);
	put_topology(&h);
	assert_int_equal(graph_sync_end(h.graph, SECOND(0)), 0);

	/* All of it again changes nothing, in whatever order. */
	house_apply(&h, "eth", 2, "TID", "'t-eth'", SECOND(1));
	graph_sync_begin(h.graph);
	put_topology(&h);
	assert_int_equal(graph_sync_end(h.graph, SECOND(1)), 0);
	assert_int_equal(house_count(&h).repaired, 0);
	assert_int_equal(house_count(&h).tombs, 0);

	graph_sync_begin(h.graph);
	house_put_node(&h, "new", "'Name':'new','TID':'t-new'", SECOND(2));
	house_put_node(&h, "eth", "'Name':'eth','TID':'t-other'", SECOND(2));
	house_put_node(&h, "host", "'Name':'host','Type':'host'", SECOND(2));
	house_put_edge(&h, "host", "eth", SECOND(2));
	house_put_edge(&h, "host", "new", SECOND(2));
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-new')", 0), "");
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-new')", SECOND(2)), "");
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-br')", 0), "br");
	assert_string_equal(house_ask(&h, "G.V().Has('Type','host').Out()", 0),
			    "br eth ns");
	assert_int_equal(graph_sync_end(h.graph, SECOND(3)), 0);
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-new')", 0), "new");
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-br')", 0), "");
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-br')", SECOND(2)), "br");
	assert_string_equal(house_ask(&h, "G.V().Has('Type','host').Out()", 0),
			    "eth new");
	assert_string_equal(house_ask(&h, "G.V().Dedup()", 0), "eth host new");
	/* new, eth; its edge; br, ns, pod, port, veth, far; their six edges */
	assert_int_equal(house_count(&h).repaired, 2 + 1 + 6 + 6);
	assert_int_equal(house_count(&h).nodes, 3);
	assert_int_equal(house_count(&h).edges, 2);
	house_close(&h);
}

/* A synchronization that breaks off leaves all as it was, and events go on. */
static void test_broken_sync(void **state)
{
	struct graph_house h;

	(void)state;
	open_synced(&h);
	put_topology(&h);
	graph_sync_begin(h.graph);
	house_put_node(&h, "half", "'Name':'half','TID':'t-half'", SECOND(1));
	graph_sync_begin(h.graph);
	put_topology(&h);
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-half')", 0), "");
	assert_int_equal(graph_sync_end(h.graph, SECOND(2)), 0);
	assert_string_equal(house_ask(&h, "G.V().Has('TID','t-half')", SECOND(1)), "");
	assert_string_equal(house_ask(&h, "G.V().Dedup()", 0),
			    "br eth far host ns pod port veth");
	assert_int_equal(house_count(&h).tombs, 0);
	house_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_ops),
		cmocka_unit_test(test_revisions),
		cmocka_unit_test(test_what_is_no_element),
		cmocka_unit_test(test_long_ids),
		cmocka_unit_test(test_longest_id),
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_first_sync),
		cmocka_unit_test(test_later_sync),
		cmocka_unit_test(test_broken_sync),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
