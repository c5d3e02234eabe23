/* SPDX-License-Identifier: Apache-2.0 */
/* test_spec.c - objects from rows: with today's stages, and with nothing but
 * what was written in front of the rows.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <zlib.h>
#include <cmocka.h>
#include "flow/decode.h"
#include "format/json_read.h"
#include "stage/object_builder.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define T0	     INT64_C(1551199609544) /* 2019-02-26T16:46:49.544Z */

#define VPCLOGS                                                                          \
	"  storeheader:\n"                                                               \
	"    type: vpclogs\n"                                                            \
	"    vpclogs:\n"                                                                 \
	"      Collector_CRN: abc\n"                                                     \
	"      vpc_crn: v<1>\n"                                                          \
	"      num: 5\n"                                                                 \
	"      state: mine\n"

/* Bytes that a builder put out. */
struct fake_sink {
	struct byte_sink sink;
	struct buf bytes;
	size_t left; /* puts until it fails */
};

static int fake_put(struct byte_sink *sink, struct str bytes)
{
	struct fake_sink *fake = (struct fake_sink *)sink;

	if (fake->left-- == 0)
		return -ENOSPC;
	buf_put(&fake->bytes, bytes);
	return 0;
}

struct world {
	struct config *config;
	struct arena arena;
	struct problems problems;
	struct stage_set set;
	struct buf object_spec_text;
	struct object_spec spec;
	struct batch *batch;
	struct fake_sink sink;
};

static const struct object_spec_place place = {
	.dirname = { "bkt", 3 },
	.prefix = { "lo\"gs", 5 },
	.content_encoding = { "auto", 4 },
	.tag = TAG_INTERNAL,
};

/* The stages of a configuration below "pipeline:", their spec written and read
 * back. */
static void open_world(struct world *w, const char *pipeline,
		       const struct object_spec_place *at)
{
	struct buf yaml = BUF_INIT(65536);
	struct err err = ERR_INIT;
	size_t i;

	*w = (struct world){
		.arena = ARENA_INIT(1 << 20),
		.problems = PROBLEMS_INIT,
		.object_spec_text = BUF_INIT(65536),
		.sink = { { fake_put }, BUF_INIT(1 << 20), SIZE_MAX },
	};
	buf_printf(&yaml, "pipeline:\n%s", pipeline);
	w->config = config_new();
	assert_int_equal(config_add(w->config, "t.yml", buf_str(&yaml), false,
				    &w->problems),
			 0);
	stage_set_read(&w->set, w->config, &w->arena, &w->problems);
	if (w->problems.count)
		fail_msg("%s", w->problems.text.ptr);
	object_spec_write(&w->set, at, &w->object_spec_text);
	if (object_spec_read(buf_str(&w->object_spec_text), &w->arena, &w->spec, &err))
		fail_msg("%s: %s", w->object_spec_text.ptr, err.text);
	w->batch = batch_new(NULL, 0, NULL);
	buf_reset(&yaml);
	for (i = 0; i < FLOW_COUNT; i++)
		buf_printf(&yaml, "%c%s", i ? ',' : '[', sample_flows[i].json);
	buf_putc(&yaml, ']');
	assert_int_equal(decode_json(arena_str(&w->arena, buf_str(&yaml)), w->batch,
				     NULL),
			 0);
	buf_fini(&yaml);
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	object_spec_fini(&w->spec);
	object_spec_fini(&w->spec);
	config_free(w->config);
	buf_fini(&w->object_spec_text);
	buf_fini(&w->sink.bytes);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
	batch_unref(w->batch);
}

/* The rows of these flows, as a pipeline appends them. */
static void put_rows(const struct world *w, const char *flows, struct buf *rows)
{
	const struct header *header = w->set.header;
	const struct encode *encode = w->set.encode;

	for (; *flows; flows++)
		encode->row(w->set.encode_state, w->set.record,
			    &w->batch->flows[*flows - '1'], header->is_header, rows);
}

/* Makes the object whose rows come in the given parts, and returns its bytes. */
static const char *make(struct world *w, const char *const *parts, size_t count)
{
	struct object object = { .first_ms = T0, .last_ms = T0 + 60000 };
	struct object_builder m;
	size_t i;

	for (i = 0; i < count; i++)
		object.records += (int64_t)strlen(parts[i]);
	buf_reset(&w->sink.bytes);
	assert_int_equal(object_builder_start(&m, &w->spec, &object, &w->sink.sink), 0);
	for (i = 0; i < count; i++) {
		struct buf rows = BUF_INIT(1 << 20);

		put_rows(w, parts[i], &rows);
		assert_int_equal(object_builder_rows(&m, buf_str(&rows)), 0);
		buf_fini(&rows);
	}
	assert_int_equal(object_builder_finish(&m), 0);
	object_builder_end(&m);
	return buf_str(&w->sink.bytes).ptr;
}

