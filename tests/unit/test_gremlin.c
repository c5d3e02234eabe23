/* SPDX-License-Identifier: Apache-2.0 */
/* test_gremlin.c - questions as they are sent, replies as they are read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "topology/analyzer_url.h"
#include "topology/gremlin.h"

static void bodies(void **state)
{
	static const char *const pairs[][2] = {
		{ "G.V()", "{\"GremlinQuery\":\"G.V()\"}" },
		{ "G.V().Has(\"TID\", \"x\")",
		  "{\"GremlinQuery\":\"G.V().Has(\\\"TID\\\", \\\"x\\\")\"}" },
		{ "<&>\t\x01", "{\"GremlinQuery\":\"\\u003c\\u0026\\u003e\\t\\u0001\"}" },
		{ "\xc3\xa9\xff", "{\"GremlinQuery\":\"\xc3\xa9\\ufffd\"}" },
	};
	struct buf out = BUF_INIT(256);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_reset(&out);
		gremlin_put_body(&out, str_of(pairs[i][0]));
		assert_string_equal(out.ptr, pairs[i][1]);
	}
	buf_fini(&out);
}

#define NODE(id, metadata) "{\"ID\":\"" id "\",\"Metadata\":" metadata ",\"Host\":\"h\"}"

/* "veth[a,b] bridge[]": the nodes of an answer as one line. */
static void describe(struct buf *out, const struct answer *a)
{
	size_t i, j;

	for (i = 0; i < a->count; i++) {
		if (i)
			buf_putc(out, ' ');
		buf_put(out, a->node[i].type);
		buf_putc(out, '[');
		for (j = 0; j < a->node[i].ipv4.count; j++) {
			if (j)
				buf_putc(out, ',');
			buf_put(out, a->node[i].ipv4.item[j]);
		}
		buf_putc(out, ']');
	}
}

static void replies(void **state)
{
	static const struct {
		int status;
		const char *body;
		const char *nodes; /* or NULL: it fails, */
		const char *error; /* with this in the reason */
	} table[] = {
		{ 200, "[]\n", "", NULL },
		{ 200, "null\n", "", NULL },
		{ 204, "", "", NULL },
		{ 204, "whatever", "", NULL },
		{ 200,
		  "[" NODE("1",
			   "{\"Type\":\"veth\",\"IPV4\":[\"10.0.0.1/24\",\"b\"]}") "]\n",
		  "veth[10.0.0.1/24,b]", NULL },
		{ 200, "[" NODE("1", "{}") "," NODE("2", "{\"Type\":\"bridge\"}") "]",
		  "[] bridge[]", NULL },
		/* A list in the list is flattened; other things are not seen. */
		{ 200,
		  "[[" NODE("1", "{\"Type\":\"a\"}") "," NODE(
			  "2",
			  "{\"Type\":\"b\"}") "],[],3,\"x\",null," NODE("3",
									"{\"Type\":\"c\"}") "]",
		  "a[] b[] c[]", NULL },
		/* Members of other types are as good as none. */
		{ 200, "[" NODE("1", "{\"Type\":7,\"IPV4\":\"10.0.0.1/24\"}") "]", "[]",
		  NULL },
		{ 200, "[" NODE("1", "{\"Type\":\"a\",\"IPV4\":[\"x\",1]}") "]", "a[]",
		  NULL },
		{ 200, "[" NODE("1", "null") "]", "[]", NULL },
		{ 200, "[{\"ID\":\"1\"}]", "[]", NULL },
		{ 200, "[" NODE("1", "{\"Type\":\"\\u00e9\\n\"}") "]", "\xc3\xa9\n[]",
		  NULL },
		{ 200, "[{\"Metadata\":{}}]", NULL, "a node without ID" },
		{ 200, "[" NODE("1", "{}") ",{\"ID\":1}]", NULL, "a node without ID" },
		{ 200, "[[\"172.17.0.2/16\"]]", "", NULL },
		{ 200, "{}", NULL, "not a list" },
		{ 200, "5", NULL, "not a list" },
		{ 200, "null", "", NULL },
		{ 200, "nul", NULL, "not JSON" },
		{ 200, "5 6", NULL, "not JSON" },
		{ 200, "", NULL, "not JSON: it ends too early" },
		{ 200, "[", NULL, "not JSON: it ends too early" },
		{ 200, "[] x", NULL, "not JSON" },
		{ 200, "<html>", NULL, "not JSON" },
		{ 400, "found \"X\", expected `G`\nmore", NULL,
		  "status 400: found \"X\", expected `G`" },
		{ 405, "", NULL, "status 405: " },
		{ 302, "[]", NULL, "status 302" },
	};
	struct buf text = BUF_INIT(1024);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err = ERR_INIT;
		struct shared_answer *a = gremlin_read(table[i].status,
						       str_of(table[i].body), &err);

		print_message("  %d %s\n", table[i].status, err.text);
		if (table[i].error) {
			assert_null(a);
			assert_non_null(strstr(err.text, table[i].error));
			assert_null(strchr(err.text, '\n'));
			continue;
		}
		assert_non_null(a);
		buf_reset(&text);
		describe(&text, &a->answer);
		assert_true(str_is(buf_str(&text), table[i].nodes));
		shared_answer_unref(a);
	}
	buf_fini(&text);
}

