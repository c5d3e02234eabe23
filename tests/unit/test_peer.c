/* SPDX-License-Identifier: Apache-2.0 */
/* test_peer.c - who has an address, what is asked to find out, and for how long
 * it is remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "stage/peer.h"
#include "fake_answers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define RUNC(address)                                                                    \
	"G.V().Has(\"Runc.Hosts.IP\", \"" address                                        \
	"\").ShortestPathTo(Metadata(\"TID\", \"t\"))"
#define DOCKER(address)                                                                  \
	"G.V().Has(\"IPV4\", Regex(\"" address                                           \
	"/.*\")).ShortestPathTo(Metadata(\"TID\", \"t\"))"                               \
	".Dedup().In(\"Type\", \"netns\").Out(\"Type\", \"container\")"
#define HOST(address)                                                                    \
	"G.V().Has(\"RoutingTables.Src\", \"" address "\").In().Has(\"Type\", \"host\")"
#define POD(id)                                                                          \
	"G.V().Has(\"K8s.Extra.Status.ContainerStatuses.ContainerID\", \"" id "\")"
#define TYPE "G.V().Has(\"TID\", \"t\")"

#define NODES(...)                                                                       \
	{                                                                                \
		.node = (const struct node[]){ __VA_ARGS__ }, .count = 1                 \
	}

static const struct fake_fact old_facts[] = {
	{ TYPE, NODES({ .type = TEXT("veth") }) },
	/* runc: of a pod, alone, without a name, with a bare pod. */
	{ RUNC("1.0.0.1"), NODES({ .type = TEXT("container"),
				   .runc_id = TEXT("cid1"),
				   .runc_hostname = TEXT("web-0") }) },
	{ POD("containerd://cid1"), NODES({ .pod_namespace = TEXT("prod"),
					    .pod_name = TEXT("web_0"),
					    .owner_kind = TEXT("ReplicaSet"),
					    .owner_name = TEXT("web") }) },
	{ RUNC("1.0.0.2"),
	  NODES({ .runc_id = TEXT("cid2"), .runc_hostname = TEXT("job") }) },
	{ RUNC("1.0.0.3"), NODES({ .name = TEXT("not this") }) },
	{ RUNC("1.0.0.4"), NODES({ .runc_id = TEXT("cid4") }) },
	{ POD("containerd://cid4"), NODES({ .pod_namespace = TEXT("n"),
					    .pod_name = TEXT("p"),
					    .owner_kind = TEXT("Job") }) },
	/* docker: of a pod, alone, without an id, a pod without a name. */
	{ DOCKER("1.0.1.1"), NODES({ .name = TEXT("c1"), .docker_id = TEXT("did1") }) },
	{ POD("docker://did1"), NODES({ .pod_namespace = TEXT("prod"),
					.pod_name = TEXT("db"),
					.owner_kind = TEXT("StatefulSet"),
					.owner_name = TEXT("db") }) },
	{ DOCKER("1.0.1.2"), NODES({ .name = TEXT("c2"), .docker_id = TEXT("did2") }) },
	{ DOCKER("1.0.1.3"), NODES({ .name = TEXT("c3") }) },
	{ DOCKER("1.0.1.4"), NODES({ .name = TEXT("c4"), .docker_id = TEXT("did4") }) },
	{ POD("docker://did4"), NODES({ .pod_namespace = TEXT("prod") }) },
	{ DOCKER("1.0.1.5"), NODES({ .name = TEXT("c5"), .docker_id = TEXT("did5") }) },
	/* Hosts, one that has a container's node but no container. */
	{ HOST("1.0.2.1"), NODES({ .name = TEXT("edge-1") }) },
	{ HOST("1.0.2.2"), NODES({ .type = TEXT("host") }) },
	{ HOST("1.0.1.3"), NODES({ .name = TEXT("edge-3") }) },
	{ HOST("2001:db8::1"), NODES({ .name = TEXT("edge-6") }) },
};

