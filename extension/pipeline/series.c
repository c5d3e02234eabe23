/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - see series.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/series.h"

#define ASK_MS	  20000
#define RETRY_MS  5000
#define SWEEP_MS  120000
#define BYTES_MAX ((size_t)8 << 20) /* of connections, and of interfaces */

struct series *series_new(int64_t timeout_ms, size_t max)
{
	struct series *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->timeout_ms = timeout_ms;
	s->connections = map_new(max, BYTES_MAX, free);
	s->interfaces = map_new(max, BYTES_MAX, free);
	if (s->connections && s->interfaces)
		return s;
	series_free(s);
	return NULL;
}

void series_free(struct series *s)
{
	if (!s)
		return;
	map_free(s->connections);
	map_free(s->interfaces);
	free(s);
}

static struct series_entry *entry_new(const struct str *label, size_t *bytes)
{
	struct series_entry *entry;
	char *at;
	int i;

	*bytes = sizeof(*entry);
	for (i = 0; i < SERIES_LABELS; i++)
		*bytes += label[i].len;
	entry = calloc(1, *bytes);
	if (!entry)
		return NULL;
	at = entry->text;
	for (i = 0; i < SERIES_LABELS; i++) {
		entry->label[i] = (struct str){ at, label[i].len };
		if (label[i].len)
			memcpy(at, label[i].ptr, label[i].len);
		at += label[i].len;
	}
	return entry;
}

/* The entry of that key; label is for a new one. What is past its time but was
 * not swept yet goes on. false: no room. */
static bool series_update(struct series *s, struct map *map, struct str key,
			  const struct str *label, const int64_t *value, size_t values,
			  struct now now)
{
	int64_t expires_ms = now.mono_ms + s->timeout_ms;
	struct series_entry *entry = map_renew(map, key, INT64_MIN, expires_ms);
	size_t bytes;

	if (!entry) {
		entry = entry_new(label, &bytes);
		if (!entry || map_put(map, key, entry, bytes, expires_ms) < 0)
			return false;
	}
	entry->serial = ++s->serial;
	memcpy(entry->value, value, values * sizeof(*value));
	return true;
}

static struct str series_protocol_text(int protocol, char *number, size_t size)
{
	if (protocol >= 0 && protocol <= PROTOCOL_ICMPV6)
		return str_of(flow_protocol_names[protocol]);
	snprintf(number, size, "%d", protocol);
	return str_of(number);
}

enum verdict series_take(struct series *s, const struct flow *flow, struct now now)
{
	static const struct flow_metric no_metric;
	const struct flow_metric *m = flow->metric ? flow->metric : &no_metric;
	char a[24], b[24], protocol[24];
	int64_t value[] = { m->ab_bytes, m->ba_bytes, m->ab_packets, m->ba_packets,
			    m->rtt };
	struct str label[SERIES_LABELS];

	if (!flow->transport)
		return DROP_NO_TRANSPORT;
	if (!flow->network)
		return DROP_NO_NETWORK;
	snprintf(a, sizeof(a), "%lld", (long long)flow->transport->a);
	snprintf(b, sizeof(b), "%lld", (long long)flow->transport->b);
	label[0] = flow->network->a;
	label[1] = str_of(a);
	label[2] = flow->node_tid;
	label[3] = series_protocol_text(flow->transport->protocol, protocol,
					sizeof(protocol));
	label[4] = flow->network->b;
	label[5] = str_of(b);
	if (!series_update(s, s->connections, flow->l3_tracking_id, label, value,
			   sizeof(value) / sizeof(*value), now))
		s->refused++;
	return KEEP;
}

/* Whether a list is what it should be: not there, or not empty. */
static bool first_of(const struct strs *list, struct str *first)
{
	*first = list->count ? list->item[0] : STR("");
	return list->count || !list->item;
}

/* A node that is not quite an interface is passed over. */
static void take_interface(struct series *s, const struct node *node, struct now now)
{
	const struct node_metric *m = &node->metric;
	const int64_t value[SERIES_VALUES] = {
		m->collisions,	     m->rx_bytes,	  m->rx_dropped, m->rx_errors,
		m->rx_missed_errors, m->rx_packets,	  m->tx_bytes,	 m->tx_dropped,
		m->tx_errors,	     m->tx_missed_errors, m->tx_packets,
	};
	struct str label[SERIES_LABELS] = { node->host, node->name, node->type };

	label[5] = node->tid;
	if (!node->name.ptr || !node->type.ptr || !node->tid.ptr ||
	    !first_of(&node->ipv4, &label[3]) || !first_of(&node->ipv6, &label[4]))
		return;
	if (!series_update(s, s->interfaces, node->tid, label, value, SERIES_VALUES, now))
		s->refused++;
}

/* In the Go exporter's words. */
static const struct question interfaces = {
	.step = (const struct question_step[]){ HAS_IS("EncapType", "ether") },
	.steps = 1,
	.quote = '\'',
	.reads_metric = true,
};

void series_questions(struct question_list *list)
{
	list->add(list, &interfaces);
}

static int64_t series_ask(struct series *s, struct queries *queries, struct now now)
{
	const struct answer *nodes;
	size_t i;

	if (now.mono_ms < s->ask_ms)
		return s->ask_ms;
	query_renew(queries, &interfaces, NULL, s->ask_ms, false);
	nodes = query_bind(queries, &interfaces, NULL, 0);
	if (!nodes)
		return now.mono_ms + RETRY_MS;
	for (i = 0; i < nodes->count; i++)
		take_interface(s, &nodes->node[i], now);
	s->ask_ms = now.mono_ms + ASK_MS;
	return s->ask_ms;
}

int64_t series_tick(struct series *s, struct queries *queries, struct now now)
{
	int64_t ask_ms = series_ask(s, queries, now);

	if (!s->sweep_ms)
		s->sweep_ms = now.mono_ms + SWEEP_MS;
	if (now.mono_ms >= s->sweep_ms) {
		map_expire(s->connections, now.mono_ms);
		map_expire(s->interfaces, now.mono_ms);
		s->sweep_ms = now.mono_ms + SWEEP_MS;
	}
	return ask_ms < s->sweep_ms ? ask_ms : s->sweep_ms;
}

uint64_t series_take_evicted(struct series *s)
{
	uint64_t evicted = map_evicted(s->connections) + map_evicted(s->interfaces) +
			   s->refused;
	uint64_t more = evicted - s->evicted;

	s->evicted = evicted;
	return more;
}
