/* SPDX-License-Identifier: Apache-2.0 */
/* test_decode_json.c - flows of both generations of analyzer, in and out again
 * byte for byte; and what one bad flow costs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow/decode.h"
#include "format/json_write.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct batch *new_batch(void)
{
	struct batch *batch = batch_new(NULL, 0, NULL);

	assert_non_null(batch);
	return batch;
}

/* The flows as an analyzer writes them, one a line. */
static void put_flows(struct buf *b, const struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++) {
		json_put_record(b, &flow_shape, &batch->flows[i],
				(struct json_style){ false, 0 });
		buf_putc(b, '\n');
	}
}

static void assert_same_bytes(const char *json)
{
	struct buf list = BUF_INIT(65536), out = BUF_INIT(65536);
	struct batch *batch = new_batch();
	struct err err = ERR_INIT;

	buf_printf(&list, "[%s]", json);
	if (decode_json(buf_str(&list), batch, &err))
		fail_msg("%s", err.text);
	assert_int_equal(batch->count, 1);
	put_flows(&out, batch);
	buf_reset(&list);
	buf_printf(&list, "%s\n", json);
	assert_string_equal(out.ptr, list.ptr);
	buf_fini(&list);
	buf_fini(&out);
	batch_unref(batch);
}

static void test_flows_come_out_as_they_came_in(void **state)
{
	static const char *const more[] = {
		"{\"DHCPv4\":{\"hardware_len\":6,\"secs\":3,\"flags\":32768,"
		"\"server_name\":\"c3J2PD4=\",\"file\":\"AAE=\"},"
		"\"VRRPv2\":{\"version\":2,\"virtual_rtrID\":51,\"priority\":100,"
		"\"adver_int\":1},\"IPMetric\":{\"Fragments\":0,\"FragmentErrors\":0},"
		"\"Start\":0,\"Last\":0,\"ParentUUID\":\"\",\"RawPacketsCaptured\":1}",
		"{\"Link\":{\"Protocol\":\"-1556352261\",\"ID\":0},"
		"\"Network\":{\"Protocol\":\"9\",\"ID\":-1},"
		"\"ICMP\":{\"Type\":\"77\",\"Code\":4294967295},\"Start\":0,"
		"\"Last\":9223372036854775807,\"ParentUUID\":\"a\\u003c\\u2028\xef\xbf\xbd\","
		"\"RawPacketsCaptured\":0,\"FinishType\":3}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < FLOW_COUNT; i++) {
		assert_same_bytes(sample_flows[i].json);
		if (sample_flows[i].old)
			assert_same_bytes(sample_flows[i].old);
	}
	for (i = 0; i < COUNT(more); i++)
		assert_same_bytes(more[i]);
}

static void test_every_member_is_understood(void **state)
{
	struct batch *batch = new_batch();
	struct buf list = BUF_INIT(65536);
	const struct flow *f;
	size_t i;

	(void)state;
	for (i = 0; i < FLOW_COUNT; i++)
		buf_printf(&list, "%c%s", i ? ',' : '[', sample_flows[i].json);
	buf_putc(&list, ']');
	assert_int_equal(decode_json(buf_str(&list), batch, NULL), 0);
	assert_int_equal(batch->count, FLOW_COUNT);
	f = &batch->flows[0];
	assert_true(str_is(f->uuid, "7521e85422cbc042"));
	assert_int_equal(f->transport->protocol, PROTOCOL_TCP);
	assert_int_equal(f->transport->a, 32396);
	assert_int_equal(f->last_update->ab_bytes, 1112);
	assert_int_equal(f->metric->rtt, 254000);
	assert_null(f->tcp_metric);
	assert_null(f->icmp);
	assert_int_equal(f->finish_type, FINISH_NOT);
	f = &batch->flows[1];
	assert_int_equal(f->tcp_metric->ba_syn_ttl, 63);
	assert_int_equal(f->tcp_metric->ba_fin_start, 1551199612345);
	assert_int_equal(f->finish_type, FINISH_TCP_FIN);
	assert_true(str_starts(batch->flows[2].dns.text, STR("{\"ID\":4660,")));
	assert_int_equal(batch->flows[3].icmp->type, 2);
	assert_null(batch->flows[3].transport);
	assert_int_equal(batch->flows[4].link->id, 100);
	assert_int_equal(batch->flows[4].network->protocol, PROTOCOL_IPV6);
	assert_null(batch->flows[5].network);
	assert_true(
		str_is(batch->flows[5].node_tid, "3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10"));
	buf_fini(&list);
	batch_unref(batch);
}