#define F6 sample_flows[5].json
#define F4 sample_flows[3].json

static void test_objects_without_a_header_are_lists(void **state)
{
	static const char *const two[] = { "6", "4" }, *const gaps[] = { "", "64", "" };
	struct buf expected = BUF_INIT(65536);
	struct world w;

	(void)state;
	open_world(&w, "  transform: {type: none}\n", &place);
	buf_printf(&expected, "[%s,%s]\n", F6, F4);
	assert_string_equal(make(&w, two, 2), expected.ptr);
	assert_string_equal(make(&w, gaps, 3), expected.ptr);
	assert_string_equal(make(&w, two, 0), "[]\n");
	buf_fini(&expected);
	close_world(&w);
}

static void test_the_header_stands_around_the_rows_sorted(void **state)
{
	static const char *const one[] = { "6" }, *const two[] = { "6", "4" };
	struct buf expected = BUF_INIT(65536);
	struct world w;

	(void)state;
	open_world(&w, VPCLOGS, &place);
	buf_printf(
		&expected,
		"{\"capture_end_time\":\"2019-02-26T16:47:49Z\","
		"\"capture_start_time\":\"2019-02-26T16:46:49Z\",\"collector_crn\":\"abc\","
		"\"flow_logs\":[%s],\"num\":\"5\",\"number_of_flow_logs\":1,"
		"\"state\":\"skip data\",\"version\":\"0.0.1\","
		"\"vpc_crn\":\"v\\u003c1\\u003e\"}\n",
		F6);
	assert_string_equal(make(&w, one, 1), expected.ptr);
	buf_reset(&expected);
	buf_printf(&expected,
		   "\"flow_logs\":[%s,%s],\"num\":\"5\",\"number_of_flow_logs\":2,", F6,
		   F4);
	assert_non_null(strstr(make(&w, two, 2), expected.ptr));
	buf_fini(&expected);
	close_world(&w);
}

#define PRETTY_F6(i)                                                                     \
	i "\t\"UUID\": \"a4b4c4d4e4f40414\",\n" i                                        \
	  "\t\"LayersPath\": \"Ethernet/ARP\",\n" i "\t\"Application\": \"ARP\",\n" i    \
	  "\t\"Link\": {\n" i "\t\t\"Protocol\": \"ETHERNET\",\n" i                      \
	  "\t\t\"A\": \"02:42:ac:11:00:02\",\n" i                                        \
	  "\t\t\"B\": \"ff:ff:ff:ff:ff:ff\",\n" i "\t\t\"ID\": 0\n" i "\t},\n" i         \
	  "\t\"LastUpdateMetric\": {\n" i "\t\t\"ABPackets\": 1,\n" i                    \
	  "\t\t\"ABBytes\": 42,\n" i "\t\t\"BAPackets\": 0,\n" i                         \
	  "\t\t\"BABytes\": 0,\n" i "\t\t\"Start\": 1551199619000,\n" i                  \
	  "\t\t\"Last\": 1551199650000\n" i "\t},\n" i "\t\"Metric\": {\n" i             \
	  "\t\t\"ABPackets\": 1,\n" i "\t\t\"ABBytes\": 42,\n" i                         \
	  "\t\t\"BAPackets\": 0,\n" i "\t\t\"BABytes\": 0,\n" i                          \
	  "\t\t\"Start\": 1551199619000,\n" i "\t\t\"Last\": 1551199619000\n" i          \
	  "\t},\n" i "\t\"Start\": 1551199619000,\n" i "\t\"Last\": 1551199619000,\n" i  \
	  "\t\"TrackingID\": \"f60718293a4b5c6d\",\n" i                                  \
	  "\t\"L3TrackingID\": \"ef46db3751d8e999\",\n" i "\t\"ParentUUID\": \"\",\n" i  \
	  "\t\"NodeTID\": \"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\",\n" i                 \
	  "\t\"CaptureID\": \"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\",\n" i               \
	  "\t\"RawPacketsCaptured\": 0\n" i "}"

