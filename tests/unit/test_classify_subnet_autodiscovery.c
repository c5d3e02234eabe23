/* SPDX-License-Identifier: Apache-2.0 */
/* test_classify_subnet_autodiscovery.c - which addresses of nodes are inside, and
 * when the nodes are asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "stage/stage_set.h"
#include "fake_answers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ADDRESSES    4
#define NODES	     "G.V().Has(\"Manager\", \"k8s\", \"Type\", \"node\")"
#define RETRY_MS     5000
#define REFRESH_MS   300000

#define USUAL                                                                            \
	"pipeline: {classify: {type: subnet_autodiscovery, "                             \
	"cluster_net_masks: [10.0.0.0/8]}}"

struct world {
	struct arena arena;
	struct problems problems;
	struct stage_set set;
	struct fake_answers fake;
	struct fake_fact fact;
	struct queries queries;
	struct buf text;
};

static void open_world(struct world *w, const char *yaml)
{
	struct config *config = config_new();

	*w = (struct world){
		.arena = ARENA_INIT(1 << 20),
		.problems = PROBLEMS_INIT,
		.fake = fake_answers_of(NULL, 0),
		.text = BUF_INIT(65536),
	};
	w->fact.text = NODES;
	w->fake.fact = &w->fact;
	w->fake.count = 1;
	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &w->problems),
			 0);
	stage_set_read(&w->set, config, &w->arena, &w->problems);
	config_free(config);
	assert_int_equal(queries_init(&w->queries, &w->fake.answers), 0);
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
	queries_fini(&w->queries);
	buf_fini(&w->fake.asked);
	buf_fini(&w->text);
}

/* Between batches, as a tenant does it. */
static int64_t refresh(struct world *w, int64_t now_ms)
{
	int64_t due_ms = classify_subnet_autodiscovery.refresh(w->set.classify_state,
							       &w->queries,
							       (struct now){ now_ms, 0 });

	queries_reset(&w->queries);
	return due_ms;
}

static bool is_inside(const struct world *w, const char *address)
{
	struct flow_layer network = { .a = str_of(address), .b = STR("9.9.9.9") };
	struct flow flow = { .network = &network };
	bool bad_address = false;
	enum tag tag = classify_subnet_autodiscovery.tag(w->set.classify_state, &flow,
							 &bad_address);

	assert_false(bad_address);
	assert_true(tag == TAG_EGRESS || tag == TAG_OTHER);
	return tag == TAG_EGRESS;
}

static void answer_with(struct world *w, const struct node *node, size_t count)
{
	w->fact.answer = (struct answer){ .node = node, .count = count };
}

