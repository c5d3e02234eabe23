/* SPDX-License-Identifier: Apache-2.0 */
/* test_transform_secadvisor.c - records byte for byte, and how the reports of a
 * flow are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow/decode.h"
#include "format/json_write.h"
#include "stage/secadvisor.h"
#include "stage/stage_set.h"
#include "fake_answers.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MINUTE_MS    60000

/* Nobody has an address, nothing is asked for. */
static const char *const first_records[FLOW_COUNT] = {
	"{\"UUID\":\"7521e85422cbc042\",\"LayersPath\":\"Ethernet/IPv4/TCP\","
	"\"Version\":\"1.1.0\",\"Status\":\"STARTED\","
	"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
	"\"B\":\"203.0.113.9\"},\"Transport\":{\"Protocol\":\"TCP\","
	"\"A\":\"32396\",\"B\":\"4723\"},\"LastUpdateMetric\":{\"ABPackets\":12,"
	"\"ABBytes\":1112,\"BAPackets\":10,\"BABytes\":2178,"
	"\"Start\":1551199625889,\"Last\":1551199655889,\"RTT\":254000},"
	"\"Metric\":{\"ABPackets\":22,\"ABBytes\":2178,\"BAPackets\":19,"
	"\"BABytes\":4244,\"Start\":1551199609804,\"Last\":1551199631044,"
	"\"RTT\":254000},\"Start\":1551199609804,\"Last\":1551199631044,"
	"\"UpdateCount\":0}",
	"{\"UUID\":\"9f3c2a7714e0b6d1\",\"LayersPath\":\"Ethernet/IPv4/TCP\","
	"\"Version\":\"1.1.0\",\"Status\":\"ENDED\",\"FinishType\":\"SYN_FIN\","
	"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
	"\"B\":\"172.17.0.3\"},\"Transport\":{\"Protocol\":\"TCP\","
	"\"A\":\"45678\",\"B\":\"443\"},\"LastUpdateMetric\":{\"ABPackets\":6,"
	"\"ABBytes\":540,\"BAPackets\":5,\"BABytes\":480,\"Start\":1551199610000,"
	"\"Last\":1551199640000,\"RTT\":310000},\"Metric\":{\"ABPackets\":6,"
	"\"ABBytes\":540,\"BAPackets\":5,\"BABytes\":480,\"Start\":1551199610000,"
	"\"Last\":1551199612345,\"RTT\":310000},\"Start\":1551199610000,"
	"\"Last\":1551199612345,\"UpdateCount\":0}",
	"{\"UUID\":\"1c0ffee1c0ffee11\",\"LayersPath\":\"Ethernet/IPv4/UDP/DNS\","
	"\"Version\":\"1.1.0\",\"Status\":\"STARTED\","
	"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
	"\"B\":\"8.8.8.8\"},\"Transport\":{\"Protocol\":\"UDP\",\"A\":\"53124\","
	"\"B\":\"53\"},\"LastUpdateMetric\":{\"ABPackets\":1,\"ABBytes\":75,"
	"\"BAPackets\":1,\"BABytes\":91,\"Start\":1551199620100,"
	"\"Last\":1551199650000},\"Metric\":{\"ABPackets\":1,\"ABBytes\":75,"
	"\"BAPackets\":1,\"BABytes\":91,\"Start\":1551199620100,"
	"\"Last\":1551199620123},\"Start\":1551199620100,\"Last\":1551199620123,"
	"\"UpdateCount\":0}",
	"{\"UUID\":\"d00d00d00d00d00d\",\"LayersPath\":\"Ethernet/IPv4/ICMPv4\","
	"\"Version\":\"1.1.0\",\"Status\":\"STARTED\","
	"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
	"\"B\":\"172.17.0.3\"},\"LastUpdateMetric\":{\"ABPackets\":3,"
	"\"ABBytes\":294,\"BAPackets\":3,\"BABytes\":294,\"Start\":1551199600000,"
	"\"Last\":1551199630000,\"RTT\":48000},\"Metric\":{\"ABPackets\":3,"
	"\"ABBytes\":294,\"BAPackets\":3,\"BABytes\":294,\"Start\":1551199600000,"
	"\"Last\":1551199602010,\"RTT\":48000},\"Start\":1551199600000,"
	"\"Last\":1551199602010,\"UpdateCount\":0}",
	"{\"UUID\":\"6a6b6c6d6e6f7071\",\"LayersPath\":\"Ethernet/IPv6/TCP\","
	"\"Version\":\"1.1.0\",\"Status\":\"ENDED\",\"FinishType\":\"Timeout\","
	"\"Network\":{\"Protocol\":\"IPV6\",\"A\":\"2001:db8::1\","
	"\"B\":\"2001:db8::2\"},\"Transport\":{\"Protocol\":\"TCP\","
	"\"A\":\"50000\",\"B\":\"22\"},\"LastUpdateMetric\":{\"ABPackets\":0,"
	"\"ABBytes\":0,\"BAPackets\":0,\"BABytes\":0,\"Start\":1551199570000,"
	"\"Last\":1551199630000},\"Metric\":{\"ABPackets\":100,\"ABBytes\":9000,"
	"\"BAPackets\":80,\"BABytes\":70000,\"Start\":1551199000000,"
	"\"Last\":1551199020000},\"Start\":1551199000000,\"Last\":1551199020000,"
	"\"UpdateCount\":0}",
	"{\"UUID\":\"a4b4c4d4e4f40414\",\"LayersPath\":\"Ethernet/ARP\","
	"\"Version\":\"1.1.0\",\"Status\":\"STARTED\","
	"\"LastUpdateMetric\":{\"ABPackets\":1,\"ABBytes\":42,\"BAPackets\":0,"
	"\"BABytes\":0,\"Start\":1551199619000,\"Last\":1551199650000},"
	"\"Metric\":{\"ABPackets\":1,\"ABBytes\":42,\"BAPackets\":0,"
	"\"BABytes\":0,\"Start\":1551199619000,\"Last\":1551199619000},"
	"\"Start\":1551199619000,\"Last\":1551199619000,\"UpdateCount\":0}",
};

