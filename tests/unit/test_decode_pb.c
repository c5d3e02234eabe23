/* SPDX-License-Identifier: Apache-2.0 */
/* test_decode_pb.c - flows as agents send them, and the JSON that analyzers
 * before 2024-04 made of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow/decode.h"
#include "flow/pb_write.h"
#include "format/json_read.h"
#include "format/json_write.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_varint(struct buf *b, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_putc(b, (char)(value | 0x80));
	buf_putc(b, (char)value);
}

/* Appends the bytes of hexadecimal digits; what stands in parentheses gets its
 * length in front. Returns where it stopped. */
static const char *put_hex(struct buf *b, const char *hex)
{
	while (*hex && *hex != ')') {
		unsigned byte;

		if (*hex == '(') {
			struct buf inside = BUF_INIT(65536);

			hex = put_hex(&inside, hex + 1) + 1;
			put_varint(b, inside.len);
			buf_put(b, buf_str(&inside));
			buf_fini(&inside);
		} else if (*hex == ' ') {
			hex++;
		} else {
			assert_int_equal(sscanf(hex, "%2x", &byte), 1);
			buf_putc(b, (char)byte);
			hex += 2;
		}
	}
	return hex;
}

static void put_flow(struct buf *b, const char *hex)
{
	char text[4096];

	snprintf(text, sizeof(text), "0a(%s)", hex);
	put_hex(b, text);
}

static void assert_flows(const struct buf *message, const char *const *json, size_t count)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT(65536);
	size_t i;

	assert_non_null(batch);
	if (decode_pb(buf_str(message), batch, &err))
		fail_msg("%s", err.text);
	assert_int_equal(batch->count, count);
	for (i = 0; i < count; i++) {
		struct json_reader r;

		buf_reset(&b);
		json_put_record(&b, &flow_shape, &batch->flows[i],
				(struct json_style){ false, 0 });
		assert_string_equal(b.ptr, json[i]);
		json_reader_init(&r, buf_str(&b), NULL);
		assert_true(json_skip(&r, NULL));
	}
	buf_fini(&b);
	batch_unref(batch);
}

static const char *old_json(size_t i)
{
	return sample_flows[i].old ? sample_flows[i].old : sample_flows[i].json;
}

static void test_flows_become_the_text_of_old_analyzers(void **state)
{
	struct buf all = BUF_INIT(65536);
	const char *json[FLOW_COUNT];
	size_t i;

	(void)state;
	for (i = 0; i < FLOW_COUNT; i++) {
		struct buf one = BUF_INIT(65536);

		json[i] = old_json(i);
		put_flow(&one, sample_flows[i].protobuf);
		put_flow(&all, sample_flows[i].protobuf);
		assert_flows(&one, &json[i], 1);
		buf_fini(&one);
	}
	assert_flows(&all, json, FLOW_COUNT);
	buf_fini(&all);
}