static const struct fake_fact new_facts[] = {
	{ DOCKER("2.0.0.1"), NODES({ .name = TEXT("k8s_web"),
				     .container_id = TEXT("cid1"),
				     .container_hostname = TEXT("web-0"),
				     .container_runtime = TEXT("runc") }) },
	{ POD("containerd://cid1"),
	  NODES({ .pod_namespace = TEXT("prod"), .pod_name = TEXT("web") }) },
	{ DOCKER("2.0.0.2"), NODES({ .name = TEXT("job"),
				     .container_id = TEXT("cid2"),
				     .container_hostname = TEXT("job-0"),
				     .container_runtime = TEXT("runc") }) },
	{ DOCKER("2.0.0.3"), NODES({ .name = TEXT("job"),
				     .container_id = TEXT("cid3"),
				     .container_runtime = TEXT("runc") }) },
	{ DOCKER("2.0.1.1"), NODES({ .name = TEXT("c1"),
				     .container_id = TEXT("did1"),
				     .container_hostname = TEXT("h"),
				     .container_runtime = TEXT("docker") }) },
	{ POD("docker://did1"),
	  NODES({ .pod_namespace = TEXT("prod"), .pod_name = TEXT("db") }) },
	{ DOCKER("2.0.1.2"), NODES({ .name = TEXT("c2"), .container_id = TEXT("d2") }) },
	{ HOST("2.0.2.1"), NODES({ .name = TEXT("edge-1") }) },
};

static const struct fake_fact half_facts[] = {
	{ RUNC("1.0.0.1"),
	  NODES({ .runc_id = TEXT("cid1"), .runc_hostname = TEXT("web-0") }) },
	{ POD("containerd://cid1"), { .is_unknown = true } },
	{ RUNC("1.0.2.1"), { .is_unknown = true } },
	{ HOST("1.0.2.1"), NODES({ .name = TEXT("edge-1") }) },
};

struct world {
	struct fake_answers fake;
	struct queries queries;
	struct peers *peers;
	struct buf text;
};

static void open_world(struct world *w, const struct fake_fact *fact, size_t count)
{
	*w = (struct world){
		.fake = fake_answers_of(fact, count),
		.peers = peers_new(),
		.text = BUF_INIT(1 << 20),
	};
	assert_non_null(w->peers);
	assert_int_equal(queries_init(&w->queries, &w->fake.answers), 0);
	w->queries.peers_by = PEERS_BY_PATH;
}

static void close_world(struct world *w)
{
	peers_free(w->peers);
	queries_fini(&w->queries);
	buf_fini(&w->fake.asked);
	buf_fini(&w->text);
}

static const char *asked(struct world *w)
{
	return fake_asked(&w->fake, &w->text);
}

/* One batch at that time: "type name set label", or "-", or "?" for PENDING. */
static const char *find_at(struct world *w, struct str address, int64_t now_ms)
{
	struct peer peer;
	enum found found;

	queries_reset(&w->queries);
	queries_pass(&w->queries, now_ms);
	buf_reset(&w->text);
	found = peer_find(w->peers, &w->queries, address, STR("t"), &peer);
	if (found == FOUND)
		buf_printf(&w->text, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT,
			   STR_ARG(peer.type), STR_ARG(peer.name), STR_ARG(peer.set),
			   STR_ARG(peer.label));
	else
		assert_int_equal(peer.type.len, 0);
	return found == FOUND ? w->text.ptr : found == ABSENT ? "-" : "?";
}

static const char *find(struct world *w, const char *address)
{
	return find_at(w, str_of(address), 0);
}

struct asked_text {
	const char *address, *peer, *asked;
};

static void check(const struct fake_fact *fact, size_t count, const char *first,
		  const struct asked_text *cases, size_t questions)
{
	struct world w;
	size_t i;

	open_world(&w, fact, count);
	if (first) {
		find(&w, first);
		asked(&w);
	}
	for (i = 0; i < questions; i++) {
		const char *peer = find(&w, cases[i].address);

		if (strcmp(peer, cases[i].peer) != 0)
			fail_msg("%s: %s", cases[i].address, peer);
		assert_string_equal(asked(&w), cases[i].asked);
	}
	close_world(&w);
}