/* Flow 0, 5 and 4, with peers and two extends. */
static const char *const peer_records[] = {
	"{\"UUID\":\"7521e85422cbc042\",\"LayersPath\":\"Ethernet/IPv4/TCP\","
	"\"Version\":\"1.1.0\",\"Status\":\"STARTED\","
	"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
	"\"B\":\"203.0.113.9\",\"A_Name\":\"0_0_prod-web-0_0\"},"
	"\"Transport\":{\"Protocol\":\"TCP\",\"A\":\"32396\",\"B\":\"4723\"},"
	"\"Context\":{\"A\":{\"Type\":\"pod\",\"Name\":\"prod/web_0\","
	"\"Set\":\"ReplicaSet:prod/web\"},\"B\":{\"Type\":\"host\","
	"\"Name\":\"edge-1\"}},\"LastUpdateMetric\":{\"ABPackets\":12,"
	"\"ABBytes\":1112,\"BAPackets\":10,\"BABytes\":2178,"
	"\"Start\":1551199625889,\"Last\":1551199655889,\"RTT\":254000},"
	"\"Metric\":{\"ABPackets\":22,\"ABBytes\":2178,\"BAPackets\":19,"
	"\"BABytes\":4244,\"Start\":1551199609804,\"Last\":1551199631044,"
	"\"RTT\":254000},\"Start\":1551199609804,\"Last\":1551199631044,"
	"\"UpdateCount\":0,\"NodeType\":\"veth\","
	"\"Extend\":{\"AA_Name\":\"compute-1\",\"BB_Name\":\"\"}}",
	"{\"UUID\":\"a4b4c4d4e4f40414\",\"LayersPath\":\"Ethernet/ARP\","
	"\"Version\":\"1.1.0\",\"Status\":\"STARTED\","
	"\"LastUpdateMetric\":{\"ABPackets\":1,\"ABBytes\":42,\"BAPackets\":0,"
	"\"BABytes\":0,\"Start\":1551199619000,\"Last\":1551199650000},"
	"\"Metric\":{\"ABPackets\":1,\"ABBytes\":42,\"BAPackets\":0,"
	"\"BABytes\":0,\"Start\":1551199619000,\"Last\":1551199619000},"
	"\"Start\":1551199619000,\"Last\":1551199619000,\"UpdateCount\":0,"
	"\"NodeType\":\"veth\"}",
	"{\"UUID\":\"6a6b6c6d6e6f7071\",\"LayersPath\":\"Ethernet/IPv6/TCP\","
	"\"Version\":\"1.1.0\",\"Status\":\"ENDED\",\"FinishType\":\"Timeout\","
	"\"Network\":{\"Protocol\":\"IPV6\",\"A\":\"2001:db8::1\","
	"\"B\":\"2001:db8::2\"},\"Transport\":{\"Protocol\":\"TCP\","
	"\"A\":\"50000\",\"B\":\"22\"},\"LastUpdateMetric\":{\"ABPackets\":0,"
	"\"ABBytes\":0,\"BAPackets\":0,\"BABytes\":0,\"Start\":1551199570000,"
	"\"Last\":1551199630000},\"Metric\":{\"ABPackets\":100,\"ABBytes\":9000,"
	"\"BAPackets\":80,\"BABytes\":70000,\"Start\":1551199000000,"
	"\"Last\":1551199020000},\"Start\":1551199000000,\"Last\":1551199020000,"
	"\"UpdateCount\":0,\"NodeType\":\"veth\",\"Extend\":{\"AA_Name\":\"\","
	"\"BB_Name\":\"\"}}",
};