static void test_pretty_objects_have_a_tab_a_level(void **state)
{
	static const char *const two[] = { "6", "6" };
	struct world w;

	(void)state;
	open_world(&w, "  encode: {type: json, json: {pretty: true}}\n", &place);
	assert_string_equal(make(&w, two, 2),
			    "[\n\t{\n" PRETTY_F6("\t") ",\n\t{\n" PRETTY_F6(
				    "\t") "\n]\n");
	close_world(&w);
	open_world(&w, VPCLOGS "  encode: {type: json, json: {pretty: true}}\n", &place);
	assert_string_equal(
		make(&w, two, 2),
		"{\n"
		"\t\"capture_end_time\": \"2019-02-26T16:47:49Z\",\n"
		"\t\"capture_start_time\": \"2019-02-26T16:46:49Z\",\n"
		"\t\"collector_crn\": \"abc\",\n"
		"\t\"flow_logs\": [\n\t\t{\n" PRETTY_F6("\t\t") ",\n\t\t{\n" PRETTY_F6(
			"\t\t") "\n\t],\n"
				"\t\"num\": \"5\",\n"
				"\t\"number_of_flow_logs\": 2,\n"
				"\t\"state\": \"skip data\",\n"
				"\t\"version\": \"0.0.1\",\n"
				"\t\"vpc_crn\": \"v\\u003c1\\u003e\"\n"
				"}\n");
	close_world(&w);
}

/* Inflates one gzip member that must be all there is. */
static void inflate_all(struct str bytes, struct buf *out)
{
	z_stream z = { 0 };
	char *room = buf_room(out, 1 << 18);

	assert_non_null(room);
	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)bytes.ptr;
	z.avail_in = (uInt)bytes.len;
	z.next_out = (Bytef *)room;
	z.avail_out = 1 << 18;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	buf_added(out, (1 << 18) - z.avail_out);
	inflateEnd(&z);
}