static void test_before_028_runc_goes_before_docker_before_hosts(void **state)
{
	static const struct asked_text cases[] = {
		{ "1.0.0.1", "pod prod/web_0 ReplicaSet:prod/web 0_0_prod-web-0_0",
		  RUNC("1.0.0.1") "\n" POD("containerd://cid1") "\n" },
		{ "1.0.0.2", "container job  ",
		  RUNC("1.0.0.2") "\n" POD("containerd://cid2") "\n" },
		{ "1.0.0.3", "container   ", RUNC("1.0.0.3") "\n" },
		{ "1.0.0.4", "pod n/p  0_0_n-p_0",
		  RUNC("1.0.0.4") "\n" POD("containerd://cid4") "\n" },
		{ "1.0.1.1", "pod prod/db StatefulSet:prod/db 0_0_prod-db_0",
		  RUNC("1.0.1.1") "\n" DOCKER("1.0.1.1") "\n" POD("docker://did1") "\n" },
		{ "1.0.1.2", "container c2  ",
		  RUNC("1.0.1.2") "\n" DOCKER("1.0.1.2") "\n" POD("docker://did2") "\n" },
		{ "1.0.1.3", "host edge-3  ",
		  RUNC("1.0.1.3") "\n" DOCKER("1.0.1.3") "\n" HOST("1.0.1.3") "\n" },
		{ "1.0.1.4", "container c4  ",
		  RUNC("1.0.1.4") "\n" DOCKER("1.0.1.4") "\n" POD("docker://did4") "\n" },
		{ "1.0.2.1", "host edge-1  ",
		  RUNC("1.0.2.1") "\n" DOCKER("1.0.2.1") "\n" HOST("1.0.2.1") "\n" },
		{ "1.0.2.2", "-",
		  RUNC("1.0.2.2") "\n" DOCKER("1.0.2.2") "\n" HOST("1.0.2.2") "\n" },
		{ "9.9.9.9", "-",
		  RUNC("9.9.9.9") "\n" DOCKER("9.9.9.9") "\n" HOST("9.9.9.9") "\n" },
		{ "2001:db8::1", "host edge-6  ",
		  RUNC("2001:db8::1") "\n" HOST("2001:db8::1") "\n" },
		{ "", "-", "" },
	};

	(void)state;
	check(old_facts, COUNT(old_facts), "1.0.1.5", cases, COUNT(cases));
}

static void test_since_028_one_question_finds_containers(void **state)
{
	static const struct asked_text cases[] = {
		{ "2.0.0.1", "pod prod/web  0_0_prod-web_0",
		  DOCKER("2.0.0.1") "\n" POD("containerd://cid1") "\n" },
		{ "2.0.0.2", "container job-0  ",
		  DOCKER("2.0.0.2") "\n" POD("containerd://cid2") "\n" },
		{ "2.0.0.3", "container job  ",
		  DOCKER("2.0.0.3") "\n" POD("containerd://cid3") "\n" },
		{ "2.0.1.1", "pod prod/db  0_0_prod-db_0",
		  DOCKER("2.0.1.1") "\n" POD("docker://did1") "\n" },
		{ "2.0.2.1", "host edge-1  ",
		  DOCKER("2.0.2.1") "\n" HOST("2.0.2.1") "\n" },
		{ "9.9.9.9", "-", DOCKER("9.9.9.9") "\n" HOST("9.9.9.9") "\n" },
		{ "2001:db8::1", "-", HOST("2001:db8::1") "\n" },
	};

	(void)state;
	check(new_facts, COUNT(new_facts), "2.0.1.2", cases, COUNT(cases));
}

