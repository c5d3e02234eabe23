/* SPDX-License-Identifier: Apache-2.0 */
/* test_series.c - values of connections and interfaces, and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "pipeline/series.h"
#include "fake_answers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define INTERFACES   "G.V().Has('EncapType', 'ether')"

struct sample {
	struct flow_layer network;
	struct flow_transport transport;
	struct flow_metric metric;
	struct flow flow;
};

static const struct flow *sample(struct sample *s, const char *id, const char *ip,
				 int64_t bytes)
{
	s->network = (struct flow_layer){ .a = str_of(ip), .b = STR("10.0.0.2") };
	s->transport = (struct flow_transport){ PROTOCOL_TCP, 1, 2, 0 };
	s->metric = (struct flow_metric){ .ab_bytes = bytes };
	s->flow = (struct flow){
		.network = &s->network,
		.transport = &s->transport,
		.metric = &s->metric,
		.node_tid = STR("n"),
		.l3_tracking_id = str_of(id),
	};
	return &s->flow;
}

static struct now at(int64_t ms)
{
	return (struct now){ .mono_ms = ms };
}

static enum verdict take(struct series *s, const char *id, const char *ip, int64_t bytes,
			 int64_t now_ms)
{
	struct sample flow;

	return series_take(s, sample(&flow, id, ip, bytes), at(now_ms));
}

/* "10.0.0.1=5 ": bytes from initiators, in the order of the page. */
static void assert_bytes(const struct series *s, const char *wanted)
{
	static const char name[] = "\nskydive_network_connection_total_bytes{direction="
				   "\"initiator_to_target\",initiator_ip=\"";
	struct buf page = BUF_INIT(1 << 20), found = BUF_INIT(4096);
	const char *line;

	buf_puts(&page, "");
	assert_int_equal(series_put(s, &page), 0);
	for (line = page.ptr; line && (line = strstr(line, name)); line++) {
		const char *ip = line + sizeof(name) - 1;
		const char *value = strstr(ip, "} ") + 2;

		buf_printf(&found, STR_FMT "=" STR_FMT " ",
			   STR_ARG(str_until(str_of(ip), '"')),
			   STR_ARG(str_until(str_of(value), '\n')));
	}
	assert_true(str_is(buf_str(&found), wanted));
	buf_fini(&page);
	buf_fini(&found);
}

static void test_the_first_flow_gives_labels_every_one_values(void **state)
{
	struct series *s = series_new(60000, 10);

	(void)state;
	assert_int_equal(take(s, "a", "10.0.0.9", 5, 0), KEEP);
	assert_int_equal(take(s, "b", "10.0.0.1", 6, 0), KEEP);
	assert_int_equal(take(s, "a", "10.0.0.7", 1000000, 0), KEEP);
	assert_bytes(s, "10.0.0.1=6 10.0.0.9=1e+06 ");
	series_free(s);
}

static void test_the_same_labels_are_one_series_with_the_last_value(void **state)
{
	struct series *s = series_new(60000, 10);

	(void)state;
	take(s, "a", "10.0.0.1", 5, 0);
	take(s, "b", "10.0.0.1", 6, 0);
	assert_bytes(s, "10.0.0.1=6 ");
	take(s, "a", "10.0.0.1", 7, 0);
	assert_bytes(s, "10.0.0.1=7 ");
	series_free(s);
}

static void test_what_has_no_ports_or_addresses_is_no_connection(void **state)
{
	struct series *s = series_new(60000, 10);
	struct sample flow;

	(void)state;
	sample(&flow, "a", "10.0.0.1", 5);
	flow.flow.network = NULL;
	assert_int_equal(series_take(s, &flow.flow, at(0)), DROP_NO_NETWORK);
	flow.flow.transport = NULL;
	assert_int_equal(series_take(s, &flow.flow, at(0)), DROP_NO_TRANSPORT);
	sample(&flow, "a", "10.0.0.1", 5);
	flow.flow.metric = NULL;
	assert_int_equal(series_take(s, &flow.flow, at(0)), KEEP);
	assert_bytes(s, "10.0.0.1=0 ");
	series_free(s);
}

static void test_what_is_not_updated_goes_at_a_sweep(void **state)
{
	struct fake_answers fake = fake_answers_of(NULL, 0);
	struct series *s = series_new(60000, 10);
	struct queries queries;

	(void)state;
	assert_int_equal(queries_init(&queries, &fake.answers), 0);
	take(s, "a", "10.0.0.1", 5, 1000);
	take(s, "b", "10.0.0.2", 6, 1000);
	take(s, "c", "10.0.0.3", 7, 61000);
	assert_int_equal(series_tick(s, &queries, at(1000)), 21000);
	/* Past its time, but not swept: it goes on with its labels. */
	take(s, "b", "10.0.0.4", 8, 110000);
	series_tick(s, &queries, at(120999));
	assert_bytes(s, "10.0.0.1=5 10.0.0.2=8 10.0.0.3=7 ");
	series_tick(s, &queries, at(121000));
	assert_bytes(s, "10.0.0.2=8 ");
	series_tick(s, &queries, at(240999));
	assert_bytes(s, "10.0.0.2=8 ");
	series_tick(s, &queries, at(241000));
	assert_bytes(s, "");
	assert_int_equal(series_take_evicted(s), 0);
	queries_fini(&queries);
	buf_fini(&fake.asked);
	series_free(s);
}