#define TID  "3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10"
#define TYPE "G.V().Has(\"TID\", \"" TID "\")"
#define RUNC(address)                                                                    \
	"G.V().Has(\"Runc.Hosts.IP\", \"" address                                        \
	"\").ShortestPathTo(Metadata(\"TID\", \"" TID "\"))"
#define DOCKER(address)                                                                  \
	"G.V().Has(\"IPV4\", Regex(\"" address                                           \
	"/.*\")).ShortestPathTo(Metadata(\"TID\", \"" TID "\"))"                         \
	".Dedup().In(\"Type\", \"netns\").Out(\"Type\", \"container\")"
#define HOST(address)                                                                    \
	"G.V().Has(\"RoutingTables.Src\", \"" address "\").In().Has(\"Type\", \"host\")"
#define POD(id)                                                                          \
	"G.V().Has(\"K8s.Extra.Status.ContainerStatuses.ContainerID\", \"" id "\")"
#define NAME(address) "G.V().Has('RoutingTables.Src','" address "').Values('Host')"
#define NODES(...)                                                                       \
	{                                                                                \
		.node = (const struct node[]){ __VA_ARGS__ }, .count = 1                 \
	}

static const struct fake_fact facts[] = {
	{ TYPE, NODES({ .type = TEXT("veth") }) },
	{ RUNC("172.17.0.2"),
	  NODES({ .runc_id = TEXT("cid1"), .runc_hostname = TEXT("web-0") }) },
	{ POD("containerd://cid1"), NODES({ .pod_namespace = TEXT("prod"),
					    .pod_name = TEXT("web_0"),
					    .owner_kind = TEXT("ReplicaSet"),
					    .owner_name = TEXT("web") }) },
	{ HOST("203.0.113.9"), NODES({ .name = TEXT("edge-1") }) },
	{ NAME("172.17.0.2"), { .value = TEXT("compute-1") } },
};

#define PLAIN "pipeline.transform: {type: secadvisor}"
#define EXTENDS                                                                          \
	"pipeline.transform:\n"                                                          \
	"  type: secadvisor\n"                                                           \
	"  secadvisor:\n"                                                                \
	"    attribute_names: literal\n"                                                 \
	"    extend:\n"                                                                  \
	"    - AA_Name=G.V().Has('RoutingTables.Src','{{.Network.A}}').Values('Host')\n" \
	"    - BB_Name=G.V().Has('RoutingTables.Src','{{.Network.B}}').Values('Host')\n"