/* Until a container shows which it is, both are asked. */
static void test_the_age_shows_with_the_first_container(void **state)
{
	static const struct asked_text old[] = {
		{ "1.0.2.1", "host edge-1  ",
		  DOCKER("1.0.2.1") "\n" RUNC("1.0.2.1") "\n" HOST("1.0.2.1") "\n" },
		{ "2001:db8::1", "host edge-6  ",
		  RUNC("2001:db8::1") "\n" HOST("2001:db8::1") "\n" },
		{ "1.0.1.2", "container c2  ",
		  DOCKER("1.0.1.2") "\n" RUNC("1.0.1.2") "\n" POD("docker://did2") "\n" },
		{ "9.9.9.9", "-",
		  RUNC("9.9.9.9") "\n" DOCKER("9.9.9.9") "\n" HOST("9.9.9.9") "\n" },
		{ "1.0.0.2", "container job  ",
		  RUNC("1.0.0.2") "\n" POD("containerd://cid2") "\n" },
	};
	static const struct asked_text new[] = {
		{ "2.0.2.1", "host edge-1  ",
		  DOCKER("2.0.2.1") "\n" RUNC("2.0.2.1") "\n" HOST("2.0.2.1") "\n" },
		{ "2.0.1.2", "container c2  ",
		  DOCKER("2.0.1.2") "\n" POD("docker://d2") "\n" },
		{ "9.9.9.9", "-", DOCKER("9.9.9.9") "\n" HOST("9.9.9.9") "\n" },
	};

	(void)state;
	check(old_facts, COUNT(old_facts), NULL, old, COUNT(old));
	check(new_facts, COUNT(new_facts), NULL, new, COUNT(new));
}

/* The analyzer was replaced by a newer one. */
static void test_an_age_that_is_over_is_found_out(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, old_facts, COUNT(old_facts));
	find(&w, "1.0.0.2");
	w.fake.fact = new_facts;
	w.fake.count = COUNT(new_facts);
	asked(&w);
	assert_string_equal(find(&w, "2.0.1.2"), "container c2  ");
	assert_string_equal(asked(&w), RUNC("2.0.1.2") "\n" DOCKER("2.0.1.2") "\n" POD(
					       "docker://d2") "\n");
	assert_string_equal(find(&w, "2.0.0.2"), "container job-0  ");
	assert_string_equal(asked(&w),
			    DOCKER("2.0.0.2") "\n" POD("containerd://cid2") "\n");
	/* And back: the containers of docker still show it. */
	w.fake.fact = old_facts;
	w.fake.count = COUNT(old_facts);
	assert_string_equal(find(&w, "1.0.1.2"), "container c2  ");
	asked(&w);
	assert_string_equal(find(&w, "9.9.9.9"), "-");
	assert_string_equal(asked(&w), RUNC("9.9.9.9") "\n" DOCKER("9.9.9.9") "\n" HOST(
					       "9.9.9.9") "\n");
	close_world(&w);
}

static void test_a_question_at_a_time_until_all_is_known(void **state)
{
	struct peer peer;
	struct world w;

	(void)state;
	open_world(&w, old_facts, COUNT(old_facts));
	w.fake.is_silent = true;
	assert_string_equal(find(&w, "1.0.2.1"), "?");
	assert_string_equal(find(&w, "1.0.2.1"), "?");
	assert_string_equal(asked(&w), DOCKER("1.0.2.1") "\n" DOCKER("1.0.2.1") "\n");
	w.fake.is_silent = false;
	assert_int_equal(peer_find(w.peers, &w.queries, STR("1.0.2.1"), STR("t"), &peer),
			 PENDING);
	assert_string_equal(asked(&w), "");
	assert_string_equal(find(&w, "1.0.2.1"), "host edge-1  ");
	close_world(&w);
}

static void test_what_was_concluded_is_kept_for_a_minute(void **state)
{
	static const struct {
		const char *address, *peer;
	} cases[] = {
		{ "1.0.0.1", "pod prod/web_0 ReplicaSet:prod/web 0_0_prod-web-0_0" },
		{ "1.0.1.2", "container c2  " },
		{ "1.0.0.3", "container   " },
		{ "1.0.2.1", "host edge-1  " },
		{ "9.9.9.9", "-" },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, old_facts, COUNT(old_facts));
	for (i = 0; i < COUNT(cases); i++) {
		struct str address = str_of(cases[i].address);

		assert_string_equal(find_at(&w, address, 1000), cases[i].peer);
		assert_string_not_equal(asked(&w), "");
		assert_string_equal(find_at(&w, address, 60999), cases[i].peer);
		assert_string_equal(asked(&w), "");
		assert_string_equal(find_at(&w, address, 61000), cases[i].peer);
		assert_string_not_equal(asked(&w), "");
	}
	close_world(&w);
}

