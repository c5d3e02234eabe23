/* SPDX-License-Identifier: Apache-2.0 */
/* test_encode_pb.c - flows as protobuf: the bytes that agents send, every field of the
 * schema, and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow.pb-c.h"
#include "flow/decode.h"
#include "flow/encode_pb.h"
#include "format/json_write.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EMPTY	     "\"Start\":0,\"Last\":0,\"ParentUUID\":\"\",\"RawPacketsCaptured\":0"
#define BIG	     ((size_t)16 << 20)

/* Every field of flow.Flow and what it has inside. */
static const char every_field[] =
	"{\"UUID\":\"u\",\"LayersPath\":\"l\",\"Application\":\"a\","
	"\"Link\":{\"Protocol\":\"TCP\",\"A\":\"la\",\"B\":\"lb\",\"ID\":1},"
	"\"Network\":{\"Protocol\":\"IPV6\",\"A\":\"na\",\"B\":\"nb\",\"ID\":-2},"
	"\"Transport\":{\"Protocol\":\"UDP\",\"A\":3,\"B\":4,\"ID\":5},"
	"\"ICMP\":{\"Type\":\"ECHO\",\"Code\":6,\"ID\":4294967295},"
	"\"DHCPv4\":{\"contents\":\"YQ==\",\"payload\":\"/wA=\",\"hardware_len\":6,"
	"\"hardware_opts\":1,\"xid\":4294967295,\"secs\":3,\"flags\":32768,"
	"\"server_name\":\"c3J2PD4=\",\"file\":\"AAE=\"},"
	"\"DNS\":{\"ID\":1,\"QR\":true,\"op_code\":\"o\",\"AA\":true,\"TC\":true,"
	"\"RD\":true,\"RA\":true,\"z\":2,\"response_code\":\"r\",\"QDCount\":3,"
	"\"ANCount\":4,\"NSCount\":5,\"ARCount\":6,"
	"\"questions\":[{\"name\":\"n\",\"type\":\"t\",\"class\":\"c\"}],"
	"\"answers\":[{\"name\":\"n\",\"type\":\"t\",\"class\":\"c\",\"TTL\":7,"
	"\"data_length\":8,\"IP\":\"i\",\"NS\":\"s\",\"CNAME\":\"c\",\"PTR\":\"p\","
	"\"TXTs\":[\"\",\"x\"],\"SOA\":{\"MName\":\"m\",\"RName\":\"r\","
	"\"serial\":1,\"refresh\":2,\"retry\":3,\"expire\":4,\"minimum\":5},"
	"\"SRV\":{\"priority\":1,\"weight\":2,\"port\":3,\"name\":\"s\"},"
	"\"MX\":{\"preference\":1,\"name\":\"mx\"},"
	"\"OPT\":[{\"Code\":\"NSID\",\"Data\":\"ab\"}]}],"
	"\"authorities\":[{\"name\":\"b\"}],\"additionals\":[{},{\"TTL\":9}],"
	"\"timestamp\":\"2019-02-26T16:47:00.123456Z\"},"
	"\"VRRPv2\":{\"contents\":\"YQ==\",\"payload\":\"Yg==\",\"version\":2,"
	"\"VirtualRtrID\":51,\"priority\":100,\"CountIPAddr\":1,\"adver_int\":1,"
	"\"checksum\":65535},"
	"\"LastUpdateMetric\":{\"ABPackets\":2,\"ABBytes\":3,\"BAPackets\":4,"
	"\"BABytes\":5,\"Start\":6,\"Last\":7,\"RTT\":8},"
	"\"Metric\":{\"ABPackets\":12,\"ABBytes\":13,\"BAPackets\":14,\"BABytes\":15,"
	"\"Start\":16,\"Last\":17,\"RTT\":-18},"
	"\"TCPMetric\":{\"ABSynStart\":1,\"BASynStart\":2,\"ABSynTTL\":3,\"BASynTTL\":4,"
	"\"ABFinStart\":5,\"BAFinStart\":6,\"ABRstStart\":7,\"BARstStart\":8,"
	"\"ABSegmentOutOfOrder\":9,\"ABSegmentSkipped\":10,"
	"\"ABSegmentSkippedBytes\":11,\"ABPackets\":12,\"ABBytes\":13,\"ABSawStart\":14,"
	"\"ABSawEnd\":15,\"BASegmentOutOfOrder\":16,\"BASegmentSkipped\":17,"
	"\"BASegmentSkippedBytes\":18,\"BAPackets\":19,\"BABytes\":20,\"BASawStart\":21,"
	"\"BASawEnd\":22},\"IPMetric\":{\"Fragments\":1,\"FragmentErrors\":2},"
	"\"Start\":10,\"Last\":9223372036854775807,\"TrackingID\":\"t\","
	"\"L3TrackingID\":\"t3\",\"ParentUUID\":\"pu\",\"NodeTID\":\"nt\","
	"\"CaptureID\":\"ci\",\"RawPacketsCaptured\":37,\"FinishType\":2}";

