/* SPDX-License-Identifier: Apache-2.0 */
/* classify_subnet.c - which way a flow goes, from the cluster's prefixes. */
#include "stage/registry.h"
#include "stage/subnet.h"

struct subnet {
	struct strs cluster_net_masks;
	struct cidr_set cluster;
};

static const struct shape subnet_shape = {
	.name = "subnet",
	.size = sizeof(struct subnet),
	.fields =
		(const struct field[]){
			OPTION(struct subnet, cluster_net_masks, "cluster_net_masks", 0,
			       "address ranges that belong to the cluster"),
			{ 0 },
		},
};

static int subnet_init(void *state, struct err *err)
{
	struct subnet *self = state;

	return cidr_set_parse(&self->cluster, &self->cluster_net_masks,
			      "cluster_net_masks", err);
}

static void subnet_fini(void *state)
{
	struct subnet *self = state;

	cidr_set_fini(&self->cluster);
}

static enum tag subnet_classify_tag(const void *state, const struct flow *flow,
				    bool *bad_address)
{
	const struct subnet *self = state;

	return subnet_tag(&self->cluster, flow, bad_address);
}

static const struct cidr_set *subnet_cluster(const void *state)
{
	return &((const struct subnet *)state)->cluster;
}

const struct classify classify_subnet = {
	.stage = { .name = "subnet",
		   .section = "pipeline.classify",
		   .state = &subnet_shape,
		   .init = subnet_init,
		   .fini = subnet_fini },
	.tag = subnet_classify_tag,
	.cluster = subnet_cluster,
};
