/* SPDX-License-Identifier: Apache-2.0 */
/* test_peer_address.c - who is meant by an address that several may have.
 *
 * The captures are on host h1, whose nodes are in 10.0.0.0/8, 172.17.0.0/16 and
 * fd01::/64; h2 and h3 are others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/cidr.h"
#include "stage/peer.h"
#include "fake_answers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NETNS(key, address)                                                              \
	"G.V().Has(\"" key "\", Regex(\"" address "/.*\")).In(\"Type\", \"netns\")"
#define CONTAINERS(key, address) NETNS(key, address) ".Out(\"Type\", \"container\")"
#define V4(address)		 CONTAINERS("IPV4", address)
#define V6(address)		 CONTAINERS("IPV6", address)
#define RUNC(address)		 "G.V().Has(\"Runc.Hosts.IP\", \"" address "\")"
#define HOST_OF(key, address)                                                            \
	"G.V().Has(\"" key "\", Regex(\"" address "/.*\")).In(\"Type\", \"host\")"
#define HOST(address)  HOST_OF("IPV4", address)
#define HOST6(address) HOST_OF("IPV6", address)
#define POD(id)                                                                          \
	"G.V().Has(\"K8s.Extra.Status.ContainerStatuses.ContainerID\", \"docker://" id   \
	"\")"
#define NODE	      "G.V().Has(\"TID\", \"t\")"
#define NETWORKS(key) "G.V().Has(\"@Host\", \"h1\").HasKey(\"" key "\")"
#define CONTAINER(h, id)                                                                 \
	{                                                                                \
		.host = TEXT(h), .name = TEXT("c" id), .container_id = TEXT(id)          \
	}
#define PLACE(h)                                                                         \
	{                                                                                \
		.host = TEXT(h)                                                          \
	}
#define NAMED(h)                                                                         \
	{                                                                                \
		.host = TEXT(h), .name = TEXT(h)                                         \
	}
#define NODES(...)                                                                       \
	{                                                                                \
		.node = (const struct node[]){ __VA_ARGS__ },                            \
		.count = sizeof((const struct node[]){ __VA_ARGS__ }) /                  \
			 sizeof(struct node)                                             \
	}

static struct str networks[] = { TEXT("10.0.0.1/8"), TEXT("172.17.0.1/16") };
static struct str networks6[] = { TEXT("fe80::1/64"), TEXT("fd01::1/64") };

static const struct fake_fact facts[] = {
	{ NODE, NODES(PLACE("h1")) },
	{ NETWORKS("IPV4"), NODES({ .ipv4 = { networks, 2 } }) },
	{ NETWORKS("IPV6"), NODES({ .ipv6 = { networks6, 2 } }) },

	{ V4("192.0.2.1"), NODES(CONTAINER("h1", "own")) },
	{ V6("fd00::1"), NODES(CONTAINER("h1", "own6")) },
	{ V4("192.0.2.2"), NODES(CONTAINER("h2", "far")) },
	{ V6("fd00::2"), NODES(CONTAINER("h2", "far6")) },
	{ V6("fd01::2"), NODES(CONTAINER("h2", "far6")) },
	/* On every host: ours is meant. */
	{ V4("172.17.0.2"),
	  NODES(CONTAINER("h2", "b"), CONTAINER("h1", "a"), CONTAINER("h3", "c")) },
	{ NETNS("IPV4", "172.17.0.2"), NODES(PLACE("h2"), PLACE("h1"), PLACE("h3")) },
	/* On one other, but in a network that we have, too. */
	{ V4("172.17.0.3"), NODES(CONTAINER("h2", "b")) },
	/* On two others. */
	{ V4("192.0.2.3"), NODES(CONTAINER("h2", "b"), CONTAINER("h3", "c")) },
	{ NETNS("IPV4", "192.0.2.3"), NODES(PLACE("h2"), PLACE("h3")) },
	/* In two name spaces of ours. */
	{ V4("192.0.2.4"), NODES(CONTAINER("h1", "b"), CONTAINER("h1", "c")) },
	{ NETNS("IPV4", "192.0.2.4"), NODES(PLACE("h1"), PLACE("h1")) },
	/* A pod: one name space, the first container is not listed by it. */
	{ V4("192.0.2.5"), NODES(CONTAINER("h1", "pause"), CONTAINER("h1", "web")) },
	{ NETNS("IPV4", "192.0.2.5"), NODES(PLACE("h1")) },
	{ POD("web"), NODES({ .pod_namespace = TEXT("prod"), .pod_name = TEXT("p") }) },
	/* A pod of another host. */
	{ V4("192.0.2.6"), NODES(CONTAINER("h2", "pause"), CONTAINER("h2", "web")) },
	{ NETNS("IPV4", "192.0.2.6"), NODES(PLACE("h2")) },
	/* Hosts: ours, the only other, one of several, one in our network. */
	{ HOST("192.0.2.11"), NODES(NAMED("h2"), NAMED("h1")) },
	{ HOST("192.0.2.12"), NODES(NAMED("h2")) },
	{ HOST("192.0.2.13"), NODES(NAMED("h2"), NAMED("h3")) },
	{ HOST("172.17.0.9"), NODES(NAMED("h2")) },
	{ HOST6("fd00::12"), NODES(NAMED("h2")) },
	/* A container elsewhere, and our own host. */
	{ V4("192.0.2.14"), NODES(CONTAINER("h2", "far")) },
	{ HOST("192.0.2.14"), NODES(NAMED("h1")) },
	/* A container elsewhere, and another host. */
	{ V4("192.0.2.15"), NODES(CONTAINER("h2", "far")) },
	{ HOST("192.0.2.15"), NODES(NAMED("h3")) },
	/* Before v0.28. */
	{ RUNC("192.0.2.21"), NODES({ .host = TEXT("h1"),
				      .runc_id = TEXT("r"),
				      .runc_hostname = TEXT("job") }) },
	{ V4("192.0.2.22"),
	  NODES({ .host = TEXT("h1"), .name = TEXT("old"), .docker_id = TEXT("o") }) },
};