/* What is kept of a node: the members that are there. */
static void describe_members(struct buf *out, const struct node *node)
{
	const struct field *field;
	size_t i;

	for (field = node_shape.fields; field->name; field++) {
		const void *at = (const char *)node + field->offset;
		const struct str *text = at;
		const struct strs *list = at;
		const struct map_of_str *map = at;

		if (field_is_empty(field, at) && field->kind != FIELD_KIND_STR)
			continue;
		if (field->kind == FIELD_KIND_STR && !text->ptr)
			continue;
		buf_printf(out, "%s=", field->name);
		if (field->kind == FIELD_KIND_STR)
			buf_put(out, *text);
		for (i = 0; field->kind == FIELD_KIND_STRS && i < list->count; i++)
			buf_printf(out, "[" STR_FMT "]", STR_ARG(list->item[i]));
		for (i = 0; field->kind == FIELD_KIND_MAP && i < map->count; i++)
			buf_printf(out, "[" STR_FMT ":" STR_FMT "]",
				   STR_ARG(map->name[i]), STR_ARG(map->value[i]));
		buf_putc(out, ';');
	}
}

static void members(void **state)
{
	static const struct {
		const char *metadata, *members;
	} table[] = {
		{ "{\"Type\":\"veth\",\"Name\":\"eth0\"}", "Type=veth;Name=eth0;" },
		{ "{\"Type\":\"\",\"Name\":null}", "Type=;" },
		{ "{\"Container\":{\"ID\":\"i\",\"Hosts\":{\"Hostname\":\"h\"},"
		  "\"Runtime\":\"runc\"}}",
		  "Container.ID=i;Container.Hosts.Hostname=h;Container.Runtime=runc;" },
		{ "{\"Docker\":{\"ContainerID\":\"d\"},\"Runc\":{\"ContainerID\":\"r\","
		  "\"Hosts\":{\"Hostname\":\"h\",\"IP\":\"1.1.1.1\"}}}",
		  "Docker.ContainerID=d;Runc.ContainerID=r;Runc.Hosts.Hostname=h;" },
		{ "{\"K8s\":{\"Namespace\":\"n\",\"Name\":\"p\"}}",
		  "K8s.Namespace=n;K8s.Name=p;" },
		/* The first of the owners, whatever it is. */
		{ "{\"K8s\":{\"Extra\":{\"ObjectMeta\":{\"OwnerReferences\":"
		  "[{\"Kind\":\"ReplicaSet\",\"Name\":\"web\"},"
		  "{\"Kind\":\"x\",\"Name\":\"y\"}]}}}}",
		  "K8s.Extra.ObjectMeta.OwnerReferences.0.Kind=ReplicaSet;"
		  "K8s.Extra.ObjectMeta.OwnerReferences.0.Name=web;" },
		{ "{\"K8s\":{\"Extra\":{\"ObjectMeta\":{\"OwnerReferences\":"
		  "[null,{\"Kind\":\"x\",\"Name\":\"y\"}]}}}}",
		  "" },
		{ "{\"K8s\":{\"Extra\":{\"ObjectMeta\":{\"OwnerReferences\":[]}}}}", "" },
		{ "{\"K8s\":{\"Extra\":{\"ObjectMeta\":{\"OwnerReferences\":{}}}}}", "" },
		{ "{\"K8s\":{\"Extra\":{\"Status\":{\"Addresses\":"
		  "[{\"Type\":\"InternalIP\",\"Address\":\"1.1.1.1\"},"
		  "{\"Type\":\"Hostname\",\"Address\":\"\"},"
		  "{\"Type\":3,\"Address\":\"2.2.2.2\"},{\"Type\":\"ExternalIP\"},"
		  "null,\"3.3.3.3\",[],"
		  "{\"Address\":\"4.4.4.4\",\"Type\":\"ExternalIP\",\"x\":{}}]}}}}",
		  "K8s.Extra.Status.Addresses=[InternalIP:1.1.1.1][Hostname:]"
		  "[ExternalIP:4.4.4.4];" },
		{ "{\"K8s\":{\"Extra\":{\"Status\":{\"Addresses\":"
		  "{\"Type\":\"InternalIP\",\"Address\":\"1.1.1.1\"}}}}}",
		  "" },
		{ "{\"IPV4\":[\"1.1.1.1/8\",\"\"]}", "IPV4=[1.1.1.1/8][];" },
		{ "{\"IPV4\":[]}", "" },
		/* A path through what is no object, a name with the dots in it. */
		{ "{\"Container\":\"ID\",\"Docker\":[{\"ContainerID\":\"d\"}],"
		  "\"Runc\":null,\"K8s\":7}",
		  "" },
		{ "{\"Docker.ContainerID\":\"d\",\"container\":{\"ID\":\"i\"}}", "" },
		{ "[{\"Type\":\"veth\"}]", "" },
	};
	struct buf body = BUF_INIT(4096), text = BUF_INIT(4096);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct shared_answer *a;

		buf_reset(&body);
		buf_reset(&text);
		buf_printf(&body, "[{\"ID\":\"1\",\"Metadata\":%s}]", table[i].metadata);
		a = gremlin_read(200, buf_str(&body), NULL);
		assert_non_null(a);
		assert_int_equal(a->answer.count, 1);
		/* Nothing of the reply is needed any more. */
		memset(body.ptr, 'x', body.len);
		describe_members(&text, a->answer.node);
		if (!str_is(buf_str(&text), table[i].members))
			fail_msg("%s: " STR_FMT, table[i].metadata,
				 STR_ARG(buf_str(&text)));
		shared_answer_unref(a);
	}
	buf_fini(&body);
	buf_fini(&text);
}