static void test_no_flows_are_no_error(void **state)
{
	static const char *const texts[] = { "", "null", " null ", "[]", " [ ] " };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct batch *batch = new_batch();

		assert_int_equal(decode_json(str_of(texts[i]), batch, NULL), 0);
		assert_int_equal(batch->count, 0);
		batch_unref(batch);
	}
}

static void test_a_bad_flow_costs_itself_only(void **state)
{
	static const struct {
		const char *flow;
		enum bad_flow reason;
	} cases[] = {
		{ "null", BAD_FLOW_NULL },
		{ "{\"Start\":\"1\"}", BAD_FLOW_TYPE },
		{ "{\"UUID\":1}", BAD_FLOW_TYPE },
		{ "{\"Link\":[{}]}", BAD_FLOW_TYPE },
		{ "[{\"UUID\":\"x\"}]", BAD_FLOW_TYPE },
		{ "7", BAD_FLOW_TYPE },
		{ "\"]\"", BAD_FLOW_TYPE },
		{ "{\"Metric\":{\"ABBytes\":true}}", BAD_FLOW_TYPE },
		{ "{\"Start\":1e3}", BAD_FLOW_NUMBER },
		{ "{\"Last\":1.5}", BAD_FLOW_NUMBER },
		{ "{\"Last\":9223372036854775808}", BAD_FLOW_NUMBER },
		{ "{\"ICMP\":{\"Type\":\"ECHO\",\"Code\":-1}}", BAD_FLOW_NUMBER },
		{ "{\"Network\":{\"Protocol\":\"IPV5\"}}", BAD_FLOW_PROTOCOL },
		{ "{\"ICMP\":{\"Type\":\"PING\"}}", BAD_FLOW_PROTOCOL },
		{ "{\"ICMP\":{\"Type\":\"2147483648\"}}", BAD_FLOW_PROTOCOL },
		{ "{\"ICMP\":{\"Type\":-2147483649}}", BAD_FLOW_NUMBER },
	};
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct batch *batch = new_batch();
		struct buf list = BUF_INIT(4096), out = BUF_INIT(4096);
		struct err err = ERR_INIT;

		buf_printf(&list, "[{\"UUID\":\"a\"} , %s ,{\"Start\":1},%s]",
			   cases[i].flow, cases[i].flow);
		if (decode_json(buf_str(&list), batch, &err))
			fail_msg("%s: %s", cases[i].flow, err.text);
		for (k = 0; k < BAD_FLOW_REASONS; k++)
			assert_int_equal(batch->bad[k],
					 k == (int)cases[i].reason ? 2 : 0);
		put_flows(&out, batch);
		assert_string_equal(out.ptr,
				    "{\"UUID\":\"a\",\"Start\":0,\"Last\":0,"
				    "\"ParentUUID\":\"\",\"RawPacketsCaptured\":0}\n"
				    "{\"Start\":1,\"Last\":0,\"ParentUUID\":\"\","
				    "\"RawPacketsCaptured\":0}\n");
		buf_fini(&list);
		buf_fini(&out);
		batch_unref(batch);
	}
}