struct world {
	struct fake_answers fake;
	struct queries queries;
	struct peers *peers;
	struct buf text;
};

static void open_world(struct world *w)
{
	*w = (struct world){
		.fake = fake_answers_of(facts, COUNT(facts)),
		.peers = peers_new(),
		.text = BUF_INIT(1 << 20),
	};
	assert_non_null(w->peers);
	assert_int_equal(queries_init(&w->queries, &w->fake.answers), 0);
}

static void close_world(struct world *w)
{
	peers_free(w->peers);
	queries_fini(&w->queries);
	buf_fini(&w->fake.asked);
	buf_fini(&w->text);
}

/* One batch: "type name", or "-", or "?" for PENDING. */
static const char *find(struct world *w, const char *address, int64_t now_ms)
{
	struct peer peer;
	enum found found;

	queries_reset(&w->queries);
	queries_pass(&w->queries, now_ms);
	buf_reset(&w->text);
	found = peer_find(w->peers, &w->queries, str_of(address), STR("t"), &peer);
	if (found == FOUND)
		buf_printf(&w->text, STR_FMT " " STR_FMT, STR_ARG(peer.type),
			   STR_ARG(peer.name));
	return found == FOUND ? w->text.ptr : found == ABSENT ? "-" : "?";
}

static const char *asked(struct world *w)
{
	return fake_asked(&w->fake, &w->text);
}

