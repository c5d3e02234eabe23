/* SPDX-License-Identifier: Apache-2.0 */
/* test_classify_subnet.c - which way a flow goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "flow/decode.h"
#include "stage/stage_set.h"
#include "flows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct world {
	struct arena arena;
	struct problems problems;
	struct stage_set set;
};

static void open_world(struct world *w, const char *yaml)
{
	struct config *config = config_new();

	*w = (struct world){ .arena = ARENA_INIT(1 << 20), .problems = PROBLEMS_INIT };
	assert_non_null(config);
	assert_int_equal(config_add(config, "t.yml", str_of(yaml), false, &w->problems),
			 0);
	stage_set_read(&w->set, config, &w->arena, &w->problems);
	config_free(config);
}

static void close_world(struct world *w)
{
	stage_set_fini(&w->set);
	problems_fini(&w->problems);
	arena_fini(&w->arena);
}

static enum tag tag_of(const struct world *w, const struct flow *flow, bool *bad_address)
{
	*bad_address = false;
	return classify_subnet.tag(w->set.classify_state, flow, bad_address);
}

#define MASKS                                                                            \
	"pipeline: {classify: {cluster_net_masks: [10.0.0.0/8, 172.16.0.0/12, "          \
	"192.168.0.0/16]}}"

static void test_the_sample_flows_have_their_tags(void **state)
{
	static const enum tag tags[FLOW_COUNT] = {
		TAG_EGRESS, TAG_INTERNAL, TAG_EGRESS, TAG_INTERNAL, TAG_OTHER, TAG_OTHER,
	};
	struct buf list = BUF_INIT(65536);
	struct batch *batch = batch_new(NULL, 0, NULL);
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, MASKS);
	for (i = 0; i < FLOW_COUNT; i++)
		buf_printf(&list, "%c%s", i ? ',' : '[', sample_flows[i].json);
	buf_putc(&list, ']');
	assert_int_equal(decode_json(buf_str(&list), batch, NULL), 0);
	for (i = 0; i < FLOW_COUNT; i++) {
		bool bad_address;

		assert_int_equal(tag_of(&w, &batch->flows[i], &bad_address), tags[i]);
		assert_false(bad_address);
	}
	buf_fini(&list);
	batch_unref(batch);
	close_world(&w);
}

static void test_addresses_decide(void **state)
{
	static const struct {
		const char *a, *b;
		enum tag tag;
		bool bad;
	} cases[] = {
		{ "10.1.2.3", "192.168.7.7", TAG_INTERNAL, false },
		{ "10.1.2.3", "11.0.0.0", TAG_EGRESS, false },
		{ "9.255.255.255", "172.31.255.255", TAG_INGRESS, false },
		{ "172.32.0.0", "192.169.0.0", TAG_OTHER, false },
		{ "::ffff:10.0.0.1", "2001:db8::1", TAG_EGRESS, false },
		{ "2001:db8::1", "::1", TAG_OTHER, false },
		{ "", "10.0.0.1", TAG_OTHER, true },
		{ "10.0.0.1", "host", TAG_OTHER, true },
		{ "10.0.0.01", "10.0.0.1", TAG_OTHER, true },
		{ "10.0.0.1/8", "10.0.0.1", TAG_OTHER, true },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, MASKS);
	for (i = 0; i < COUNT(cases); i++) {
		struct flow_layer network = {
			.a = str_of(cases[i].a),
			.b = str_of(cases[i].b),
		};
		struct flow flow = { .network = &network };
		bool bad_address;

		if (tag_of(&w, &flow, &bad_address) != cases[i].tag ||
		    bad_address != cases[i].bad)
			fail_msg("%s to %s", cases[i].a, cases[i].b);
	}
	close_world(&w);
}

static void test_without_masks_everything_is_other(void **state)
{
	struct flow_layer network = { .a = STR("10.0.0.1"), .b = STR("10.0.0.2") };
	struct flow flow = { .network = &network };
	bool bad_address;
	struct world w;

	(void)state;
	open_world(&w, "pipeline: {}");
	assert_int_equal(w.problems.count, 0);
	assert_int_equal(tag_of(&w, &flow, &bad_address), TAG_OTHER);
	assert_false(bad_address);
	close_world(&w);
}

static void test_a_wrong_mask_is_named(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "pipeline:\n classify:\n  cluster_net_masks:\n  - 10.0.0.0/8\n"
		       "  - 10.0.0.0/33\n");
	assert_int_equal(w.problems.count, 1);
	assert_non_null(strstr(w.problems.text.ptr,
			       "t.yml:5: pipeline.classify.cluster_net_masks[1]: "));
	assert_non_null(strstr(w.problems.text.ptr, "10.0.0.0/33"));
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_sample_flows_have_their_tags),
		cmocka_unit_test(test_addresses_decide),
		cmocka_unit_test(test_without_masks_everything_is_other),
		cmocka_unit_test(test_a_wrong_mask_is_named),
	};

	return cmocka_run_group_tests_name("classify_subnet", tests, NULL, NULL);
}