static void values(void **state)
{
	static const struct {
		int status;
		const char *body;
		const char *value; /* or NULL: there is none */
		bool is_null;
	} table[] = {
		{ 200, "null", NULL, true },
		{ 200, " null\n", NULL, true },
		{ 204, "", NULL, false },
		{ 204, "null", NULL, false },
		{ 200, "[]", NULL, false },
		{ 200, "[\"a\"]", "a", false },
		{ 200, "[\"a\",\"b\"]", "a", false },
		{ 200, "[\"\",\"b\"]", "", false },
		{ 200, "[null,\"b\"]", "", false },
		{ 200, "[null]", "", false },
		{ 200, "[\"a\",null]", "a", false },
		{ 200, "[\"\\u00e9\\\"\\n\"]", "\xc3\xa9\"\n", false },
		{ 200, "[1]", NULL, false },
		{ 200, "[\"a\",1]", NULL, false },
		{ 200, "[\"a\",true]", NULL, false },
		{ 200, "[[\"x\"]]", NULL, false },
		{ 200, "[\"a\",[]]", NULL, false },
		{ 200, "[\"a\"," NODE("1", "{}") "]", NULL, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct shared_answer *a = gremlin_read(table[i].status,
						       str_of(table[i].body), NULL);

		assert_non_null(a);
		if (a->answer.is_null != table[i].is_null ||
		    !a->answer.value.ptr != !table[i].value ||
		    (table[i].value && !str_is(a->answer.value, table[i].value)))
			fail_msg("%s", table[i].body);
		assert_false(a->answer.is_unknown);
		shared_answer_unref(a);
	}
}

static void interfaces(void **state)
{
	struct shared_answer *a = gremlin_read(
		200,
		STR("[" NODE("1", "{\"TID\":\"t\",\"IPV4\":[],\"IPV6\":7,\"Metric\":"
				  "{\"RxBytes\":9007199254740993,\"TxPackets\":3.0,"
				  "\"Collisions\":\"4\"}}") "," NODE("2", "{}") "]"),
		NULL);
	const struct node *node;

	(void)state;
	assert_non_null(a);
	node = a->answer.node;
	assert_true(str_is(node->host, "h"));
	assert_true(str_is(node->tid, "t"));
	assert_int_equal(node->metric.rx_bytes, INT64_C(9007199254740993));
	assert_int_equal(node->metric.tx_packets, 3);
	assert_int_equal(node->metric.collisions, 0);
	/* A list that is none is told from one that is not there. */
	assert_true(node[0].ipv4.item && node[0].ipv6.item);
	assert_int_equal(node[0].ipv4.count + node[0].ipv6.count, 0);
	assert_false(node[1].ipv4.item || node[1].ipv6.item);
	shared_answer_unref(a);
}

static void put_times(struct buf *out, char c, int times)
{
	while (times--)
		buf_putc(out, c);
}

static void too_deep(void **state)
{
	struct buf text = BUF_INIT(4096);
	struct err err = ERR_INIT;

	(void)state;
	put_times(&text, '[', 200);
	put_times(&text, ']', 200);
	assert_null(gremlin_read(200, buf_str(&text), &err));
	assert_non_null(strstr(err.text, "not JSON"));
	buf_fini(&text);
}

/* Every answer is kept for minutes: it takes what it needs and no more. */
static void small(void **state)
{
	struct shared_answer *a = gremlin_read(200,
					       STR("[" NODE("1",
							    "{\"Type\":\"veth\"}") "]"),
					       NULL);

	(void)state;
	assert_non_null(a);
	assert_int_equal(a->bytes,
			 sizeof(*a) + sizeof(struct node) + sizeof("vethh") - 1);
	assert_ptr_equal(shared_answer_ref(a), a);
	shared_answer_unref(a);
	assert_true(str_is(a->answer.node[0].type, "veth"));
	shared_answer_unref(a);
	shared_answer_unref(NULL);
}

static void analyzers(void **state)
{
	static const char *const pairs[][2] = {
		{ "10.0.0.1:8082", "http://10.0.0.1:8082" },
		{ ":8082", "http://localhost:8082" },
		{ "8082", "http://localhost:8082" },
		{ "[::1]:8082", "http://[::1]:8082" },
		{ "https://analyzer-1.example.com:8082",
		  "https://analyzer-1.example.com:8082" },
		{ "http://a:80", "http://a" },
		{ "analyzer", NULL },
		{ "", NULL },
		{ "::1:8082", NULL },
		{ "a:8082/api", NULL },
		{ "ws://a:8082", NULL },
		{ "99999", NULL },
	};
	struct buf url = BUF_INIT(256);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct err err = ERR_INIT;
		int error;

		buf_reset(&url);
		error = analyzer_url_put(&url, str_of(pairs[i][0]), false, &err);
		print_message("  %s %s\n", pairs[i][0], err.text);
		assert_int_equal(error, pairs[i][1] ? 0 : -EINVAL);
		if (pairs[i][1])
			assert_string_equal(url.ptr, pairs[i][1]);
	}
	buf_fini(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),  cmocka_unit_test(replies),
		cmocka_unit_test(members), cmocka_unit_test(interfaces),
		cmocka_unit_test(values),  cmocka_unit_test(too_deep),
		cmocka_unit_test(small),   cmocka_unit_test(analyzers),
	};

	return cmocka_run_group_tests_name("gremlin", tests, NULL, NULL);
}
