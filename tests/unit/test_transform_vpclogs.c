/* SPDX-License-Identifier: Apache-2.0 */
/* test_transform_vpclogs.c - records byte for byte, and where a direction comes
 * from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "flow/decode.h"
#include "format/json_write.h"
#include "stage/registry.h"
#include "stage/stage_state.h"
#include "stage/vpclogs.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TID	     "3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10"

/* Answers every question with one node of these addresses, or with none. */
struct fake_answers {
	struct answers answers;
	struct buf asked; /* a line a question */
	const struct answer *answer;
};

static const struct answer *fake_find(struct answers *answers, struct str text)
{
	struct fake_answers *fake = (struct fake_answers *)answers;

	buf_printf(&fake->asked, STR_FMT "\n", STR_ARG(text));
	return fake->answer;
}

static void fake_release(struct answers *answers)
{
	(void)answers;
}

/* What make() and enrich() turn a flow into: JSON, or the number of the verdict
 * when the flow is left out. */
static enum found make_record(const char *json, struct fake_answers *fake,
			      struct buf *out)
{
	void *self;
	struct batch *batch = batch_new(NULL, 0, NULL);
	enum found found = ABSENT;
	struct buf list = BUF_INIT(65536);
	struct vpclogs record = { .direction = { NULL, 0 } };
	struct queries queries;
	enum verdict verdict;

	assert_non_null(batch);
	assert_int_equal(queries_init(&queries, &fake->answers), 0);
	buf_printf(&list, "[%s]", json);
	assert_int_equal(decode_json(buf_str(&list), batch, NULL), 0);
	assert_int_equal(batch->count, 1);
	assert_int_equal(stage_state_new(&transform_vpclogs.stage, &self), 0);
	verdict = transform_vpclogs.make(self, TAG_OTHER, &batch->flows[0],
					 (struct now){ 0, 0 }, &record);
	if (verdict == KEEP) {
		found = transform_vpclogs.enrich(self, &batch->flows[0], &queries,
						 &record);
		json_put_record(out, transform_vpclogs.record, &record,
				(struct json_style){ false, 0 });
	} else {
		buf_put_i64(out, verdict);
	}
	stage_state_free(&transform_vpclogs.stage, self);
	queries_fini(&queries);
	buf_fini(&list);
	batch_unref(batch);
	return found;
}

static struct fake_answers answers_of(const struct answer *answer)
{
	return (struct fake_answers){
		.answers = { .find = fake_find, .release = fake_release },
		.asked = BUF_INIT(4096),
		.answer = answer,
	};
}

static struct str usual_address[] = { { "172.17.0.2/16", 13 } };
static const struct node usual_node[] = { { .ipv4 = { usual_address, 1 } } };
static const struct answer usual_answer = { .node = usual_node, .count = 1 };
static const struct answer no_answer = { .count = 0 };