static void test_a_node_counts_by_one_of_its_addresses(void **state)
{
	static const struct {
		const char *type[ADDRESSES], *address[ADDRESSES];
		const char *inside; /* or NULL: none of them */
	} cases[] = {
		{ { "InternalIP" }, { "1.1.1.1" }, "1.1.1.1" },
		{ { "ExternalIP" }, { "1.1.1.1" }, "1.1.1.1" },
		{ { "InternalIP", "ExternalIP", "InternalIP" },
		  { "1.1.1.1", "2.2.2.2", "3.3.3.3" },
		  "2.2.2.2" },
		{ { "ExternalIP", "ExternalIP", "InternalIP" },
		  { "1.1.1.1", "2.2.2.2", "3.3.3.3" },
		  "1.1.1.1" },
		{ { "InternalIP", "Hostname", "InternalIP", "Hostname" },
		  { "1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4" },
		  "3.3.3.3" },
		{ { "Hostname", "internalip", "ExternalIPs" },
		  { "1.1.1.1", "2.2.2.2", "3.3.3.3" },
		  NULL },
		{ { "InternalIP" }, { "2001:db8::1" }, "2001:db8::1" },
		{ { "ExternalIP" }, { "::ffff:1.1.1.1" }, "1.1.1.1" },
		{ { NULL }, { NULL }, NULL },
		/* The address that counts is none. */
		{ { "ExternalIP", "InternalIP" }, { "node-1", "1.1.1.1" }, NULL },
		{ { "InternalIP", "InternalIP" }, { "1.1.1.1", "" }, NULL },
		{ { "InternalIP" }, { "1.1.1.1/8" }, NULL },
		{ { "InternalIP" }, { "fe80::1%eth0" }, NULL },
	};
	static const char *const others[] = {
		"1.1.1.1",     "2.2.2.2", "3.3.3.3", "4.4.4.4",
		"2001:db8::1", "1.1.1.0", "1.1.1.2", "2001:db8::",
		"2001:db8::2", "::1",	  "9.9.9.9", "fe80::1",
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct str type[ADDRESSES], address[ADDRESSES];
		struct node node = { .addresses = { type, address, 0 } };
		struct world w;

		for (n = 0; n < ADDRESSES && cases[i].type[n]; n++) {
			type[n] = str_of(cases[i].type[n]);
			address[n] = str_of(cases[i].address[n]);
		}
		node.addresses.count = n;
		open_world(&w, USUAL);
		answer_with(&w, &node, 1);
		refresh(&w, 0);
		for (n = 0; n < COUNT(others); n++)
			if (is_inside(&w, others[n]) !=
			    (cases[i].inside && strcmp(cases[i].inside, others[n]) == 0))
				fail_msg("case %zu: %s", i, others[n]);
		assert_true(is_inside(&w, "10.1.2.3"));
		close_world(&w);
	}
}

static void test_a_node_with_two_stacks_counts_with_both(void **state)
{
	static struct str types[] = { TEXT("InternalIP"), TEXT("InternalIP"),
				      TEXT("ExternalIP"), TEXT("Hostname") };
	static struct str four[] = { TEXT("1.1.1.1"), TEXT("2001:db8::1"),
				     TEXT("3.3.3.3"), TEXT("2001:db8::2") };
	static const struct node node = { .addresses = { types, four, 4 } };
	struct world w;

	(void)state;
	open_world(&w, USUAL);
	answer_with(&w, &node, 1);
	refresh(&w, 0);
	assert_true(is_inside(&w, "3.3.3.3"));
	assert_true(is_inside(&w, "2001:db8::1"));
	assert_false(is_inside(&w, "1.1.1.1"));
	assert_false(is_inside(&w, "2001:db8::2"));
	close_world(&w);
}

static struct str external[] = { TEXT("ExternalIP") };
static struct str first[] = { TEXT("1.1.1.1") }, second[] = { TEXT("2.2.2.2") },
		  junk[] = { TEXT("junk") };
static const struct node nodes[] = {
	{ .addresses = { external, first, 1 } },
	{ .addresses = { external, junk, 1 } },
	{ .type = TEXT("node") },
	{ .addresses = { external, second, 1 } },
};

static void test_junk_among_nodes_is_passed_over(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, USUAL);
	answer_with(&w, nodes, COUNT(nodes));
	refresh(&w, 0);
	assert_true(is_inside(&w, "1.1.1.1"));
	assert_true(is_inside(&w, "2.2.2.2"));
	close_world(&w);
}

static void test_it_starts_with_the_masks_and_works_without(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, USUAL);
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	assert_true(is_inside(&w, "10.0.0.1"));
	assert_false(is_inside(&w, "1.1.1.1"));
	close_world(&w);
	open_world(&w, "pipeline: {classify: {type: subnet_autodiscovery}}");
	assert_string_equal(buf_str(&w.problems.text).ptr, "");
	assert_false(is_inside(&w, "10.0.0.1"));
	answer_with(&w, nodes, 1);
	refresh(&w, 0);
	assert_true(is_inside(&w, "1.1.1.1"));
	/* The last node is gone. */
	answer_with(&w, NULL, 0);
	refresh(&w, REFRESH_MS);
	assert_false(is_inside(&w, "1.1.1.1"));
	close_world(&w);
}