static void test_layers_have_every_key(void **state)
{
	static const struct {
		const char *hex;  /* of flow.Flow */
		const char *json; /* of its layers */
	} cases[] = {
		/* DHCPv4 with all members, then with none. */
		{ "c23e(0a(61) 12(ff00) 1806 2001 28ffffffff0f 3003 38808002"
		  "42(7372763c3e) 4a(0001))",
		  "\"DHCPv4\":{\"contents\":\"YQ==\",\"payload\":\"/wA=\","
		  "\"hardware_len\":6,\"hardware_opts\":1,\"xid\":4294967295,\"secs\":3,"
		  "\"flags\":32768,\"server_name\":\"c3J2PD4=\",\"file\":\"AAE=\"}," },
		{ "c23e()", "\"DHCPv4\":{}," },
		{ "d23e(0a(61) 12(62) 1802 2033 2864 3001 3801 40ffff03)",
		  "\"VRRPv2\":{\"contents\":\"YQ==\",\"payload\":\"Yg==\",\"version\":2,"
		  "\"VirtualRtrID\":51,\"priority\":100,\"CountIPAddr\":1,"
		  "\"adver_int\":1,\"checksum\":65535}," },
		/* DNS without a time has that of year one. */
		{ "ca3e()", "\"DNS\":{\"timestamp\":\"0001-01-01T00:00:00Z\"}," },
		{ "ca3e(2001 2801 4001 6001 6802)",
		  "\"DNS\":{\"AA\":true,\"TC\":true,\"z\":1,\"NSCount\":1,\"ARCount\":2,"
		  "\"timestamp\":\"0001-01-01T00:00:00Z\"}," },
		{ "ca3e(7a(0a(6e) 3a(6e73) 42(63) 4a(70) 52(61) 52(3c)"
		  "5a(0a(6d) 12(72) 1801 2002 2803 3004 3805)"
		  "62(0801 1002 1803 22(73)) 6a(0801 12(6d78))"
		  "72(0a(4e534944) 12(6162))) 9201(0805))",
		  "\"DNS\":{\"answers\":[{\"name\":\"n\",\"NS\":\"ns\",\"CNAME\":\"c\","
		  "\"PTR\":\"p\",\"TXTs\":[\"a\",\"\\u003c\"],\"SOA\":{\"MName\":\"m\","
		  "\"RName\":\"r\",\"serial\":1,\"refresh\":2,\"retry\":3,\"expire\":4,"
		  "\"minimum\":5},\"SRV\":{\"priority\":1,\"weight\":2,\"port\":3,"
		  "\"name\":\"s\"},\"MX\":{\"preference\":1,\"name\":\"mx\"},"
		  "\"OPT\":[{\"Code\":\"NSID\",\"Data\":\"ab\"}]}],"
		  "\"timestamp\":\"1970-01-01T00:00:05Z\"}," },
		{ "ca3e(8201() 8a01() 8a01())",
		  "\"DNS\":{\"authorities\":[{}],\"additionals\":[{},{}],"
		  "\"timestamp\":\"0001-01-01T00:00:00Z\"}," },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf message = BUF_INIT(4096), json = BUF_INIT(4096);
		const char *text;

		put_flow(&message, cases[i].hex);
		buf_printf(&json,
			   "{%s\"Start\":0,\"Last\":0,\"ParentUUID\":\"\","
			   "\"RawPacketsCaptured\":0}",
			   cases[i].json);
		text = json.ptr;
		assert_flows(&message, &text, 1);
		buf_fini(&message);
		buf_fini(&json);
	}
}

/* Appends a flow with a DHCPv4 message of so many bytes. */
static void put_dhcpv4_flow(struct buf *b, size_t size)
{
	struct buf layer = BUF_INIT(1 << 20), flow = BUF_INIT(1 << 20);

	buf_putc(&layer, 0x0a);
	put_varint(&layer, size);
	memset(buf_room(&layer, size), 'x', size);
	buf_added(&layer, size);
	put_hex(&flow, "c23e");
	put_varint(&flow, layer.len);
	buf_put(&flow, buf_str(&layer));
	buf_putc(b, 0x0a);
	put_varint(b, flow.len);
	buf_put(b, buf_str(&flow));
	assert_int_equal(buf_error(b), 0);
	buf_fini(&layer);
	buf_fini(&flow);
}

/* A layer over 1 MiB is left out of its flow and counted. */
static void test_a_layer_that_is_too_long_is_counted(void **state)
{
	static const size_t sizes[] = { 780000, 790000, 1, 800000 };
	static const bool kept[] = { true, false, true, false };
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct buf message = BUF_INIT(4 << 20);
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++)
		put_dhcpv4_flow(&message, sizes[i]);
	put_hex(&message, "0a00");
	assert_int_equal(decode_pb(buf_str(&message), batch, &err), 0);
	assert_int_equal(batch->count, COUNT(sizes) + 1);
	for (i = 0; i < COUNT(sizes); i++)
		assert_int_equal(batch->flows[i].dhcpv4.text.len > 0, kept[i]);
	assert_int_equal(batch->long_layers, 2);
	buf_fini(&message);
	batch_unref(batch);
}

