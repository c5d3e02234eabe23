/* SPDX-License-Identifier: Apache-2.0 */
/* test_transform_awsflowlogs.c - records of both dialects, from flows as an
 * analyzer sends them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "flow/decode.h"
#include "stage/stage_set.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TID	     "3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10"

struct world {
	struct arena arena;
	struct problems problems;
	struct stage_set set;
};

static void open_world(struct world *w, const char *options)
{
	struct config *config = config_new();
	struct buf yaml = BUF_INIT(4096);

	*w = (struct world){ .arena = ARENA_INIT(1 << 20), .problems = PROBLEMS_INIT };
	assert_non_null(config);
	buf_printf(&yaml,
		   "pipeline:\n  encode: {type: csv}\n  transform:\n"
		   "    type: awsflowlogs\n    awsflowlogs: {%s}\n",
		   options);
	assert_int_equal(config_add(config, "t.yml", buf_str(&yaml), false, &w->problems),
			 0);
	stage_set_read(&w->set, config, &w->arena, &w->problems);
	assert_string_equal(buf_str(&w->problems.text).ptr, "");
	buf_fini(&yaml);
	config_free(config);
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
}

static void put_row(struct world *w, const void *record, struct buf *out)
{
	encode_csv.row(NULL, w->set.record, record, false, out);
}

/* The records of a flow as lines of CSV, or the number of the verdict. */
static void make(struct world *w, const char *json, enum tag tag, struct buf *out)
{
	void *self = w->set.transform_state;
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct buf list = BUF_INIT(65536);
	char record[1024];
	enum verdict verdict;

	assert_true(w->set.record->size <= sizeof(record));
	buf_printf(&list, "[%s]", json);
	assert_int_equal(decode_json(buf_str(&list), batch, NULL), 0);
	memset(record, 0, sizeof(record));
	verdict = transform_awsflowlogs.make(self, tag, &batch->flows[0],
					     (struct now){ 0, 0 }, record);
	if (verdict != KEEP) {
		buf_printf(out, "%d\n", (int)verdict);
	} else {
		do {
			put_row(w, record, out);
			memset(record, 0, sizeof(record));
		} while (transform_awsflowlogs.more(self, &batch->flows[0], record));
	}
	buf_fini(&list);
	batch_unref(batch);
}

static void test_records_of_both_dialects(void **state)
{
	static const struct {
		const char *options;
		size_t flow;
		const char *lines;
	} cases[] = {
		{ "", 0,
		  "2,12345678,0,172.17.0.2,203.0.113.9,32396,4723,2,41,6422,1551199609,"
		  "1551199631,ACCEPT,OK\n" },
		{ "version: 3, account_id: '42', iana_protocol: true", 4,
		  "3,42,100,2001:db8::1,2001:db8::2,50000,22,6,180,79000,1551199000,"
		  "1551199020,ACCEPT,OK,,,,0,IPv6,,\n" },
		{ "", 5, "2,12345678,0,,,0,0,0,1,42,1551199619,1551199619,ACCEPT,OK\n" },
		{ "dialect: aws, account_id: '123456789012'", 0,
		  "2,123456789012," TID ",172.17.0.2,203.0.113.9,32396,4723,6,12,1112,"
		  "1551199625,1551199631,ACCEPT,OK\n"
		  "2,123456789012," TID ",203.0.113.9,172.17.0.2,4723,32396,6,10,2178,"
		  "1551199625,1551199631,ACCEPT,OK\n" },
		{ "fields: [tcp-flags, packets, flow-direction, version]", 1,
		  "3,6,,5\n19,5,,5\n" },
		{ "fields: [tcp-flags, bytes]", 0, ",1112\n,2178\n" },
		{ "fields: [protocol, srcport, tcp-flags, type, ecs-task-id, version]", 3,
		  "1,0,0,IPv4,,7\n1,0,0,IPv4,,7\n" },
		{ "fields: [end, start, pkt-srcaddr, vpc-id], vpc_id: v", 2,
		  "1551199620,1551199620,172.17.0.2,v\n"
		  "1551199620,1551199620,8.8.8.8,v\n" },
		{ "dialect: aws", 4, "5\n" }, /* DROP_NO_TRAFFIC */
		{ "dialect: aws", 5, "2\n" }, /* ARP: DROP_NO_NETWORK */
	};
	size_t i;

	(void)state;
	assert_int_equal(DROP_NO_NETWORK, 2);
	assert_int_equal(DROP_NO_TRAFFIC, 5);
	assert_int_equal(DROP_NOT_LOGGED, 6);
	for (i = 0; i < COUNT(cases); i++) {
		struct buf out = BUF_INIT(65536);
		struct world w;

		open_world(&w, cases[i].options);
		make(&w, sample_flows[cases[i].flow].json, TAG_OTHER, &out);
		assert_string_equal(out.ptr, cases[i].lines);
		buf_fini(&out);
		close_world(&w);
	}
}