struct world {
	struct arena arena;
	struct problems problems;
	struct stage_set set;
	struct fake_answers fake;
	struct queries queries;
	struct secadvisor record;
	struct batch *batch; /* of the sample flows, their text in list */
	struct buf list, out, text;
};

static void read_samples(struct world *w)
{
	size_t i;

	w->batch = batch_new(NULL, 0, NULL);
	assert_non_null(w->batch);
	for (i = 0; i < FLOW_COUNT; i++)
		buf_printf(&w->list, "%c%s", i ? ',' : '[', sample_flows[i].json);
	buf_putc(&w->list, ']');
	assert_int_equal(decode_json(buf_str(&w->list), w->batch, NULL), 0);
	assert_int_equal(w->batch->count, FLOW_COUNT);
}

static void open_world(struct world *w, const char *yaml)
{
	struct config *config = config_new();

	*w = (struct world){
		.arena = ARENA_INIT(1 << 20),
		.problems = PROBLEMS_INIT,
		.fake = fake_answers_of(NULL, 0),
		.list = BUF_INIT(1 << 20),
		.out = BUF_INIT(1 << 20),
		.text = BUF_INIT(1 << 20),
	};
	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &w->problems),
			 0);
	stage_set_read(&w->set, config, &w->arena, &w->problems);
	config_free(config);
	assert_int_equal(queries_init(&w->queries, &w->fake.answers), 0);
	w->queries.peers_by = PEERS_BY_PATH;
	read_samples(w);
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
	queries_fini(&w->queries);
	buf_fini(&w->fake.asked);
	batch_unref(w->batch);
	buf_fini(&w->list);
	buf_fini(&w->out);
	buf_fini(&w->text);
}

static enum verdict make(struct world *w, const struct flow *flow, int64_t now_ms)
{
	struct now now = { now_ms, 1551199000000 };

	w->record = (struct secadvisor){ .link_id = 0 };
	return transform_secadvisor.make(w->set.transform_state, TAG_OTHER, flow, now,
					 &w->record);
}

static enum found enrich(struct world *w, const struct flow *flow)
{
	queries_pass(&w->queries, 0);
	return transform_secadvisor.enrich(w->set.transform_state, flow, &w->queries,
					   &w->record);
}

static const char *json(struct world *w)
{
	buf_reset(&w->out);
	json_put_record(&w->out, &secadvisor_shape, &w->record,
			(struct json_style){ false, 0 });
	return w->out.ptr;
}

static const char *asked(struct world *w)
{
	return fake_asked(&w->fake, &w->text);
}

/* text with what is written there replaced once. */
static const char *replaced(struct buf *out, const char *text, const char *old,
			    const char *new)
{
	const char *at = strstr(text, old);

	assert_non_null(at);
	buf_reset(out);
	buf_put(out, (struct str){ text, (size_t)(at - text) });
	buf_puts(out, new);
	buf_puts(out, at + strlen(old));
	return out->ptr;
}

static void test_records_without_peers_are_those_of_the_go_exporter(void **state)
{
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, PLAIN);
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	for (i = 0; i < FLOW_COUNT; i++) {
		assert_int_equal(make(&w, &w.batch->flows[i], 0), KEEP);
		assert_int_not_equal(enrich(&w, &w.batch->flows[i]), PENDING);
		assert_string_equal(json(&w), first_records[i]);
	}
	close_world(&w);
}