static void test_connections_are_bounded_and_counted(void **state)
{
	struct series *s = series_new(60000, 2);

	(void)state;
	take(s, "a", "10.0.0.1", 1, 0);
	take(s, "b", "10.0.0.2", 2, 0);
	take(s, "a", "10.0.0.1", 3, 0);
	take(s, "c", "10.0.0.3", 4, 0);
	assert_bytes(s, "10.0.0.1=3 10.0.0.3=4 ");
	assert_int_equal(series_take_evicted(s), 1);
	assert_int_equal(series_take_evicted(s), 0);
	series_free(s);
}

static void test_values_of_labels_are_escaped(void **state)
{
	struct series *s = series_new(60000, 2);
	struct buf page = BUF_INIT(1 << 16);

	(void)state;
	take(s, "a", "a\"b\\c\nd\xff\xc3\xa9", 1, 0);
	assert_int_equal(series_put(s, &page), 0);
	assert_non_null(strstr(page.ptr, "initiator_ip=\"a\\\"b\\\\c\\nd\xef\xbf\xbd"
					 "\xc3\xa9\","));
	buf_fini(&page);
	series_free(s);
}

static void test_interfaces_are_asked_for_anew_every_20_seconds(void **state)
{
	struct fake_answers fake = fake_answers_of(NULL, 0);
	struct series *s = series_new(60000, 10);
	struct queries queries;

	(void)state;
	assert_int_equal(queries_init(&queries, &fake.answers), 0);
	assert_int_equal(series_tick(s, &queries, at(0)), 20000);
	queries_reset(&queries);
	assert_int_equal(series_tick(s, &queries, at(19999)), 20000);
	assert_string_equal(fake.asked.ptr, INTERFACES "\n");
	assert_int_equal(series_tick(s, &queries, at(20000)), 40000);
	assert_string_equal(fake.asked.ptr, INTERFACES "\n" INTERFACES "\n");
	assert_int_equal(fake.renewed_ms, 20000);
	queries_fini(&queries);
	buf_fini(&fake.asked);
	series_free(s);
}

static void test_odd_nodes_are_passed_over(void **state)
{
	struct str address[] = { TEXT("10.0.0.1/24"), TEXT("10.0.0.9/24") };
	const struct node nodes[] = {
		{ .host = STR("h"),
		  .name = STR("eth0"),
		  .type = STR("device"),
		  .tid = STR("1"),
		  .ipv4 = { address, 2 },
		  .metric = { .tx_bytes = 7 } },
		{ .name = STR("no tid"), .type = STR("device") },
		{ .name = STR("no type"), .tid = STR("2") },
		{ .type = STR("no name"), .tid = STR("3") },
		{ .name = STR("odd"),
		  .type = STR("device"),
		  .tid = STR("4"),
		  .ipv4 = { address, 0 } },
		{ .name = STR("odd"),
		  .type = STR("device"),
		  .tid = STR("5"),
		  .ipv6 = { address, 0 } },
	};
	const struct fake_fact fact = { INTERFACES,
					{ nodes, COUNT(nodes), STR(""), 0, 0 } };
	struct fake_answers fake = fake_answers_of(&fact, 1);
	struct series *s = series_new(60000, 10);
	struct buf page = BUF_INIT(1 << 16);
	struct queries queries;

	(void)state;
	assert_int_equal(queries_init(&queries, &fake.answers), 0);
	fake.is_silent = true;
	assert_int_equal(series_tick(s, &queries, at(0)), 5000);
	queries_reset(&queries);
	fake.is_silent = false;
	assert_int_equal(series_tick(s, &queries, at(100)), 20100);
	assert_int_equal(series_put(s, &page), 0);
	assert_non_null(strstr(page.ptr,
			       "\nskydive_network_interface_tx_bytes{host=\"h\","
			       "interface_name=\"eth0\",interface_type=\"device\","
			       "ipv4=\"10.0.0.1/24\",ipv6=\"\",node_tid=\"1\"} 7\n"));
	assert_null(strstr(page.ptr, "odd"));
	assert_null(strstr(page.ptr, "no t"));
	assert_null(strstr(page.ptr, "no name"));
	queries_fini(&queries);
	buf_fini(&fake.asked);
	buf_fini(&page);
	series_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_flow_gives_labels_every_one_values),
		cmocka_unit_test(test_the_same_labels_are_one_series_with_the_last_value),
		cmocka_unit_test(test_what_has_no_ports_or_addresses_is_no_connection),
		cmocka_unit_test(test_what_is_not_updated_goes_at_a_sweep),
		cmocka_unit_test(test_connections_are_bounded_and_counted),
		cmocka_unit_test(test_values_of_labels_are_escaped),
		cmocka_unit_test(test_interfaces_are_asked_for_anew_every_20_seconds),
		cmocka_unit_test(test_odd_nodes_are_passed_over),
	};

	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