static void test_the_nodes_are_asked_for_again(void **state)
{
	enum reply { NOT_YET, DOWN, ONE, OTHER, NONE };
	static const struct {
		int64_t at_ms;
		enum reply reply;
		int64_t due_ms;
		bool is_asked, first, second;
	} steps[] = {
		/* Until the analyzer answers. */
		{ 100, NOT_YET, 100 + RETRY_MS, true, false, false },
		{ 200, NOT_YET, 200 + RETRY_MS, true, false, false },
		{ 6000, DOWN, 6000 + RETRY_MS, true, false, false },
		{ 10999, ONE, 6000 + RETRY_MS, false, false, false },
		{ 11000, ONE, 11000 + REFRESH_MS, true, true, false },
		/* Then now and then; what was known stays. */
		{ 11001, OTHER, 11000 + REFRESH_MS, false, true, false },
		{ 310999, OTHER, 11000 + REFRESH_MS, false, true, false },
		{ 311000, NOT_YET, 311000 + RETRY_MS, true, true, false },
		{ 316000, DOWN, 316000 + RETRY_MS, true, true, false },
		{ 321000, OTHER, 321000 + REFRESH_MS, true, false, true },
		{ 621000, NONE, 621000 + REFRESH_MS, true, false, false },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, USUAL);
	for (i = 0; i < COUNT(steps); i++) {
		const struct node *node = steps[i].reply == OTHER ? &nodes[3] : nodes;

		w.fake.is_silent = steps[i].reply == NOT_YET;
		w.fake.is_down = steps[i].reply == DOWN;
		answer_with(&w, node, steps[i].reply == ONE || steps[i].reply == OTHER);
		if (refresh(&w, steps[i].at_ms) != steps[i].due_ms)
			fail_msg("step %zu", i);
		assert_string_equal(fake_asked(&w.fake, &w.text),
				    steps[i].is_asked ? NODES "\n" : "");
		if (steps[i].is_asked)
			assert_int_equal(w.fake.renewed_ms, steps[i].at_ms - REFRESH_MS);
		assert_int_equal(is_inside(&w, "1.1.1.1"), steps[i].first);
		assert_int_equal(is_inside(&w, "2.2.2.2"), steps[i].second);
		assert_true(is_inside(&w, "10.1.1.1"));
	}
	close_world(&w);
}

static void test_options(void **state)
{
	static const struct {
		const char *option, *problem; /* or NULL */
		int64_t due_ms;
	} cases[] = {
		{ "subnet_autodiscovery: {refresh: 1m}", NULL, 60000 },
		{ "subnet_autodiscovery: {refresh: 1s}", NULL, 1000 },
		{ "subnet_autodiscovery: {refresh: 0s}",
		  "t.yml:4: pipeline.classify.subnet_autodiscovery.refresh: ", 0 },
		{ "cluster_net_masks: [10.0.0.0/8, x]",
		  "t.yml:4: pipeline.classify.cluster_net_masks[1]: ", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf yaml = BUF_INIT(4096);
		struct world w;

		buf_printf(&yaml,
			   "pipeline:\n classify:\n  type: subnet_autodiscovery\n  %s\n",
			   cases[i].option);
		open_world(&w, yaml.ptr);
		if (cases[i].problem)
			assert_non_null(
				strstr(buf_str(&w.problems.text).ptr, cases[i].problem));
		else
			assert_int_equal(refresh(&w, 0), cases[i].due_ms);
		close_world(&w);
		buf_fini(&yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_node_counts_by_one_of_its_addresses),
		cmocka_unit_test(test_a_node_with_two_stacks_counts_with_both),
		cmocka_unit_test(test_junk_among_nodes_is_passed_over),
		cmocka_unit_test(test_it_starts_with_the_masks_and_works_without),
		cmocka_unit_test(test_the_nodes_are_asked_for_again),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests_name("classify_subnet_autodiscovery", tests, NULL,
					   NULL);
}