/* Every counter has its own field number. */
static void test_metrics_are_not_mixed_up(void **state)
{
	static const char *const json =
		"{\"LastUpdateMetric\":{\"ABPackets\":2,\"ABBytes\":3,\"BAPackets\":4,"
		"\"BABytes\":5,\"Start\":6,\"Last\":7,\"RTT\":8},"
		"\"Metric\":{\"ABPackets\":12,\"ABBytes\":13,\"BAPackets\":14,"
		"\"BABytes\":15,\"Start\":16,\"Last\":17,\"RTT\":18},"
		"\"TCPMetric\":{\"ABSynStart\":1,\"BASynStart\":2,\"ABSynTTL\":3,"
		"\"BASynTTL\":4,\"ABFinStart\":5,\"BAFinStart\":6,\"ABRstStart\":7,"
		"\"BARstStart\":8,\"ABSegmentOutOfOrder\":9,\"ABSegmentSkipped\":10,"
		"\"ABSegmentSkippedBytes\":11,\"ABPackets\":12,\"ABBytes\":13,"
		"\"ABSawStart\":14,\"ABSawEnd\":15,\"BASegmentOutOfOrder\":16,"
		"\"BASegmentSkipped\":17,\"BASegmentSkippedBytes\":18,\"BAPackets\":19,"
		"\"BABytes\":20,\"BASawStart\":21,\"BASawEnd\":22},"
		"\"Start\":0,\"Last\":0,\"ParentUUID\":\"\",\"RawPacketsCaptured\":9}";
	struct buf message = BUF_INIT(4096);

	(void)state;
	put_flow(&message,
		 "fa01(1002 1803 2004 2805 3006 3807 4008)"
		 "8202(100c 180d 200e 280f 3010 3811 4012) a80209"
		 "b202(0801 1002 1803 2004 2805 3006 3807 4008 4809 500a 580b 600c 680d"
		 "700e 780f 800110 880111 900112 980113 a00114 a80115 b00116)");
	assert_flows(&message, &json, 1);
	buf_fini(&message);
}

static void test_odd_numbers_survive(void **state)
{
	static const char *const json =
		"{\"Network\":{\"Protocol\":\"9\",\"ID\":-1},"
		"\"ICMP\":{\"Type\":\"77\",\"Code\":4294967295},"
		"\"IPMetric\":{\"Fragments\":1,\"FragmentErrors\":2},\"Start\":-1,"
		"\"Last\":9223372036854775807,\"ParentUUID\":\"\\ufffd\","
		"\"RawPacketsCaptured\":0,\"FinishType\":3}";
	struct buf message = BUF_INIT(4096);

	(void)state;
	put_flow(&message, "32(ff) 50ffffffffffffffffff01 58ffffffffffffffff7f"
			   "aa01(0809 28ffffffffffffffffff01) ba01(084d 10ffffffff0f)"
			   "ba02(08011002) e00303");
	assert_flows(&message, &json, 1);
	buf_fini(&message);
}

/* The seconds and nanoseconds that an agent may put into a DNS layer. */
static void test_any_time_is_survived(void **state)
{
	static const char *const times[] = {
		"08ffffffffffffffff7f",
		"0880808080808080808001",
		"08ffffffffffffffffff01 10ffffffffffffffffff01",
		"10ffffffff07",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(times); i++) {
		struct buf message = BUF_INIT(256);
		struct batch *batch = batch_new(NULL, 0, NULL);
		char hex[256];

		assert_non_null(batch);
		snprintf(hex, sizeof(hex), "ca3e(9201(%s))", times[i]);
		put_flow(&message, hex);
		assert_int_equal(decode_pb(buf_str(&message), batch, NULL), 0);
		assert_int_equal(batch->count, 1);
		assert_true(
			str_starts(batch->flows[0].dns.text, STR("{\"timestamp\":\"")));
		batch_unref(batch);
		buf_fini(&message);
	}
}