#define METRICS(packets)                                                                 \
	"\"Metric\":{\"ABPackets\":" packets "},"                                        \
	"\"LastUpdateMetric\":{\"ABPackets\":" packets ",\"Last\":5000}"

static void test_one_way_and_odd_flows(void **state)
{
	static const struct {
		const char *flow, *lines;
	} cases[] = {
		{ "{\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"1.1.1.1\",\"B\":"
		  "\"2.2.2.2\"}," METRICS("3") "}",
		  "1.1.1.1,2.2.2.2,0,,3,0,0\n" },
		{ "{\"Network\":{\"A\":\"1.1.1.1\",\"B\":\"2.2.2.2\"},\"LayersPath\":"
		  "\"Ethernet/IPv4/GRE\",\"Metric\":{\"BABytes\":7},"
		  "\"LastUpdateMetric\":{\"BABytes\":7,\"Start\":9000,\"Last\":5000}}",
		  "2.2.2.2,1.1.1.1,0,47,0,9,9\n" },
		{ "{\"Network\":{\"A\":\"1.1.1.1\",\"B\":\"2.2.2.2\"},\"Transport\":"
		  "{\"Protocol\":\"SCTP\",\"A\":-1,\"B\":65536}," METRICS("1") "}",
		  "1.1.1.1,2.2.2.2,,132,1,0,0\n" },
		{ "{\"Network\":{\"A\":\"1.1.1\",\"B\":\"2.2.2.2\"}," METRICS("1") "}",
		  "2\n" },
		{ "{\"Network\":{\"A\":\"1.1.1.1\",\"B\":\"2.2.2.2\"}}", "3\n" },
		{ "{\"Network\":{\"A\":\"1.1.1.1\",\"B\":\"2.2.2.2\"}," METRICS("0") "}",
		  "5\n" },
		{ "{\"Network\":{\"A\":\"1.1.1.1\",\"B\":\"169.254.169.254\"}," METRICS(
			  "1") "}",
		  "6\n" },
		{ "{\"Network\":{\"A\":\"169.254.169.123\",\"B\":\"1.1.1.1\"}," METRICS(
			  "1") "}",
		  "6\n" },
		{ "{\"Network\":{\"A\":\"fd00:ec2::254\",\"B\":\"::1\"}," METRICS(
			  "1") "}",
		  "6\n" },
		{ "{\"Network\":{\"A\":\"169.254.169.253\",\"B\":\"1.1.1.1\"}," METRICS(
			  "1") "}",
		  "169.254.169.253,1.1.1.1,0,,1,0,0\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf out = BUF_INIT(65536);
		struct world w;

		open_world(&w, "fields: [srcaddr, dstaddr, srcport, protocol, packets, "
			       "start, end]");
		make(&w, cases[i].flow, TAG_OTHER, &out);
		assert_string_equal(out.ptr, cases[i].lines);
		buf_fini(&out);
		close_world(&w);
	}
}

/* The records that are due, as lines of CSV; when the next will be. */
static int64_t tick(struct world *w, enum tag tag, int64_t ms, const char *expected)
{
	struct records records = { .shape = w->set.record, .arena = &w->arena };
	struct buf out = BUF_INIT(4096);
	int64_t due;
	size_t i;

	due = transform_awsflowlogs.tick(w->set.transform_state, tag, &records,
					 (struct now){ ms, 1700000000000 + ms });
	for (i = 0; i < records.count; i++) {
		put_row(w, records.item[i], &out);
		assert_int_equal(records.time_ms[i], 1700000000000 + ms); /* its end */
	}
	assert_string_equal(out.len ? out.ptr : "", expected);
	buf_fini(&out);
	return due;
}

static void test_losses_and_silence(void **state)
{
	struct buf out = BUF_INIT(4096);
	struct world w;

	(void)state;
	open_world(&w, "dialect: aws, account_id: '1', interval: 60");
	assert_int_equal(tick(&w, TAG_EGRESS, 500, ""), NEVER_MS);
	make(&w, sample_flows[0].json, TAG_EGRESS, &out);
	assert_int_equal(tick(&w, TAG_EGRESS, 1000, ""), 60000);
	transform_awsflowlogs.lost(w.set.transform_state, 3);
	/* A tag without records does not begin with what was lost. */
	assert_int_equal(tick(&w, TAG_OTHER, 3000, ""), NEVER_MS);
	tick(&w, TAG_EGRESS, 3000, "2,1,,,,,,,,,1700000001,1700000003,,SKIPDATA\n");
	assert_int_equal(tick(&w, TAG_EGRESS, 4000, ""), 60000);
	assert_int_equal(tick(&w, TAG_EGRESS, 60000,
			      "2,1," TID ",,,,,,,,0,1700000060,,NODATA\n"),
			 120000);
	buf_fini(&out);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_of_both_dialects),
		cmocka_unit_test(test_one_way_and_odd_flows),
		cmocka_unit_test(test_losses_and_silence),
	};

	return cmocka_run_group_tests_name("transform_awsflowlogs", tests, NULL, NULL);
}