static void test_what_nobody_could_answer_is_not_kept(void **state)
{
	struct world w;
	struct str type;

	(void)state;
	open_world(&w, old_facts, COUNT(old_facts));
	w.fake.is_down = true;
	assert_string_equal(find(&w, "1.0.2.1"), "-");
	assert_int_equal(peer_node_type(w.peers, &w.queries, STR("t"), &type), ABSENT);
	w.fake.is_down = false;
	assert_string_equal(find(&w, "1.0.2.1"), "host edge-1  ");
	assert_int_equal(peer_node_type(w.peers, &w.queries, STR("t"), &type), FOUND);
	assert_true(str_is(type, "veth"));
	close_world(&w);
}

/* One question of several without an answer: what is found may be wrong. */
static void test_half_an_answer_is_not_kept(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, half_facts, COUNT(half_facts));
	assert_string_equal(find(&w, "1.0.0.1"), "container web-0  ");
	assert_string_equal(find(&w, "1.0.2.1"), "host edge-1  ");
	w.fake.fact = old_facts;
	w.fake.count = COUNT(old_facts);
	assert_string_equal(find(&w, "1.0.0.1"),
			    "pod prod/web_0 ReplicaSet:prod/web 0_0_prod-web-0_0");
	asked(&w);
	assert_string_equal(find(&w, "1.0.2.1"), "host edge-1  ");
	assert_string_not_equal(asked(&w), "");
	close_world(&w);
}

static void test_peers_are_those_of_a_capture(void **state)
{
	struct world w;
	struct peer peer;

	(void)state;
	open_world(&w, old_facts, COUNT(old_facts));
	assert_string_equal(find(&w, "1.0.0.2"), "container job  ");
	assert_int_equal(peer_find(w.peers, &w.queries, STR("1.0.0.2"), STR("u"), &peer),
			 ABSENT);
	close_world(&w);
}

static void test_the_node_of_a_capture_has_a_type(void **state)
{
	static const struct {
		const char *tid;
		enum found found;
		const char *type, *asked;
	} cases[] = {
		{ "", ABSENT, "", "" },
		{ "t", FOUND, "veth", TYPE "\n" },
		{ "t", FOUND, "veth", "" },
		{ "u", ABSENT, "", "G.V().Has(\"TID\", \"u\")\n" },
		{ "u", ABSENT, "", "" },
		{ "'", ABSENT, "", "" },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w, old_facts, COUNT(old_facts));
	for (i = 0; i < COUNT(cases); i++) {
		struct str type;

		queries_reset(&w.queries);
		queries_pass(&w.queries, 0);
		assert_int_equal(peer_node_type(w.peers, &w.queries, str_of(cases[i].tid),
						&type),
				 cases[i].found);
		assert_true(str_is(type, cases[i].type));
		assert_string_equal(asked(&w), cases[i].asked);
	}
	close_world(&w);
}