static void test_compressed_objects_hold_the_same_bytes(void **state)
{
	static const char *const parts[] = { "1234", "", "56", "1" };
	struct buf plain = BUF_INIT(1 << 20), inflated = BUF_INIT(1 << 20);
	struct world w;

	(void)state;
	open_world(&w, VPCLOGS, &place);
	buf_puts(&plain, make(&w, parts, COUNT(parts)));
	close_world(&w);
	open_world(&w, VPCLOGS "  compress: {type: gzip}\n", &place);
	make(&w, parts, COUNT(parts));
	assert_true(w.sink.bytes.len < plain.len);
	assert_memory_equal(w.sink.bytes.ptr, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	inflate_all(buf_str(&w.sink.bytes), &inflated);
	assert_string_equal(inflated.ptr, plain.ptr);
	close_world(&w);
	buf_fini(&plain);
	buf_fini(&inflated);
}

static void test_the_spec_keeps_options_and_place(void **state)
{
	struct json_reader r;
	struct world w;

	(void)state;
	open_world(&w,
		   VPCLOGS "  transform: {type: vpclogs}\n"
			   "  encode: {type: json, json: {pretty: true}}\n"
			   "  compress: {type: gzip, gzip: {level: 9}}\n",
		   &place);
	assert_string_equal(w.object_spec_text.ptr,
			    "{\"format\":1,\"tag\":\"internal\",\"dirname\":\"bkt\","
			    "\"prefix\":\"lo\\\"gs\",\"content_encoding\":\"auto\","
			    "\"record\":\"vpclogs\",\"header\":\"vpclogs\","
			    "\"header_options\":{\"*\":{\"collector_crn\":\"abc\","
			    "\"vpc_crn\":\"v\\u003c1\\u003e\",\"num\":\"5\","
			    "\"state\":\"mine\"}},"
			    "\"encode\":\"json\",\"encode_options\":{\"pretty\":true},"
			    "\"compress\":\"gzip\",\"compress_options\":{\"level\":9}}");
	json_reader_init(&r, buf_str(&w.object_spec_text), NULL);
	assert_true(json_skip(&r, NULL));
	assert_int_equal(w.spec.place.tag, TAG_INTERNAL);
	assert_true(str_is(w.spec.place.dirname, "bkt"));
	assert_true(str_is(w.spec.place.prefix, "lo\"gs"));
	assert_true(str_is(w.spec.record, "vpclogs"));
	assert_ptr_equal(w.spec.header, &header_vpclogs);
	assert_ptr_equal(w.spec.compress, &compress_gzip);
	close_world(&w);
}

static void test_the_content_encoding_is_resolved(void **state)
{
	static const struct {
		const char *wanted, *compress, *resolved, *type;
	} cases[] = {
		{ "auto", "none", "", "application/json" },
		{ "auto", "gzip", "gzip", "application/json" },
		{ "gzip", "none", "gzip", "application/json" },
		{ "gzip", "gzip", "gzip", "application/json" },
		{ "none", "none", "", "application/json" },
		{ "none", "gzip", "", "application/gzip" },
		{ "none", "zstd", "", "application/zstd" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct object_spec_place at = place;
		char yaml[64];
		struct world w;

		at.content_encoding = str_of(cases[i].wanted);
		snprintf(yaml, sizeof(yaml), "  compress: {type: %s}\n",
			 cases[i].compress);
		open_world(&w, yaml, &at);
		assert_true(str_is(w.spec.content_encoding, cases[i].resolved));
		assert_true(str_is(w.spec.content_type, cases[i].type));
		close_world(&w);
	}
}

/* Rows with labels say so, and what they are; nobody is to take them for lines. */
static void test_labels_are_kept(void **state)
{
	struct object about = { .records = 3 };
	struct object_spec_place at = place;
	struct arena arena = ARENA_INIT(4096);
	struct map_of_str metadata;
	struct world w;

	(void)state;
	at.is_labelled = true;
	open_world(&w, "  encode: {type: ndjson}\n", &at);
	assert_true(w.spec.place.is_labelled);
	assert_true(str_is(w.spec.content_type, LABELLED_ROWS_TYPE));
	object_spec_metadata(&w.spec, &about, &arena, &metadata);
	assert_true(str_is(metadata.name[metadata.count - 2], "tag"));
	assert_true(str_is(metadata.value[metadata.count - 2], tag_names[at.tag]));
	assert_true(str_is(metadata.name[metadata.count - 1], "record"));
	assert_true(str_equal(metadata.value[metadata.count - 1], w.spec.record));
	arena_fini(&arena);
	close_world(&w);
}

static void test_the_title_is_kept(void **state)
{
	struct object_spec_place at = place;
	struct world w;

	(void)state;
	open_world(&w, "", &at);
	assert_false(w.spec.place.is_titled_by_tag);
	close_world(&w);
	at.is_titled_by_tag = true;
	open_world(&w, "", &at);
	assert_true(w.spec.place.is_titled_by_tag);
	close_world(&w);
}

/* What takes lines only is not to take messages. */
static void test_binary_rows_say_so(void **state)
{
	struct object_spec_place at = place;
	struct world w;

	(void)state;
	at.is_labelled = true;
	open_world(&w, "  encode: {type: protobuf}\n", &at);
	assert_ptr_equal(w.spec.encode, &encode_protobuf);
	assert_true(str_is(w.spec.content_type, LABELLED_PROTOBUF_TYPE));
	assert_false(str_is(w.spec.content_type, LABELLED_ROWS_TYPE));
	close_world(&w);
}

static void test_the_layout_is_kept(void **state)
{
	struct object_spec_place at = place;
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	open_world(&w, "", &place);
	assert_true(str_is(w.spec.place.layout.text, LAYOUT_EXPORTER));
	close_world(&w);
	assert_int_equal(layout_init(&at.layout,
				     STR("{day}/{stream_hex}/{tag_sequence_hex}"), &err),
			 0);
	open_world(&w, "", &at);
	assert_true(str_equal(w.spec.place.layout.text, at.layout.text));
	assert_int_equal(w.spec.place.layout.slot_ms, 86400000);
	close_world(&w);
	at.slot_ms = T0 - T0 % 86400000;
	open_world(&w, "", &at);
	assert_int_equal(w.spec.place.slot_ms, at.slot_ms);
	close_world(&w);
	/* That of the Go exporter is left out: older versions read these specs. */
	at.slot_ms = 0;
	assert_int_equal(layout_init(&at.layout, STR(LAYOUT_EXPORTER), &err), 0);
	open_world(&w, "", &at);
	assert_null(strstr(w.object_spec_text.ptr, "layout"));
	assert_null(strstr(w.object_spec_text.ptr, "slot"));
	close_world(&w);
}

#define GOOD "\"format\":1,\"tag\":\"other\",\"record\":\"flow\","
#define REST "\"header\":\"none\",\"encode\":\"json\",\"compress\":\"none\""

static void test_broken_specs_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "not an object's spec" },
		{ "[]", "not an object's spec" },
		{ "{" GOOD REST, "not an object's spec" },
		{ "{\"format\":\"1\"}", "not an object's spec" },
		{ "{}", "format 0; this version knows 1" },
		{ "{\"format\":2}", "format 2; this version knows 1" },
		{ "{\"format\":1}", "unknown tag" },
		{ "{\"format\":1,\"tag\":\"none\"}", "unknown tag" },
		{ "{" GOOD "\"header\":\"x\",\"encode\":\"json\"}", "no such stage: x" },
		{ "{" GOOD "\"header\":\"none\",\"encode\":\"csw\"}",
		  "no such stage: csw" },
		{ "{" GOOD "\"header\":\"none\",\"encode\":\"json\"}",
		  "no such stage: " },
		{ "{" GOOD REST ",\"encode_options\":[]}", "options of json are broken" },
		{ "{" GOOD REST ",\"encode_options\":{\"pretty\":1}}",
		  "options of json are broken" },
		{ "{" GOOD "\"header\":\"vpclogs\",\"header_options\":{\"*\":{\"a\":1}},"
		  "\"encode\":\"json\",\"compress\":\"none\"}",
		  "options of vpclogs are broken" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(65536);
		struct err err = ERR_INIT;
		struct object_spec spec;

		if (object_spec_read(str_of(cases[i].text), &arena, &spec, &err) !=
		    -EINVAL)
			fail_msg("%s was taken", cases[i].text);
		assert_string_equal(err.text, cases[i].why);
		object_spec_fini(&spec);
		arena_fini(&arena);
	}
}