static struct batch *flows_of(const char *json)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct buf list = BUF_INIT(BIG);
	struct err err = ERR_INIT;

	assert_non_null(batch);
	buf_printf(&list, "[%s]", json);
	/* The batch keeps what its flows point to. */
	batch->message = list.ptr;
	if (decode_json(buf_str(&list), batch, &err))
		fail_msg("%s", err.text);
	assert_int_equal(batch->count, 1);
	return batch;
}

/* Appends the flow of the JSON; returns how many layers were left out. */
static size_t encode(const char *json, struct buf *row)
{
	struct batch *batch = flows_of(json);
	size_t left_out = encode_pb(&batch->flows[0], row);

	assert_int_equal(buf_error(row), 0);
	batch_unref(batch);
	return left_out;
}

static void put_varint(struct buf *b, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_putc(b, (char)(value | 0x80));
	buf_putc(b, (char)value);
}

/* What our own decoder makes of a flow. */
static void put_decoded(struct str row, struct buf *json)
{
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct buf message = BUF_INIT(BIG);
	struct err err = ERR_INIT;

	buf_putc(&message, 0x0a);
	put_varint(&message, row.len);
	buf_put(&message, row);
	if (decode_pb(buf_str(&message), batch, &err))
		fail_msg("%s", err.text);
	assert_int_equal(batch->count, 1);
	json_put_record(json, &flow_shape, &batch->flows[0], (struct json_style){ 0 });
	batch_unref(batch);
	buf_fini(&message);
}

/* Another encoder writes the same bytes. */
static void assert_canonical(struct str row)
{
	Flow__Flow *flow = flow__flow__unpack(NULL, row.len, (const uint8_t *)row.ptr);
	uint8_t *packed = malloc(row.len + 1);

	assert_non_null(flow);
	assert_non_null(packed);
	assert_int_equal(flow__flow__get_packed_size(flow), row.len);
	flow__flow__pack(flow, packed);
	assert_memory_equal(packed, row.ptr, row.len);
	flow__flow__free_unpacked(flow, NULL);
	free(packed);
}

static void assert_comes_back(const char *json, const char *expected)
{
	struct buf row = BUF_INIT(BIG), back = BUF_INIT(BIG);

	assert_int_equal(encode(json, &row), 0);
	assert_canonical(buf_str(&row));
	put_decoded(buf_str(&row), &back);
	assert_string_equal(buf_str(&back).ptr, expected);
	buf_fini(&row);
	buf_fini(&back);
}

static void assert_hex(const char *json, const char *hex, size_t left_out)
{
	struct buf row = BUF_INIT(BIG), text = BUF_INIT(BIG);
	size_t i;

	assert_int_equal(encode(json, &row), left_out);
	for (i = 0; i < row.len; i++)
		buf_printf(&text, "%02x", (unsigned char)row.ptr[i]);
	assert_string_equal(buf_str(&text).ptr, hex);
	buf_fini(&row);
	buf_fini(&text);
}

/* From the text of both generations of analyzer come an agent's bytes. */
static void test_samples(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < FLOW_COUNT; i++) {
		assert_hex(sample_flows[i].json, sample_flows[i].protobuf, 0);
		if (sample_flows[i].old)
			assert_hex(sample_flows[i].old, sample_flows[i].protobuf, 0);
	}
}

static bool is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const char *member = (const char *)message + field->offset;

	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return *(const size_t *)((const char *)message +
					 field->quantifier_offset) > 0;
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return **(const char *const *)member != '\0';
	case PROTOBUF_C_TYPE_MESSAGE:
		return *(const void *const *)member != NULL;
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)member)->len > 0;
	case PROTOBUF_C_TYPE_INT64:
		return *(const int64_t *)member != 0;
	default:
		return *(const int32_t *)member != 0;
	}
}