static void test_the_second_report_of_a_flow_is_an_update(void **state)
{
	static const char *const changes[FLOW_COUNT][2] = {
		{ "STARTED", "UPDATED" }, { NULL, NULL }, { "STARTED", "UPDATED" },
		{ "STARTED", "UPDATED" }, { NULL, NULL }, { "STARTED", "UPDATED" },
	};
	struct buf status = BUF_INIT(4096), count = BUF_INIT(4096);
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, PLAIN);
	for (i = 0; i < FLOW_COUNT; i++)
		make(&w, &w.batch->flows[i], 0);
	for (i = 0; i < FLOW_COUNT; i++) {
		const char *expected = first_records[i];

		if (changes[i][0])
			expected = replaced(&status, expected, changes[i][0],
					    changes[i][1]);
		if (i != 4) /* a timeout is forgotten */
			expected = replaced(&count, expected, "\"UpdateCount\":0",
					    "\"UpdateCount\":1");
		make(&w, &w.batch->flows[i], 1);
		assert_string_equal(json(&w), expected);
	}
	buf_fini(&status);
	buf_fini(&count);
	close_world(&w);
}

static void test_records_with_peers_are_those_of_the_go_exporter(void **state)
{
	static const size_t flows[] = { 0, 5, 4 };
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, EXTENDS);
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	w.fake.fact = facts;
	w.fake.count = COUNT(facts);
	for (i = 0; i < COUNT(flows); i++) {
		const struct flow *flow = &w.batch->flows[flows[i]];

		assert_int_equal(make(&w, flow, 0), KEEP);
		assert_int_equal(enrich(&w, flow), FOUND);
		assert_string_equal(json(&w), peer_records[i]);
	}
	close_world(&w);
}

/* As the answers come, pass by pass; what does not depend on them, at once. */
static void test_what_is_independent_is_asked_together(void **state)
{
	static const char *const passes[] = {
		TYPE "\n" DOCKER("172.17.0.2") "\n" DOCKER("203.0.113.9") "\n" NAME(
			"172.17.0.2") "\n" NAME("203.0.113.9") "\n",
		RUNC("172.17.0.2") "\n" RUNC("203.0.113.9") "\n",
		POD("containerd://cid1") "\n" HOST("203.0.113.9") "\n",
	};
	const char *rest;
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, EXTENDS);
	w.fake.fact = facts;
	w.fake.count = COUNT(facts);
	make(&w, &w.batch->flows[0], 0);
	for (i = 0; i < COUNT(passes); i++) {
		w.fake.is_silent = true;
		assert_int_equal(enrich(&w, &w.batch->flows[0]), PENDING);
		assert_string_equal(asked(&w), passes[i]);
		/* Those questions are answered, later ones are not. */
		w.fake.is_silent = false;
		queries_pass(&w.queries, 0);
		for (rest = passes[i]; *rest; rest = strchr(rest, '\n') + 1)
			query_text(&w.queries, str_until(str_of(rest), '\n'));
		asked(&w);
	}
	w.fake.is_silent = true;
	assert_int_equal(enrich(&w, &w.batch->flows[0]), FOUND);
	assert_string_equal(asked(&w), "");
	assert_string_equal(json(&w), peer_records[0]);
	close_world(&w);
}

static void test_reports_are_counted_until_a_flow_is_forgotten(void **state)
{
	static const struct {
		int64_t at_ms, finish;
		const char *status;
		int64_t count;
	} reports[] = {
		{ 0, FINISH_NOT, "STARTED", 0 },
		{ 1, FINISH_NOT, "UPDATED", 1 },
		/* Ten minutes, from the last report on. */
		{ 10 * MINUTE_MS, FINISH_NOT, "UPDATED", 2 },
		{ 20 * MINUTE_MS - 1, FINISH_NOT, "UPDATED", 3 },
		{ 30 * MINUTE_MS - 1, FINISH_NOT, "STARTED", 0 },
		/* One minute after the end. */
		{ 31 * MINUTE_MS, FINISH_TCP_FIN, "ENDED", 1 },
		{ 32 * MINUTE_MS - 1, FINISH_TCP_RST, "ENDED", 2 },
		{ 33 * MINUTE_MS - 2, FINISH_NOT, "UPDATED", 3 },
		{ 34 * MINUTE_MS, FINISH_TCP_RST, "ENDED", 4 },
		{ 35 * MINUTE_MS, FINISH_TCP_FIN, "ENDED", 0 },
		{ 36 * MINUTE_MS, FINISH_NOT, "STARTED", 0 },
		/* None after a timeout. */
		{ 36 * MINUTE_MS, FINISH_TIMEOUT, "ENDED", 1 },
		{ 36 * MINUTE_MS, FINISH_TIMEOUT, "ENDED", 0 },
		{ 36 * MINUTE_MS, FINISH_NOT, "STARTED", 0 },
		/* An end that nobody has told us of. */
		{ 36 * MINUTE_MS, 9, "ENDED", 1 },
		{ 46 * MINUTE_MS - 1, FINISH_NOT, "UPDATED", 2 },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, PLAIN);
	for (i = 0; i < COUNT(reports); i++) {
		const struct flow other = { .uuid = STR("other") };
		struct flow flow = { .uuid = STR("u"), .finish_type = reports[i].finish };

		make(&w, &flow, reports[i].at_ms);
		if (!str_is(w.record.status, reports[i].status) ||
		    w.record.update_count != reports[i].count)
			fail_msg("report %zu: %s", i, json(&w));
		make(&w, &other, reports[i].at_ms);
		assert_int_equal(w.record.update_count == 0,
				 i == 0 || reports[i].at_ms - reports[i - 1].at_ms >=
						   10 * MINUTE_MS);
	}
	close_world(&w);
}