static void test_the_own_host_comes_first_and_no_foreign_name_is_given(void **state)
{
	static const struct {
		const char *address, *peer;
		unsigned ambiguous;
	} cases[] = {
		{ "192.0.2.1", "container cown", 0 },
		{ "fd00::1", "container cown6", 0 },
		{ "192.0.2.2", "container cfar", 0 },
		{ "fd00::2", "container cfar6", 0 },
		{ "fd01::2", "-", 1 },
		{ "172.17.0.2", "container ca", 0 },
		{ "172.17.0.3", "-", 1 },
		{ "192.0.2.3", "-", 1 },
		{ "192.0.2.4", "-", 1 },
		{ "192.0.2.5", "pod prod/p", 0 },
		{ "192.0.2.6", "pod prod/p", 0 },
		{ "192.0.2.11", "host h1", 0 },
		{ "192.0.2.12", "host h2", 0 },
		{ "192.0.2.13", "-", 1 },
		{ "172.17.0.9", "-", 1 },
		{ "fd00::12", "host h2", 0 },
		{ "192.0.2.14", "host h1", 0 },
		{ "192.0.2.15", "-", 1 },
		{ "192.0.2.21", "container job", 0 },
		{ "192.0.2.22", "container old", 0 },
		{ "192.0.2.99", "-", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct world w;
		const char *peer;

		open_world(&w);
		peer = find(&w, cases[i].address, 0);
		if (strcmp(peer, cases[i].peer) != 0)
			fail_msg("%s: %s", cases[i].address, peer);
		if (w.queries.ambiguous != cases[i].ambiguous)
			fail_msg("%s: ambiguous", cases[i].address);
		close_world(&w);
	}
}

static void test_what_has_no_meaning_elsewhere_is_not_asked(void **state)
{
	static const char *const addresses[] = {
		"127.0.0.1",	   "127.1.2.3",	   "169.254.1.1",
		"0.0.0.0",	   "224.0.0.1",	   "239.1.1.1",
		"255.255.255.255", "::",	   "::1",
		"fe80::1",	   "febf::ffff",   "ff02::fb",
		"not an address",  "fe80::1%eth0",
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w);
	for (i = 0; i < COUNT(addresses); i++) {
		assert_string_equal(find(&w, addresses[i], 0), "-");
		assert_string_equal(asked(&w), "");
	}
	find(&w, "169.253.0.1", 0);
	assert_true(strlen(asked(&w)) > 0);
	find(&w, "fec0::1", 0);
	assert_true(strlen(asked(&w)) > 0);
	find(&w, "::2", 0);
	assert_true(strlen(asked(&w)) > 0);
	close_world(&w);
}

static void test_questions_are_as_few_as_by_path(void **state)
{
	static const struct {
		const char *address, *asked;
	} cases[] = {
		{ "192.0.2.1", NODE "\n" V4("192.0.2.1") "\n" POD("own") "\n" },
		{ "fd00::1", NODE "\n" V6("fd00::1") "\n" POD("own6") "\n" },
		{ "192.0.2.11", NODE "\n" V4("192.0.2.11") "\n" HOST("192.0.2.11") "\n" },
		{ "192.0.2.99", NODE "\n" V4("192.0.2.99") "\n" HOST("192.0.2.99") "\n" },
	};
	struct world w;
	size_t i;

	(void)state;
	open_world(&w);
	for (i = 0; i < COUNT(cases); i++) {
		find(&w, cases[i].address, 0);
		assert_string_equal(asked(&w), cases[i].asked);
	}
	close_world(&w);
}

static void test_a_silent_topology_is_waited_for(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.fake.is_silent = true;
	assert_string_equal(find(&w, "192.0.2.2", 0), "?");
	assert_string_equal(asked(&w), NODE "\n" V4("192.0.2.2") "\n");
	w.fake.is_silent = false;
	assert_string_equal(find(&w, "192.0.2.2", 1), "container cfar");
	close_world(&w);
}

/* Who is not known yet may be soon, if the cluster has the address. */
static void test_nothing_inside_the_cluster_is_good_for_half_a_minute(void **state)
{
	static struct str masks[] = { TEXT("192.0.2.0/24") };
	struct strs list = { masks, 1 };
	struct cidr_set cluster;
	struct world w;

	(void)state;
	assert_int_equal(cidr_set_parse(&cluster, &list, "masks", NULL), 0);
	open_world(&w);
	w.queries.cluster = &cluster;
	assert_string_equal(find(&w, "192.0.2.99", 100000), "-");
	assert_int_equal(w.fake.renewed_ms, 80000);
	assert_true(w.fake.renews_empty);
	asked(&w);
	find(&w, "192.0.2.99", 109999);
	assert_string_equal(asked(&w), "");
	find(&w, "192.0.2.99", 110000);
	assert_true(strlen(asked(&w)) > 0);
	/* Elsewhere it is remembered as all is. */
	w.fake.renewed_ms = 0;
	find(&w, "198.51.100.1", 100000);
	assert_int_equal(w.fake.renewed_ms, 0);
	asked(&w);
	find(&w, "198.51.100.1", 159999);
	assert_string_equal(asked(&w), "");
	close_world(&w);
	cidr_set_fini(&cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_own_host_comes_first_and_no_foreign_name_is_given),
		cmocka_unit_test(test_what_has_no_meaning_elsewhere_is_not_asked),
		cmocka_unit_test(test_questions_are_as_few_as_by_path),
		cmocka_unit_test(test_a_silent_topology_is_waited_for),
		cmocka_unit_test(
			test_nothing_inside_the_cluster_is_good_for_half_a_minute),
	};

	return cmocka_run_group_tests_name("peer_address", tests, NULL, NULL);
}
