/* SPDX-License-Identifier: Apache-2.0 */
/* test_bounds.c - every table that a peer can fill, and what it takes at most: names as
 * long as a datagram, and more of them than fit. Others with a bound in bytes are tested
 * beside what they are for: batches (test_batch), flows of a message (test_decode_json),
 * pages (test_httpd_page), names (test_resolver), the spool (test_spool_room), replies
 * (test_topology), messages (test_websocket), rows (test_row_list).
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/log_once.h"
#include "graph/feed.h"
#include "mirror/stale.h"
#include "pipeline/series.h"
#include "stage/delta.h"
#include "stage/interfaces.h"
#include "topology/lookup.h"

#define NAME_BYTES  ((size_t)60000)
#define NAMES	    4000 /* 240 MB of names */
#define GRAPH_BYTES ((size_t)16 << 20)

static char name_bytes[NAME_BYTES];

static struct str name_of(int i)
{
	memset(name_bytes, 'x', sizeof(name_bytes));
	memcpy(name_bytes, &i, sizeof(i));
	return (struct str){ name_bytes, sizeof(name_bytes) };
}

static size_t used_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static struct flow_metric metric = { .ab_packets = 1, .ab_bytes = 100 };
static struct flow_layer network = { .a = { "10.0.0.1", 8 }, .b = { "10.0.0.2", 8 } };
static struct flow_transport transport = { .a = 1, .b = 2 };

static struct flow flow_of(int i)
{
	return (struct flow){
		.uuid = name_of(i),
		.l3_tracking_id = name_of(i),
		.node_tid = name_of(i),
		.network = &network,
		.transport = &transport,
		.metric = &metric,
		.last_update = &metric,
	};
}

static void *deltas_make(void)
{
	return deltas_new(100000);
}

static void deltas_fill(void *deltas, int i)
{
	struct flow flow = flow_of(i);
	struct delta delta;

	deltas_take(deltas, &flow, (struct now){ 0, 0 }, &delta);
}

static void deltas_end(void *deltas)
{
	deltas_free(deltas);
}

static void *interfaces_make(void)
{
	return interfaces_new(1000);
}

static void interfaces_fill(void *interfaces, int i)
{
	interfaces_seen(interfaces, 0, name_of(i), (struct now){ 0, 0 });
}

static void interfaces_end(void *interfaces)
{
	interfaces_free(interfaces);
}

static void *series_make(void)
{
	return series_new(60000, 100000);
}

static void series_fill(void *series, int i)
{
	struct flow flow = flow_of(i);

	series_take(series, &flow, (struct now){ 0, 0 });
}

static void series_end(void *series)
{
	series_free(series);
}

static struct asker asker;

static void *lookups_make(void)
{
	struct lookups *l = malloc(sizeof(*l));

	assert_int_equal(lookups_init(l), 0);
	return l;
}

static void lookups_fill(void *lookups, int i)
{
	lookup_add(lookups, &asker, name_of(i));
}

static void lookups_end(void *lookups)
{
	lookups_fini(lookups);
	free(lookups);
}

static void *stale_make(void)
{
	struct stale *s = malloc(sizeof(*s));

	assert_int_equal(stale_init(s), 0);
	return s;
}

static void stale_fill(void *stale, int i)
{
	stale_add(stale, name_of(i), 0);
}

static void stale_end(void *stale)
{
	stale_fini(stale);
	free(stale);
}

/* A graph, with what it is fed by. */
struct fed {
	struct projection *projection;
	struct graph *graph;
	struct feed feed;
};

static void fed_ignore_stale(void *context, struct str id)
{
	(void)context;
	(void)id;
}

static void fed_ignore_gap(void *context)
{
	(void)context;
}

static const struct feed_user fed_user = { fed_ignore_stale, fed_ignore_gap };

static void *fed_make(void)
{
	static const struct graph_limits limits = { GRAPH_BYTES, 1000 };
	struct fed *f = malloc(sizeof(*f));

	f->projection = projection_new();
	f->graph = graph_new(f->projection, &limits);
	feed_init(&f->feed, f->graph, &fed_user, f);
	feed_expect(&f->feed, NULL);
	feed_hear(&f->feed,
		  STR("{\"Namespace\":\"Graph\",\"Type\":\"SyncReply\",\"UUID\":\"\","
		      "\"Status\":200,\"Obj\":{}}"),
		  true, true, 1000, &(struct err)ERR_INIT);
	return f;
}

/* Nodes with long names, each said in pieces. */
static void fed_fill(void *fed, int i)
{
	struct fed *f = fed;
	struct err err = ERR_INIT;
	char head[256];
	struct str name = name_of(i);

	memset(name_bytes, 'a' + i % 26, sizeof(i));
	snprintf(head, sizeof(head),
		 "{\"Namespace\":\"Graph\",\"Type\":\"NodeAdded\",\"UUID\":\"\","
		 "\"Status\":200,\"Obj\":{\"ID\":\"%d\",\"Metadata\":{\"TID\":\"%d-",
		 i, i);
	feed_hear(&f->feed, str_of(head), true, false, 1000, &err);
	name.len -= 1000; /* what is longer is not kept at all */
	feed_hear(&f->feed, name, true, false, 1000, &err);
	feed_hear(&f->feed, STR("\"}}}"), true, true, 1000, &err);
}

static void fed_end(void *fed)
{
	struct fed *f = fed;

	feed_fini(&f->feed);
	graph_free(f->graph);
	projection_free(f->projection);
	free(f);
}

static void *log_once_make(void)
{
	return calloc(1, sizeof(struct log_once));
}

static void log_once_fill(void *once, int i)
{
	char why[64];

	snprintf(why, sizeof(why), "reason %c%c", 'a' + i % 26, 'a' + i / 26 % 26);
	log_once_is_new(once, why);
}

static const struct {
	const char *name;
	void *(*make)(void);
	void (*fill)(void *, int i);
	void (*end)(void *);
	size_t most;
} tables[] = {
	{ "deltas", deltas_make, deltas_fill, deltas_end, (size_t)26 << 20 },
	{ "interfaces", interfaces_make, interfaces_fill, interfaces_end,
	  INTERFACES_BYTES + (1 << 20) },
	{ "series", series_make, series_fill, series_end, (size_t)24 << 20 },
	{ "lookups", lookups_make, lookups_fill, lookups_end,
	  LOOKUPS_BYTES + ((size_t)2 << 20) },
	{ "stale nodes", stale_make, stale_fill, stale_end, (size_t)2 << 20 },
	{ "graph", fed_make, fed_fill, fed_end, GRAPH_BYTES + ((size_t)2 << 20) },
	{ "log_once", log_once_make, log_once_fill, free, 4096 },
};

static void tables_have_a_bound_in_bytes(void **state)
{
	size_t t, before, took;
	void *table;
	int i;

	(void)state;
	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		before = used_bytes();
		table = tables[t].make();
		assert_non_null(table);
		for (i = 0; i < NAMES; i++)
			tables[t].fill(table, i);
		took = used_bytes() - before;
		if (took > tables[t].most)
			fail_msg("%s takes %zu bytes", tables[t].name, took);
		tables[t].end(table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_have_a_bound_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