static void test_messages_without_flows_are_no_error(void **state)
{
	static const char *const hex[] = {
		"",
		/* Stats */
		"12(0a(6331) 1003 3078)",
		/* unknown fields of every wire type */
		"9a0600 980601 9906 0102030405060708 9d06 01020304",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hex); i++) {
		struct buf message = BUF_INIT(4096);

		put_hex(&message, hex[i]);
		assert_flows(&message, NULL, 0);
		buf_fini(&message);
	}
}

static void test_an_empty_flow_is_a_flow(void **state)
{
	static const char *const json =
		"{\"Start\":0,\"Last\":0,\"ParentUUID\":\"\",\"RawPacketsCaptured\":0}";
	struct buf message = BUF_INIT(16);

	(void)state;
	put_hex(&message, "0a00");
	assert_flows(&message, &json, 1);
	buf_fini(&message);
}

/* Any cut: no flow that was not there, no look behind the end. */
static void test_truncated_messages_are_refused(void **state)
{
	struct buf message = BUF_INIT(65536);
	size_t len, first;

	(void)state;
	put_flow(&message, sample_flows[2].protobuf);
	first = message.len;
	put_flow(&message, sample_flows[1].protobuf);
	for (len = 1; len < message.len; len++) {
		struct batch *batch = batch_new(NULL, 0, NULL);
		char *copy = malloc(len);
		int error;

		assert_non_null(batch);
		assert_non_null(copy);
		memcpy(copy, message.ptr, len);
		error = decode_pb((struct str){ copy, len }, batch, NULL);
		assert_int_equal(error, len == first ? 0 : -EINVAL);
		assert_int_equal(batch->count, len == first);
		batch_unref(batch);
		free(copy);
	}
	buf_fini(&message);
}

static void test_garbage_is_survived(void **state)
{
	uint32_t seed = 5;
	size_t round, i;

	(void)state;
	for (round = 0; round < 3000; round++) {
		struct buf message = BUF_INIT(65536), out = BUF_INIT(65536);
		struct batch *batch = batch_new(NULL, 0, NULL);

		assert_non_null(batch);
		put_flow(&message, sample_flows[round % FLOW_COUNT].protobuf);
		for (i = 0; i < 3; i++) {
			seed = seed * 1664525u + 1013904223u;
			message.ptr[(seed >> 8) % message.len] = (char)(seed >> 24);
		}
		decode_pb(buf_str(&message), batch, NULL);
		for (i = 0; i < batch->count; i++)
			json_put_record(&out, &flow_shape, &batch->flows[i],
					(struct json_style){ false, 0 });
		batch_unref(batch);
		buf_fini(&message);
		buf_fini(&out);
	}
}

/* The flows that are kept are those before the one that did not fit. */
static void assert_first_flows(const struct batch *batch)
{
	struct buf b = BUF_INIT(65536);
	size_t i;

	for (i = 0; i < batch->count; i++) {
		buf_reset(&b);
		json_put_record(&b, &flow_shape, &batch->flows[i],
				(struct json_style){ false, 0 });
		assert_string_equal(b.ptr, old_json(i % FLOW_COUNT));
	}
	buf_fini(&b);
}

static void test_no_flow_is_kept_in_part(void **state)
{
	struct buf message = BUF_INIT(65536);
	size_t i, limit, refused = 0;

	(void)state;
	for (i = 0; i < 2 * FLOW_COUNT; i++)
		put_flow(&message, sample_flows[i % FLOW_COUNT].protobuf);
	for (limit = 64; limit < 40000; limit += 16) {
		struct batch *batch = batch_new(NULL, 0, NULL);

		assert_non_null(batch);
		batch->arena.limit = limit;
		if (decode_pb(buf_str(&message), batch, NULL) == 0)
			assert_int_equal(batch->count, 2 * FLOW_COUNT);
		else
			refused++;
		assert_first_flows(batch);
		batch_unref(batch);
	}
	assert_true(refused > 100 && refused < 2000);
	buf_fini(&message);
}