static void test_ends_have_their_names(void **state)
{
	static const struct {
		int64_t finish;
		const char *type;
	} cases[] = {
		{ FINISH_NOT, "" },
		{ FINISH_TIMEOUT, "Timeout" },
		{ FINISH_TCP_FIN, "SYN_FIN" },
		{ FINISH_TCP_RST, "SYN_RST" },
		{ 4, "" },
		{ -1, "" },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, PLAIN);
	for (i = 0; i < COUNT(cases); i++) {
		struct flow flow = { .finish_type = cases[i].finish };

		make(&w, &flow, 0);
		assert_true(str_is(w.record.finish_type, cases[i].type));
	}
	close_world(&w);
}

static void test_started_flows_may_be_left_out(void **state)
{
	static const struct {
		const char *uuid;
		int64_t at_ms, finish;
		enum verdict verdict;
		int64_t count;
	} reports[] = {
		{ "a", 0, FINISH_NOT, EXCLUDE, 0 },
		{ "a", 1, FINISH_NOT, KEEP, 1 },
		{ "b", 1, FINISH_TCP_FIN, KEEP, 0 },
		{ "c", 1, FINISH_TIMEOUT, KEEP, 0 },
		{ "c", 2, FINISH_NOT, EXCLUDE, 0 },
		{ "a", 11 * MINUTE_MS, FINISH_NOT, EXCLUDE, 0 },
		{ "a", 11 * MINUTE_MS, FINISH_TCP_RST, KEEP, 1 },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, "pipeline.transform: {type: secadvisor, secadvisor: "
		       "{exclude_started_flows: true}}");
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	for (i = 0; i < COUNT(reports); i++) {
		struct flow flow = { .uuid = str_of(reports[i].uuid),
				     .finish_type = reports[i].finish };

		if (make(&w, &flow, reports[i].at_ms) != reports[i].verdict)
			fail_msg("report %zu", i);
		assert_int_equal(w.record.update_count, reports[i].count);
	}
	close_world(&w);
}