static void test_what_is_not_json_loses_the_rest(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = {
		{ "{}", 0 },
		{ "1", 0 },
		{ "nul", 0 },
		{ "nullx", 0 },
		{ "[", 0 },
		{ "[null", 0 },
		{ "[null,", 0 },
		{ "[{}", 1 },
		{ "[{},", 1 },
		{ "[{},]", 1 },
		{ "[,{}]", 0 },
		{ "[{} {}]", 1 },
		{ "[{}}", 1 },
		{ "[{},{\"UUID\":\"x}]", 1 },
		{ "[{},{\"UUID\" 1},{}]", 1 },
		{ "[{},{\"Start\":\"1\",],{}]", 1 },
		{ "[{}]x", 1 },
		{ "[]]", 0 },
		{ "[{},{},{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		  "[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
		  "]]]]]]]]]}]",
		  2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct batch *batch = new_batch();
		struct err err = ERR_INIT;

		if (decode_json(str_of(cases[i].text), batch, &err) != -EINVAL ||
		    batch->count != cases[i].count)
			fail_msg("%s: %zu flows, \"%s\"", cases[i].text, batch->count,
				 err.text);
		assert_non_null(strstr(err.text, "flows: "));
		batch_unref(batch);
	}
}

static void test_the_error_says_where(void **state)
{
	struct batch *batch = new_batch();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(decode_json(STR("[{},{\"UUID\":\"x\",,}]"), batch, &err),
			 -EINVAL);
	assert_string_equal(err.text, "flows: not JSON at byte 16 of 19");
	batch_unref(batch);
}

/* At every byte: an error, the flows before it, and no look behind the end. */
static void test_truncated_lists_keep_what_is_whole(void **state)
{
	struct buf list = BUF_INIT(65536);
	size_t len, first;

	(void)state;
	buf_printf(&list, "[%s,%s]", sample_flows[2].json, sample_flows[1].json);
	first = 1 + strlen(sample_flows[2].json);
	for (len = 1; len < list.len; len++) {
		struct batch *batch = new_batch();
		char *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, list.ptr, len);
		assert_int_equal(decode_json((struct str){ copy, len }, batch, NULL),
				 -EINVAL);
		assert_int_equal(batch->count, (len >= first) + (len == list.len - 1));
		batch_unref(batch);
		free(copy);
	}
	buf_fini(&list);
}

/* A batch larger than its first room, with an escape in every flow. */
static void test_large_lists_are_kept_in_order(void **state)
{
	struct batch *batch = new_batch();
	struct buf list = BUF_INIT(1 << 20);
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_printf(&list, "%s{\"UUID\":\"\\u0041\",\"Start\":%zu,\"Link\":{}}%s",
			   i ? "," : "[", i, i % 10 ? "" : ",null");
	buf_putc(&list, ']');
	assert_int_equal(decode_json(buf_str(&list), batch, NULL), 0);
	assert_int_equal(batch->count, 1000);
	assert_int_equal(batch->bad[BAD_FLOW_NULL], 100);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(batch->flows[i].start, i);
		assert_true(str_is(batch->flows[i].uuid, "A"));
		assert_non_null(batch->flows[i].link);
	}
	buf_fini(&list);
	batch_unref(batch);
}

/* The first flows of a message that has no room for all are kept, the others counted. */
static void test_flows_without_room_cost_themselves_only(void **state)
{
	struct batch_account account = { .bytes_max = 1 << 20 };
	struct buf list = BUF_INIT(1 << 20);
	struct batch *batch;
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_puts(&list, i ? ",{}" : "[{}");
	buf_putc(&list, ']');
	batch = batch_new(NULL, list.len, &account);
	assert_int_equal(decode_json(buf_str(&list), batch, NULL), 0);
	assert_true(batch->count > 1000);
	assert_int_equal(batch->count + batch->bad[BAD_FLOW_MEMORY], 100000);
	assert_int_equal(arena_error(&batch->arena), 0);
	buf_fini(&list);
	batch_unref(batch);
}

static void test_garbage_is_survived(void **state)
{
	uint32_t seed = 3;
	size_t round, i;

	(void)state;
	for (round = 0; round < 3000; round++) {
		const char *json = sample_flows[round % FLOW_COUNT].json;
		struct batch *batch = new_batch();
		size_t len = strlen(json) + 2;
		char *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy + 1, json, len - 2);
		copy[0] = '[';
		copy[len - 1] = ']';
		for (i = 0; i < 3; i++) {
			seed = seed * 1664525u + 1013904223u;
			copy[(seed >> 8) % len] = (char)(seed >> 24);
		}
		decode_json((struct str){ copy, len }, batch, NULL);
		batch_unref(batch);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows_come_out_as_they_came_in),
		cmocka_unit_test(test_every_member_is_understood),
		cmocka_unit_test(test_no_flows_are_no_error),
		cmocka_unit_test(test_a_bad_flow_costs_itself_only),
		cmocka_unit_test(test_what_is_not_json_loses_the_rest),
		cmocka_unit_test(test_the_error_says_where),
		cmocka_unit_test(test_truncated_lists_keep_what_is_whole),
		cmocka_unit_test(test_large_lists_are_kept_in_order),
		cmocka_unit_test(test_flows_without_room_cost_themselves_only),
		cmocka_unit_test(test_garbage_is_survived),
	};

	return cmocka_run_group_tests_name("decode_json", tests, NULL, NULL);
}