/* What was on the stack is there no longer. */
static void clobber_stack(void)
{
	volatile char bytes[64 * 1024];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = '#';
}

/* As JSON; its bytes are gone by then. NULL: refused. */
static char *alone(struct str flow, size_t limit, struct buf *json)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	char *copy = malloc(flow.len + 1);
	int error;

	assert_non_null(batch);
	assert_non_null(copy);
	memcpy(copy, flow.ptr, flow.len);
	if (limit)
		batch->limit = batch->arena.limit = limit;
	error = decode_pb_flow((struct str){ copy, flow.len }, batch, NULL);
	memset(copy, '#', flow.len);
	free(copy);
	clobber_stack();
	buf_reset(json);
	assert_int_equal(batch->is_closed, limit != 0);
	if (!error && batch->count)
		json_put_record(json, &flow_shape, &batch->flows[0],
				(struct json_style){ false, 0 });
	batch_unref(batch);
	return json->len ? json->ptr : NULL;
}

static void test_a_flow_that_comes_alone_is_the_same(void **state)
{
	struct buf flow = BUF_INIT(65536), json = BUF_INIT(1 << 20);
	size_t i;

	(void)state;
	for (i = 0; i < FLOW_COUNT; i++) {
		buf_reset(&flow);
		put_hex(&flow, sample_flows[i].protobuf);
		assert_string_equal(alone(buf_str(&flow), 0, &json), old_json(i));
		/* One that does not fit keeps nothing. */
		assert_null(alone(buf_str(&flow), 256, &json));
		flow.ptr[0] = 0x0f;
		assert_null(alone(buf_str(&flow), 0, &json));
	}
	buf_fini(&flow);
	buf_fini(&json);
}

/* More than there is on the stack. */
static void test_a_large_flow_may_come_alone(void **state)
{
	struct buf flow = BUF_INIT(1 << 20), json = BUF_INIT(1 << 20);
	struct buf text = BUF_INIT(1 << 20);
	size_t len, i;

	(void)state;
	for (len = 7 * 1024; len < 10 * 1024; len += 13) {
		buf_reset(&flow);
		buf_reset(&text);
		for (i = 0; i < len; i++)
			buf_putc(&text, (char)('a' + i % 26));
		pb_put_bytes(&flow, 1, buf_str(&text));
		pb_put_bytes(&flow, 2, STR("Ethernet"));
		pb_put_bytes(&flow, 6, STR("parent"));
		assert_non_null(alone(buf_str(&flow), 0, &json));
		assert_true(str_starts(str_skip(buf_str(&json), strlen("{\"UUID\":\"")),
				       buf_str(&text)));
		assert_non_null(strstr(json.ptr, "\"LayersPath\":\"Ethernet\""));
		assert_non_null(strstr(json.ptr, "\"ParentUUID\":\"parent\""));
		assert_null(alone(buf_str(&flow), 1024, &json));
	}
	buf_fini(&flow);
	buf_fini(&json);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows_become_the_text_of_old_analyzers),
		cmocka_unit_test(test_layers_have_every_key),
		cmocka_unit_test(test_a_layer_that_is_too_long_is_counted),
		cmocka_unit_test(test_metrics_are_not_mixed_up),
		cmocka_unit_test(test_odd_numbers_survive),
		cmocka_unit_test(test_any_time_is_survived),
		cmocka_unit_test(test_messages_without_flows_are_no_error),
		cmocka_unit_test(test_an_empty_flow_is_a_flow),
		cmocka_unit_test(test_truncated_messages_are_refused),
		cmocka_unit_test(test_garbage_is_survived),
		cmocka_unit_test(test_no_flow_is_kept_in_part),
		cmocka_unit_test(test_a_flow_that_comes_alone_is_the_same),
		cmocka_unit_test(test_a_large_flow_may_come_alone),
	};

	return cmocka_run_group_tests_name("decode_pb", tests, NULL, NULL);
}