/* The member that a flow's layers become. */
static void test_layers_are_spelt_out(void **state)
{
	static const struct {
		int network, transport;
		int64_t a, b;
		const char *json;
	} cases[] = {
		{ PROTOCOL_IPV6, PROTOCOL_SCTP, 0, 65535,
		  "\"Network\":{\"Protocol\":\"IPV6\",\"A\":\"x\"},"
		  "\"Transport\":{\"Protocol\":\"SCTP\",\"A\":\"0\",\"B\":\"65535\"}" },
		{ PROTOCOL_ETHERNET, PROTOCOL_UDP, 1, 2,
		  "\"Network\":{\"Protocol\":\"ETHERNET\",\"A\":\"x\"},"
		  "\"Transport\":{\"Protocol\":\"UDP\",\"A\":\"1\",\"B\":\"2\"}" },
		{ 99, -1, -1, INT64_MIN,
		  "\"Network\":{\"Protocol\":\"99\",\"A\":\"x\"},"
		  "\"Transport\":{\"Protocol\":\"-1\",\"A\":\"-1\","
		  "\"B\":\"-9223372036854775808\"}" },
		{ INT32_MAX, INT32_MIN, INT64_MAX, -10,
		  "\"Network\":{\"Protocol\":\"2147483647\",\"A\":\"x\"},"
		  "\"Transport\":{\"Protocol\":\"-2147483648\","
		  "\"A\":\"9223372036854775807\",\"B\":\"-10\"}" },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, PLAIN);
	for (i = 0; i < COUNT(cases); i++) {
		struct flow_layer network = { .protocol = cases[i].network,
					      .a = STR("x") };
		struct flow_transport transport = { .protocol = cases[i].transport,
						    .a = cases[i].a,
						    .b = cases[i].b };
		struct flow flow = { .network = &network, .transport = &transport };

		make(&w, &flow, 0);
		if (!strstr(json(&w), cases[i].json))
			fail_msg("%s is not in %s", cases[i].json, json(&w));
	}
	close_world(&w);
}

static void test_members_that_templates_use_are_filled(void **state)
{
	struct flow none = { .uuid = STR("") };
	struct world w;

	(void)state;
	open_world(&w, PLAIN);
	make(&w, &w.batch->flows[4], 0);
	assert_int_equal(w.record.link_id, 100);
	assert_true(str_is(w.record.l3_tracking_id, "5cd4c3b2a1f0e5d4"));
	assert_null(strstr(json(&w), "LinkID"));
	assert_null(strstr(json(&w), "TrackingID"));
	make(&w, &none, 0);
	assert_string_equal(json(&w), "{\"Version\":\"1.1.0\",\"Status\":\"STARTED\","
				      "\"Start\":0,\"Last\":0,\"UpdateCount\":0}");
	close_world(&w);
}

static void test_wrong_options_are_named(void **state)
{
	static const struct {
		const char *option, *problem;
	} cases[] = {
		{ "extend: [A=G, B]", "t.yml:4: pipeline.transform.secadvisor.extend[1]: "
				      "\"B\" has no \"=\"; write NAME=QUERY" },
		{ "extend: ['A={{end}}']",
		  "t.yml:4: pipeline.transform.secadvisor.extend[0]: "
		  "{{end}} without {{if}}" },
		{ "attribute_names: x",
		  "t.yml:4: pipeline.transform.secadvisor.attribute_names: " },
		{ "tracked_flows: 999",
		  "t.yml:4: pipeline.transform.secadvisor.tracked_flows: " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf yaml = BUF_INIT(4096);
		struct world w;

		buf_printf(&yaml,
			   "pipeline:\n transform:\n  type: secadvisor\n"
			   "  secadvisor: {%s}\n",
			   cases[i].option);
		open_world(&w, yaml.ptr);
		assert_int_equal(w.problems.count, 1);
		if (!strstr(w.problems.text.ptr, cases[i].problem))
			fail_msg("%s", w.problems.text.ptr);
		close_world(&w);
		buf_fini(&yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_without_peers_are_those_of_the_go_exporter),
		cmocka_unit_test(test_the_second_report_of_a_flow_is_an_update),
		cmocka_unit_test(test_records_with_peers_are_those_of_the_go_exporter),
		cmocka_unit_test(test_what_is_independent_is_asked_together),
		cmocka_unit_test(test_reports_are_counted_until_a_flow_is_forgotten),
		cmocka_unit_test(test_ends_have_their_names),
		cmocka_unit_test(test_started_flows_may_be_left_out),
		cmocka_unit_test(test_layers_are_spelt_out),
		cmocka_unit_test(test_members_that_templates_use_are_filled),
		cmocka_unit_test(test_wrong_options_are_named),
	};

	return cmocka_run_group_tests_name("transform_secadvisor", tests, NULL, NULL);
}
