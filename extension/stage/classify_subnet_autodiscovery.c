/* SPDX-License-Identifier: Apache-2.0 */
/* classify_subnet_autodiscovery.c - as subnet, and the addresses of the cluster's nodes
 * are inside, too.
 *
 * It starts with the configured prefixes; the nodes are asked for beside the
 * flows, and again every refresh. A node counts by its external address, else
 * by its last internal one, as in the Go flow exporter, but of each family: a node
 * with two stacks has two.
 */
#include <stdlib.h>
#include "stage/registry.h"
#include "stage/subnet.h"

#define RETRY_MS       5000
#define MASK_MAX_BYTES 64

struct autodiscovery {
	struct strs cluster_net_masks;
	int64_t refresh_ms;

	struct cidr_set cluster;
	int64_t due_ms; /* monotonic */
};

static const struct autodiscovery autodiscovery_defaults = { .refresh_ms = 300000 };

static const struct shape autodiscovery_shape = {
	.name = "subnet_autodiscovery",
	.size = sizeof(struct autodiscovery),
	.defaults = &autodiscovery_defaults,
	.fields =
		(const struct field[]){
			OPTION(struct autodiscovery, cluster_net_masks,
			       "cluster_net_masks", 0,
			       "address ranges that belong to the cluster"),
			OPTION_RANGE(struct autodiscovery, refresh_ms,
				     "subnet_autodiscovery.refresh", FIELD_DURATION, 1000,
				     INT64_C(604800000),
				     "how often the nodes are asked for"),
			{ 0 },
		},
};

static int autodiscovery_init(void *state, struct err *err)
{
	struct autodiscovery *self = state;

	return cidr_set_parse(&self->cluster, &self->cluster_net_masks,
			      "cluster_net_masks", err);
}

static void autodiscovery_fini(void *state)
{
	struct autodiscovery *self = state;

	cidr_set_fini(&self->cluster);
}

static enum tag autodiscovery_tag(const void *state, const struct flow *flow,
				  bool *bad_address)
{
	const struct autodiscovery *self = state;

	return subnet_tag(&self->cluster, flow, bad_address);
}

/* Whether it is an address of the other family than this one. */
static bool is_other_family(struct str text, const struct address *than)
{
	struct address address;

	return address_parse(text, &address) && address.is_v4 != than->is_v4;
}

/* The external address, else the last internal one; with than, of the addresses of
 * the other family. */
static struct str address_of(const struct node *node, const struct address *than)
{
	struct str internal = { NULL, 0 };
	size_t i;

	for (i = 0; i < node->addresses.count; i++) {
		if (than && !is_other_family(node->addresses.value[i], than))
			continue;
		if (str_is(node->addresses.name[i], "ExternalIP"))
			return node->addresses.value[i];
		if (str_is(node->addresses.name[i], "InternalIP"))
			internal = node->addresses.value[i];
	}
	return internal;
}

static void add_mask(struct strs *masks, struct str address, struct arena *arena)
{
	struct buf mask = BUF_INIT(MASK_MAX_BYTES);

	if (!address.len)
		return;
	buf_put(&mask, address);
	buf_puts(&mask, memchr(address.ptr, ':', address.len) ? "/128" : "/32");
	masks->item[masks->count++] = arena_str(arena, buf_str(&mask));
	buf_fini(&mask);
}

/* The prefixes that are configured and those of the nodes; what is not an
 * address is passed over. */
static void take_nodes(struct autodiscovery *self, const struct answer *nodes)
{
	struct arena arena = ARENA_INIT((size_t)16 << 20);
	struct strs masks = self->cluster_net_masks;
	struct cidr_set cluster = { 0 };
	struct err err = ERR_INIT;
	size_t i;

	masks.item = arena_alloc(&arena,
				 (masks.count + 2 * nodes->count) * sizeof(*masks.item));
	if (!masks.item)
		return;
	if (masks.count)
		memcpy(masks.item, self->cluster_net_masks.item,
		       masks.count * sizeof(*masks.item));
	for (i = 0; i < nodes->count; i++) {
		struct str text = address_of(&nodes->node[i], NULL);
		struct address first;

		if (!address_parse(text, &first))
			continue;
		add_mask(&masks, text, &arena);
		add_mask(&masks, address_of(&nodes->node[i], &first), &arena);
	}
	if (!arena_error(&arena) &&
	    cidr_set_parse(&cluster, &masks, "cluster_net_masks", &err) == 0) {
		cidr_set_fini(&self->cluster);
		self->cluster = cluster;
	}
	arena_fini(&arena);
}

static const struct question k8s_nodes = QUESTION(HAS_IS("Manager", "k8s"),
						  AND_IS("Type", "node"));

static int64_t autodiscovery_refresh(void *state, struct queries *queries, struct now now)
{
	struct autodiscovery *self = state;
	const struct answer *nodes;

	if (now.mono_ms < self->due_ms)
		return self->due_ms;
	query_renew(queries, &k8s_nodes, NULL, now.mono_ms - self->refresh_ms, false);
	nodes = query_bind(queries, &k8s_nodes, NULL, 0);
	if (!nodes)
		return now.mono_ms + RETRY_MS;
	if (!nodes->is_unknown)
		take_nodes(self, nodes);
	self->due_ms = now.mono_ms + (nodes->is_unknown ? RETRY_MS : self->refresh_ms);
	return self->due_ms;
}

static const struct cidr_set *autodiscovery_cluster(const void *state)
{
	return &((const struct autodiscovery *)state)->cluster;
}

static void autodiscovery_questions(const void *state, struct question_list *list)
{
	(void)state;
	list->add(list, &k8s_nodes);
}

const struct classify classify_subnet_autodiscovery = {
	.stage = { "subnet_autodiscovery", "pipeline.classify", &autodiscovery_shape,
		   autodiscovery_init, autodiscovery_fini, autodiscovery_questions },
	.tag = autodiscovery_tag,
	.refresh = autodiscovery_refresh,
	.cluster = autodiscovery_cluster,
};