static void test_records_are_those_of_the_go_exporter(void **state)
{
	static const struct {
		size_t flow;
		const char *record;
	} cases[] = {
		{ 0, "{\"start_time\":\"2019-02-26T16:47:05Z\","
		     "\"end_time\":\"2019-02-26T16:47:35Z\","
		     "\"connection_start_time\":\"2019-02-26T16:46:49Z\","
		     "\"direction\":\"outbound\",\"initiator_ip\":\"172.17.0.2\","
		     "\"target_ip\":\"203.0.113.9\",\"initiator_port\":32396,"
		     "\"target_port\":4723,\"transport_protocol\":6,"
		     "\"ether_type\":\"IPv4\",\"was_initiated\":false,"
		     "\"was_terminated\":false,"
		     "\"cumulative_bytes_from_initiator\":2178,"
		     "\"cumulative_packets_from_initiator\":22,"
		     "\"cumulative_bytes_from_target\":4244,"
		     "\"cumulative_packets_from_target\":19,"
		     "\"bytes_from_initiator\":1112,\"packets_from_initiator\":12,"
		     "\"bytes_from_target\":2178,\"packets_from_target\":10}" },
		{ 1, "{\"start_time\":\"2019-02-26T16:46:50Z\","
		     "\"end_time\":\"2019-02-26T16:47:20Z\","
		     "\"connection_start_time\":\"2019-02-26T16:46:50Z\","
		     "\"direction\":\"outbound\",\"initiator_ip\":\"172.17.0.2\","
		     "\"target_ip\":\"172.17.0.3\",\"initiator_port\":45678,"
		     "\"target_port\":443,\"transport_protocol\":6,"
		     "\"ether_type\":\"IPv4\",\"was_initiated\":true,"
		     "\"was_terminated\":true,\"cumulative_bytes_from_initiator\":540,"
		     "\"cumulative_packets_from_initiator\":6,"
		     "\"cumulative_bytes_from_target\":480,"
		     "\"cumulative_packets_from_target\":5,"
		     "\"bytes_from_initiator\":540,\"packets_from_initiator\":6,"
		     "\"bytes_from_target\":480,\"packets_from_target\":5}" },
		{ 2, "{\"start_time\":\"2019-02-26T16:47:00Z\","
		     "\"end_time\":\"2019-02-26T16:47:30Z\","
		     "\"connection_start_time\":\"2019-02-26T16:47:00Z\","
		     "\"direction\":\"outbound\",\"initiator_ip\":\"172.17.0.2\","
		     "\"target_ip\":\"8.8.8.8\",\"initiator_port\":53124,"
		     "\"target_port\":53,\"transport_protocol\":17,"
		     "\"ether_type\":\"IPv4\",\"was_initiated\":true,"
		     "\"was_terminated\":false,\"cumulative_bytes_from_initiator\":75,"
		     "\"cumulative_packets_from_initiator\":1,"
		     "\"cumulative_bytes_from_target\":91,"
		     "\"cumulative_packets_from_target\":1,"
		     "\"bytes_from_initiator\":75,\"packets_from_initiator\":1,"
		     "\"bytes_from_target\":91,\"packets_from_target\":1}" },
		{ 4, "{\"start_time\":\"2019-02-26T16:46:10Z\","
		     "\"end_time\":\"2019-02-26T16:47:10Z\","
		     "\"connection_start_time\":\"2019-02-26T16:36:40Z\","
		     "\"initiator_ip\":\"2001:db8::1\",\"target_ip\":\"2001:db8::2\","
		     "\"initiator_port\":50000,\"target_port\":22,"
		     "\"transport_protocol\":6,\"ether_type\":\"IPv4\","
		     "\"was_initiated\":false,\"was_terminated\":false,"
		     "\"cumulative_bytes_from_initiator\":9000,"
		     "\"cumulative_packets_from_initiator\":100,"
		     "\"cumulative_bytes_from_target\":70000,"
		     "\"cumulative_packets_from_target\":80}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct fake_answers fake = answers_of(&usual_answer);
		struct buf out = BUF_INIT(65536);

		make_record(sample_flows[cases[i].flow].json, &fake, &out);
		assert_string_equal(out.ptr, cases[i].record);
		assert_string_equal(fake.asked.ptr, "G.V().Has(\"TID\", \"" TID "\")\n");
		buf_fini(&out);
		buf_fini(&fake.asked);
	}
}

#define NETWORK	  "\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"1.1.1.1\",\"B\":\"2.2.2.2\"}"
#define TRANSPORT "\"Transport\":{\"Protocol\":\"TCP\",\"A\":1,\"B\":2}"
#define BOTH	  "\"Metric\":{\"ABBytes\":9,\"BABytes\":9},\"LastUpdateMetric\":{}"

static void test_flows_without_what_a_record_needs_are_left_out(void **state)
{
	static const struct {
		const char *flow;
		enum verdict verdict;
	} cases[] = {
		{ "{}", DROP_NO_TRANSPORT },
		{ "{" NETWORK "," BOTH "}", DROP_NO_TRANSPORT },
		{ "{" TRANSPORT "," BOTH "}", DROP_NO_NETWORK },
		{ "{" NETWORK "," TRANSPORT "}", DROP_NO_METRIC },
		{ "{" NETWORK "," TRANSPORT ",\"Metric\":{}}", DROP_NO_METRIC },
		{ "{" NETWORK "," TRANSPORT ",\"LastUpdateMetric\":{}}", DROP_NO_METRIC },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct fake_answers fake = answers_of(&usual_answer);
		struct buf out = BUF_INIT(4096), expected = BUF_INIT(64);

		make_record(cases[i].flow, &fake, &out);
		buf_put_i64(&expected, cases[i].verdict);
		assert_string_equal(out.ptr, expected.ptr);
		buf_fini(&out);
		buf_fini(&expected);
		buf_fini(&fake.asked);
	}
	/* ICMP and ARP. */
	for (i = 3; i < 6; i += 2) {
		struct fake_answers fake = answers_of(&usual_answer);
		struct buf out = BUF_INIT(4096), expected = BUF_INIT(64);

		make_record(sample_flows[i].json, &fake, &out);
		buf_put_i64(&expected, DROP_NO_TRANSPORT);
		assert_string_equal(out.ptr, expected.ptr);
		buf_fini(&out);
		buf_fini(&expected);
	}
}

/* The members between direction and the counters, from one flow. */
static void test_members_follow_the_flow(void **state)
{
	static const struct {
		const char *protocol, *metrics, *part;
	} cases[] = {
		{ "TCP", BOTH, "\"transport_protocol\":6," },
		{ "UDP", BOTH, "\"transport_protocol\":17," },
		{ "SCTP", BOTH, "\"target_port\":2,\"ether_type\":\"IPv4\"," },
		{ "TCP", BOTH, "\"was_initiated\":false,\"was_terminated\":false," },
		{ "TCP",
		  "\"Metric\":{\"ABBytes\":5,\"BABytes\":1},"
		  "\"LastUpdateMetric\":{\"ABBytes\":5}",
		  "\"was_initiated\":true" },
		{ "TCP", "\"Metric\":{\"ABBytes\":5},\"LastUpdateMetric\":{}",
		  "\"was_initiated\":true" },
		{ "TCP", BOTH ",\"TCPMetric\":{}", "\"was_terminated\":false" },
		{ "TCP", BOTH ",\"TCPMetric\":{\"ABSynStart\":1,\"BASynStart\":1}",
		  "\"was_terminated\":false" },
		{ "TCP", BOTH ",\"TCPMetric\":{\"ABFinStart\":1}",
		  "\"was_terminated\":true" },
		{ "TCP", BOTH ",\"TCPMetric\":{\"BAFinStart\":1}",
		  "\"was_terminated\":true" },
		{ "TCP", BOTH ",\"TCPMetric\":{\"ABRstStart\":1}",
		  "\"was_terminated\":true" },
		{ "TCP", BOTH ",\"TCPMetric\":{\"BARstStart\":1}",
		  "\"was_terminated\":true" },
		{ "TCP",
		  "\"Metric\":{\"Start\":1999},\"LastUpdateMetric\":"
		  "{\"Start\":999,\"Last\":-86400000}",
		  "{\"start_time\":\"1970-01-01T00:00:00Z\","
		  "\"end_time\":\"1969-12-31T00:00:00Z\","
		  "\"connection_start_time\":\"1970-01-01T00:00:01Z\"," },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct fake_answers fake = answers_of(&no_answer);
		struct buf flow = BUF_INIT(4096), out = BUF_INIT(4096);

		buf_printf(&flow,
			   "{" NETWORK ",\"Transport\":{\"Protocol\":\"%s\",\"A\":1,"
			   "\"B\":2},%s}",
			   cases[i].protocol, cases[i].metrics);
		make_record(flow.ptr, &fake, &out);
		if (!strstr(out.ptr, cases[i].part))
			fail_msg("%s is not in %s", cases[i].part, out.ptr);
		buf_fini(&flow);
		buf_fini(&out);
	}
}

static void test_the_first_address_of_the_flow_gives_the_direction(void **state)
{
	static const struct {
		const char *addresses[3];
		const char *direction; /* or NULL */
	} cases[] = {
		{ { "1.1.1.1/24" }, "outbound" },
		{ { "1.1.1.1" }, "outbound" },
		{ { "2.2.2.2/32" }, "inbound" },
		{ { "9.9.9.9/8", "2.2.2.2/8", "1.1.1.1/8" }, "inbound" },
		{ { "1.1.1.1/8", "2.2.2.2/8" }, "outbound" },
		{ { "1.1.1.10/8", "1.1.1/8", "" }, NULL },
		{ { NULL }, NULL },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct str item[3];
		struct node node = { .ipv4 = { item, 0 } };
		struct answer answer = { .node = &node, .count = 1 };
		struct fake_answers fake = answers_of(&answer);
		struct buf out = BUF_INIT(4096);
		enum found found;

		for (n = 0; n < 3 && cases[i].addresses[n]; n++)
			item[n] = str_of(cases[i].addresses[n]);
		node.ipv4.count = n;
		found = make_record("{\"NodeTID\":\"t\"," NETWORK "," TRANSPORT "," BOTH
				    "}",
				    &fake, &out);
		assert_int_equal(found, cases[i].direction ? FOUND : ABSENT);
		if (cases[i].direction) {
			assert_non_null(strstr(out.ptr, "\"direction\":\""));
			assert_non_null(strstr(out.ptr, cases[i].direction));
		} else {
			assert_null(strstr(out.ptr, "direction"));
		}
		buf_fini(&out);
		buf_fini(&fake.asked);
	}
}

static void test_unknown_captures_have_no_direction(void **state)
{
	static const struct {
		const char *tid;
		const struct answer *answer;
		enum found found;
		const char *asked;
	} cases[] = {
		{ "", &usual_answer, ABSENT, "" },
		{ "t", &no_answer, ABSENT, "G.V().Has(\"TID\", \"t\")\n" },
		{ "t", NULL, PENDING, "G.V().Has(\"TID\", \"t\")\n" },
		{ "t'", &usual_answer, ABSENT, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct fake_answers fake = answers_of(cases[i].answer);
		struct buf flow = BUF_INIT(4096), out = BUF_INIT(4096);

		buf_printf(&flow,
			   "{\"NodeTID\":\"%s\"," NETWORK "," TRANSPORT "," BOTH "}",
			   cases[i].tid);
		assert_int_equal(make_record(flow.ptr, &fake, &out), cases[i].found);
		assert_null(strstr(out.ptr, "direction"));
		assert_string_equal(buf_str(&fake.asked).ptr, cases[i].asked);
		buf_fini(&flow);
		buf_fini(&out);
		buf_fini(&fake.asked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_are_those_of_the_go_exporter),
		cmocka_unit_test(test_flows_without_what_a_record_needs_are_left_out),
		cmocka_unit_test(test_members_follow_the_flow),
		cmocka_unit_test(test_the_first_address_of_the_flow_gives_the_direction),
		cmocka_unit_test(test_unknown_captures_have_no_direction),
	};

	return cmocka_run_group_tests_name("transform_vpclogs", tests, NULL, NULL);
}