/* Whatever the schema has, in the first message of each list. */
static void assert_full(const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *of = message->descriptor;
	unsigned i;

	for (i = 0; i < of->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &of->fields[i];
		const void *member = (const char *)message + field->offset;
		const ProtobufCMessage *inside;

		if (!is_set(message, field))
			fail_msg("%s.%s", of->name, field->name);
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		inside = field->label == PROTOBUF_C_LABEL_REPEATED
				 ? **(ProtobufCMessage *const *const *)member
				 : *(ProtobufCMessage *const *)member;
		/* Of records the answers have everything. */
		if (strcmp(field->name, "authorities") != 0 &&
		    strcmp(field->name, "additionals") != 0)
			assert_full(inside);
	}
}

static void test_every_field(void **state)
{
	struct buf row = BUF_INIT(65536);
	Flow__Flow *flow;

	(void)state;
	assert_int_equal(encode(every_field, &row), 0);
	flow = flow__flow__unpack(NULL, row.len, (const uint8_t *)row.ptr);
	assert_non_null(flow);
	assert_full(&flow->base);
	flow__flow__free_unpacked(flow, NULL);
	buf_fini(&row);
	assert_comes_back(every_field, every_field);
}

static void test_odd_values(void **state)
{
	static const struct {
		const char *json, *hex;
	} cases[] = {
		{ "{}", "" },
		/* Layers of nothing but zeros are layers. */
		{ "{\"Link\":{\"Protocol\":\"ETHERNET\"},\"Network\":{},\"Transport\":{},"
		  "\"ICMP\":{},\"LastUpdateMetric\":{},\"Metric\":{},\"TCPMetric\":{},"
		  "\"IPMetric\":{},\"DHCPv4\":{},\"DNS\":{},\"VRRPv2\":{}}",
		  "a20100aa0100b20100ba0100fa0100820200b20200ba0200c23e00ca3e00d23e00" },
		/* The last byte is a line feed. */
		{ "{\"FinishType\":10}", "e0030a" },
		{ "{\"TrackingID\":\"a\\n\"}", "920302610a" },
		/* Negative numbers have ten bytes, those of 32 bits, too. */
		{ "{\"Link\":{\"Protocol\":\"-1\"},\"Start\":-2,\"FinishType\":-1}",
		  "50feffffffffffffffff01a2010b08ffffffffffffffffff01"
		  "e003ffffffffffffffffff01" },
		{ "{\"FinishType\":2147483647}", "e003ffffffff07" },
		/* No 32 bits; half of it would be another number. */
		{ "{\"FinishType\":2147483650}", "" },
		{ "{\"FinishType\":-2147483650}", "" },
		/* What is not UTF-8 no reader would take. */
		{ "{\"UUID\":\"a\xff\xe2\x82\xac\xc0\",\"NodeTID\":\"\xe2\x82\xac\"}",
		  "0a0a61efbfbde282acefbfbd8a0203e282ac" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_hex(cases[i].json, cases[i].hex, 0);
}

static void test_odd_layers(void **state)
{
	static const struct {
		const char *json; /* of the flow's layers */
		const char *hex;
		size_t left_out;
	} cases[] = {
		/* Blanks, null, unknown members, another order. */
		{ "\"DNS\": { \"new\" : [ {\"ID\":7} ] , \"ID\" : 1 , \"QR\":null,"
		  " \"z\" : 2 }",
		  "ca3e0408014002", 0 },
		{ "\"DNS\":{\"QR\":false,\"questions\":[],\"op_code\":\"\"}", "ca3e00",
		  0 },
		/* Times of both generations; year one is none. */
		{ "\"DNS\":{\"timestamp\":\"0001-01-01T00:00:00Z\"}", "ca3e00", 0 },
		{ "\"DNS\":{\"timestamp\":\"1970-01-01T00:00:00Z\"}", "ca3e03920100", 0 },
		{ "\"DNS\":{\"timestamp\":{}}", "ca3e03920100", 0 },
		{ "\"DNS\":{\"timestamp\":{\"seconds\":5,\"nanos\":6}}",
		  "ca3e0792010408051006", 0 },
		{ "\"DNS\":{\"timestamp\":\"1970-01-01T01:00:05.000000006+01:00\"}",
		  "ca3e0792010408051006", 0 },
		{ "\"VRRPv2\":{\"virtual_rtrID\":1,\"count_ipaddr\":2}", "d23e0420013002",
		  0 },
		{ "\"DHCPv4\":{\"contents\":\"\",\"file\":\"/+8=\"}", "c23e044a02ffef",
		  0 },
		/* The last one counts; both spellings are one field. */
		{ "\"DNS\":{\"q_d_count\":1,\"QDCount\":2,\"ID\":3}", "ca3e0408035002",
		  0 },
		{ "\"DNS\":{\"ID\":1,\"QR\":true,\"ID\":0,\"QR\":null}", "ca3e00", 0 },
		{ "\"DNS\":{\"questions\":[{\"name\":\"a\"}],\"questions\":[{}]}",
		  "ca3e027200", 0 },
		/* What the schema cannot hold; the others stay. */
		{ "\"DHCPv4\":{\"xid\":4294967296},\"DNS\":{\"ID\":1}", "ca3e020801", 1 },
		{ "\"DHCPv4\":{\"xid\":-1},\"DNS\":{\"ID\":1.5},\"VRRPv2\":{\"version\":"
		  "true}",
		  "", 3 },
		{ "\"DNS\":[],\"VRRPv2\":5,\"DHCPv4\":\"x\"", "", 3 },
		{ "\"DHCPv4\":{\"file\":\"YQ=\"}", "", 1 },
		{ "\"DHCPv4\":{\"file\":\"Y*==\"}", "", 1 },
		{ "\"DHCPv4\":{\"file\":\"YQ==YQ==\"}", "", 1 },
		{ "\"DHCPv4\":{\"file\":\"====\"}", "", 1 },
		{ "\"DNS\":{\"QR\":1}", "", 1 },
		{ "\"DNS\":{\"op_code\":5}", "", 1 },
		{ "\"DNS\":{\"questions\":{}}", "", 1 },
		{ "\"DNS\":{\"questions\":[5]}", "", 1 },
		{ "\"DNS\":{\"timestamp\":5}", "", 1 },
		{ "\"DNS\":{\"timestamp\":\"2019-02-29T00:00:00Z\"}", "", 1 },
		{ "\"DNS\":{\"timestamp\":{\"nanos\":2147483648}}", "", 1 },
	};
	char json[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		print_message("  %s\n", cases[i].json);
		snprintf(json, sizeof(json), "{%s}", cases[i].json);
		assert_hex(json, cases[i].hex, cases[i].left_out);
	}
}

/* Lengths of one, two, three and four bytes. */
static void test_large_layers(void **state)
{
	static const size_t questions[] = { 1, 13, 14, 1700, 1900, 50000 };
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(questions); i++) {
		struct buf json = BUF_INIT(BIG);

		buf_puts(&json, "{\"DNS\":{\"questions\":[");
		for (n = 0; n < questions[i]; n++)
			buf_printf(&json, "%s{\"name\":\"q%zu\"}", n ? "," : "", n);
		buf_puts(&json, "],\"timestamp\":\"0001-01-01T00:00:00Z\"}," EMPTY "}");
		/* Longer ones our decoder leaves out. */
		assert_true(json.len < 1 << 20);
		assert_comes_back(json.ptr, json.ptr);
		buf_fini(&json);
	}
}

/* At each room the bytes are whole, or there is an error. */
static void test_no_room(void **state)
{
	struct batch *batch = flows_of(every_field);
	struct buf whole = BUF_INIT(65536);
	size_t limit;

	(void)state;
	encode_pb(&batch->flows[0], &whole);
	for (limit = 0; limit < whole.len + 64; limit++) {
		struct buf row = BUF_INIT(limit);

		encode_pb(&batch->flows[0], &row);
		if (buf_error(&row))
			assert_int_equal(buf_error(&row), -EFBIG);
		else
			assert_true(str_equal(buf_str(&row), buf_str(&whole)));
		if (limit < whole.len)
			assert_int_equal(buf_error(&row), -EFBIG);
		buf_fini(&row);
	}
	buf_fini(&whole);
	batch_unref(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),	     cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_odd_values),   cmocka_unit_test(test_odd_layers),
		cmocka_unit_test(test_large_layers), cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("encode_pb", tests, NULL, NULL);
}