/* Every cut, and members that a later version may add. */
static void test_specs_are_whole_or_refused(void **state)
{
	struct buf later = BUF_INIT(4096);
	struct arena arena = ARENA_INIT(65536);
	struct object_spec spec;
	struct world w;
	size_t len;

	(void)state;
	open_world(&w, VPCLOGS "  compress: {type: gzip}\n", &place);
	for (len = 0; len < w.object_spec_text.len; len++)
		assert_int_equal(object_spec_read((struct str){ w.object_spec_text.ptr,
								len },
						  &w.arena, &spec, NULL),
				 -EINVAL);
	buf_printf(&later, "{\"new\":[{}]," GOOD REST ",\"header_options\":{\"*\":null},"
			   "\"encode_options\":{\"width\":1}}");
	assert_int_equal(object_spec_read(buf_str(&later), &arena, &spec, NULL), 0);
	object_spec_fini(&spec);
	arena_fini(&arena);
	buf_fini(&later);
	close_world(&w);
}

/* Only the separator of the first row goes, however the rows are cut. */
static void test_rows_may_come_in_any_pieces(void **state)
{
	static const char *const all[] = { "64" };
	struct object object = { .first_ms = T0, .last_ms = T0 + 60000, .records = 2 };
	struct buf rows = BUF_INIT(65536), expected = BUF_INIT(65536);
	struct object_builder m;
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, "", &place);
	buf_puts(&expected, make(&w, all, 1));
	buf_reset(&w.sink.bytes);
	put_rows(&w, "64", &rows);
	assert_int_equal(object_builder_start(&m, &w.spec, &object, &w.sink.sink), 0);
	for (i = 0; i < rows.len; i++)
		assert_int_equal(object_builder_rows(&m, (struct str){ rows.ptr + i, 1 }),
				 0);
	assert_int_equal(object_builder_finish(&m), 0);
	object_builder_end(&m);
	assert_string_equal(w.sink.bytes.ptr, expected.ptr);
	buf_fini(&rows);
	buf_fini(&expected);
	close_world(&w);
}

static int make_with_failures(struct world *w, size_t puts)
{
	struct object object = { .first_ms = T0, .last_ms = T0, .records = 1 };
	struct buf rows = BUF_INIT(65536);
	struct object_builder m;
	int error;

	put_rows(w, "1", &rows);
	w->sink.left = puts;
	error = object_builder_start(&m, &w->spec, &object, &w->sink.sink);
	if (!error)
		error = object_builder_rows(&m, buf_str(&rows));
	if (!error)
		error = object_builder_finish(&m);
	object_builder_end(&m);
	buf_fini(&rows);
	return error;
}