static void test_labels_have_a_dash_for_every_other_character(void **state)
{
	static const struct {
		const char *name, *label;
	} cases[] = {
		{ "a.B-9", "0_0_n-a.B-9_0" },
		{ "a_b c@d[e`f{g", "0_0_n-a-b-c-d-e-f-g_0" },
		{ "", "0_0_n-_0" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "0_0_n----_0" },
		{ "a\xc3\xa9z", "0_0_n-a-z_0" },
		/* What is no UTF-8: each byte, as in Go. */
		{ "\x80\xff\xc3", "0_0_n----_0" },
		{ "\xe2\x82z", "0_0_n---z_0" },
		{ "\xc0\x80", "0_0_n---_0" },
		{ "\xe0\x80\x80", "0_0_n----_0" },
		{ "\xed\xa0\x80", "0_0_n----_0" },
		{ "\xf0\x80\x80\x80", "0_0_n-----_0" },
		{ "\xf4\x90\x80\x80", "0_0_n-----_0" },
		{ "\xf4\x8f\xbf\xbf\xed\x9f\xbf\xe0\xa0\x80", "0_0_n----_0" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct node pod = { .pod_namespace = STR("n"),
				    .pod_name = str_of(cases[i].name) };
		struct node container = { .runc_id = STR("c") };
		const struct fake_fact facts[] = {
			{ RUNC("1.0.0.1"), { .node = &container, .count = 1 } },
			{ POD("containerd://c"), { .node = &pod, .count = 1 } },
		};
		struct peer peer;
		struct world w;

		open_world(&w, facts, COUNT(facts));
		assert_int_equal(peer_find(w.peers, &w.queries, STR("1.0.0.1"), STR("t"),
					   &peer),
				 FOUND);
		if (!str_is(peer.label, cases[i].label))
			fail_msg("%s: " STR_FMT, cases[i].label, STR_ARG(peer.label));
		close_world(&w);
	}
}

/* Long ones are asked about, not remembered, or not even asked about; none of
 * it is another's. */
static void test_long_addresses_are_nobodys(void **state)
{
	static const size_t lengths[] = { 253, 254, 255, 1021, 1022, 5000, 70000 };
	char *address = malloc(70000);
	struct world w;
	size_t i;

	(void)state;
	assert_non_null(address);
	memset(address, '1', 70000);
	open_world(&w, old_facts, COUNT(old_facts));
	for (i = 0; i < COUNT(lengths); i++) {
		struct str text = { address, lengths[i] };

		assert_string_equal(find_at(&w, text, 0), "-");
		asked(&w);
		assert_string_equal(find_at(&w, text, 0), "-");
		assert_int_equal(asked(&w)[0] == '\0', lengths[i] <= 254 || i == 6);
	}
	free(address);
	close_world(&w);
}

static void test_a_long_id_is_no_pods(void **state)
{
	char id[2000];
	struct node container = { .runc_id = { id, sizeof(id) },
				  .runc_hostname = STR("h") };
	const struct fake_fact facts[] = {
		{ RUNC("1.0.0.1"), { .node = &container, .count = 1 } },
	};
	struct world w;

	(void)state;
	memset(id, 'x', sizeof(id));
	open_world(&w, facts, COUNT(facts));
	assert_string_equal(find(&w, "1.0.0.1"), "container h  ");
	close_world(&w);
}

static void test_an_address_with_a_quote_is_not_asked_about(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, old_facts, COUNT(old_facts));
	assert_string_equal(find(&w, "1.0.0.1\""), "-");
	assert_string_equal(asked(&w), "");
	assert_true(w.queries.refused > 0);
	close_world(&w);
	peers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_028_runc_goes_before_docker_before_hosts),
		cmocka_unit_test(test_since_028_one_question_finds_containers),
		cmocka_unit_test(test_the_age_shows_with_the_first_container),
		cmocka_unit_test(test_an_age_that_is_over_is_found_out),
		cmocka_unit_test(test_a_question_at_a_time_until_all_is_known),
		cmocka_unit_test(test_what_was_concluded_is_kept_for_a_minute),
		cmocka_unit_test(test_what_nobody_could_answer_is_not_kept),
		cmocka_unit_test(test_half_an_answer_is_not_kept),
		cmocka_unit_test(test_peers_are_those_of_a_capture),
		cmocka_unit_test(test_the_node_of_a_capture_has_a_type),
		cmocka_unit_test(test_labels_have_a_dash_for_every_other_character),
		cmocka_unit_test(test_long_addresses_are_nobodys),
		cmocka_unit_test(test_a_long_id_is_no_pods),
		cmocka_unit_test(test_an_address_with_a_quote_is_not_asked_about),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