static void test_a_sink_that_fails_is_heard(void **state)
{
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, "", &place);
	for (i = 0; i < 3; i++)
		assert_int_equal(make_with_failures(&w, i), -ENOSPC);
	assert_int_equal(make_with_failures(&w, 3), 0);
	close_world(&w);
	open_world(&w, "  compress: {type: gzip}\n", &place);
	assert_int_equal(make_with_failures(&w, 0), -ENOSPC);
	assert_int_equal(make_with_failures(&w, SIZE_MAX), 0);
	close_world(&w);
}

/* The heading is that of the run that filled the object. */
static void test_columns_are_in_the_spec(void **state)
{
	static const char *const none[] = { "" };
	struct world w;

	(void)state;
	open_world(
		&w,
		"  transform: {type: awsflowlogs, awsflowlogs: {fields: [end, srcaddr]}}\n"
		"  encode: {type: text}\n",
		&place);
	assert_non_null(strstr(w.object_spec_text.ptr,
			       "\"record\":\"awsflowlogs-aws\","
			       "\"columns\":[\"end\",\"srcaddr\"],"));
	assert_string_equal(make(&w, none, 1), "end srcaddr\n");
	assert_true(str_is(w.spec.content_type, "text/plain"));
	close_world(&w);
}

static void put_metadata(struct world *w, const struct object *object, struct buf *out)
{
	struct map_of_str metadata;
	size_t i;

	object_spec_metadata(&w->spec, object, &w->arena, &metadata);
	for (i = 0; i < metadata.count; i++)
		buf_printf(out, STR_FMT "=" STR_FMT "\n", STR_ARG(metadata.name[i]),
			   STR_ARG(metadata.value[i]));
}

static void test_metadata_is_what_a_store_takes(void **state)
{
	const struct object object = { .first_ms = T0, .last_ms = T0 + 1, .records = 2 };
	const struct object lossy = { .records = 1, .lost_flows = 4 };
	struct buf out = BUF_INIT(65536), yaml = BUF_INIT(65536);
	struct world w;

	(void)state;
	open_world(&w, VPCLOGS "  transform: {type: vpclogs}\n", &place);
	put_metadata(&w, &lossy, &out);
	assert_string_equal(out.ptr, "first-timestamp=0\nlast-timestamp=0\n"
				     "num-records=1\nlost-flows=4\n");
	close_world(&w);
	buf_reset(&out);
	buf_printf(&yaml,
		   "  transform: {type: vpclogs, vpclogs: {dialect: ibm}}\n"
		   "  storeheader:\n    type: vpclogs\n    vpclogs:\n"
		   "      bad name: x\n      big: %01990d\n      empty: ''\n"
		   "      instance_crn: \"a\\r\\nb: \\u00e9\"\n",
		   0);
	open_world(&w, yaml.ptr, &place);
	put_metadata(&w, &object, &out);
	assert_non_null(strstr(out.ptr, "num-records=2\nattached_endpoint_type=vnic\n"));
	assert_non_null(strstr(out.ptr, "\ninstance_crn=a__b: __\n"));
	assert_non_null(strstr(out.ptr, "\nnumber_of_flow_logs=2\nstate=ok\n"));
	assert_null(strstr(out.ptr, "bad name"));
	assert_null(strstr(out.ptr, "big"));
	assert_null(strstr(out.ptr, "empty"));
	assert_null(strstr(out.ptr, "flow_logs=["));
	close_world(&w);
	buf_fini(&out);
	buf_fini(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_without_a_header_are_lists),
		cmocka_unit_test(test_the_header_stands_around_the_rows_sorted),
		cmocka_unit_test(test_pretty_objects_have_a_tab_a_level),
		cmocka_unit_test(test_compressed_objects_hold_the_same_bytes),
		cmocka_unit_test(test_the_spec_keeps_options_and_place),
		cmocka_unit_test(test_the_content_encoding_is_resolved),
		cmocka_unit_test(test_labels_are_kept),
		cmocka_unit_test(test_the_title_is_kept),
		cmocka_unit_test(test_binary_rows_say_so),
		cmocka_unit_test(test_the_layout_is_kept),
		cmocka_unit_test(test_broken_specs_are_refused),
		cmocka_unit_test(test_specs_are_whole_or_refused),
		cmocka_unit_test(test_rows_may_come_in_any_pieces),
		cmocka_unit_test(test_a_sink_that_fails_is_heard),
		cmocka_unit_test(test_columns_are_in_the_spec),
		cmocka_unit_test(test_metadata_is_what_a_store_takes),
	};

	return cmocka_run_group_tests_name("object_spec", tests, NULL, NULL);
}
