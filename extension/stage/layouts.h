/* SPDX-License-Identifier: Apache-2.0 */
/* layouts.h - pipeline.store.buffered.layout: keys as other programs make them.
 *
 * aws and aws-hive are those of AWS VPC flow logs in S3 (Amazon VPC user guide,
 * "Flow log files"), ibm those of IBM Cloud flow logs for VPC ("Viewing flow log
 * objects"). The official names have room for what makes ours unique: AWS's flow
 * log id has our stream, its hash our tag and number; IBM has both by name.
 */
#ifndef STAGE_LAYOUTS_H
#define STAGE_LAYOUTS_H

#include "base/arena.h"
#include "config/config.h"
#include "pipeline/layout.h"

enum layout_name {
	LAYOUT_NAME_EXPORTER,
	LAYOUT_NAME_AWS,
	LAYOUT_NAME_AWS_HIVE,
	LAYOUT_NAME_IBM,
	LAYOUT_NAME_TEMPLATE
};

enum partition { PARTITION_AUTO, PARTITION_DAY, PARTITION_HOUR };

extern const char *const layout_names[], *const partition_names[]; /* for options */

/* What is configured beside the name; an empty string: not set. */
struct layout_options {
	int name, partition;
	struct str key; /* of a template */
	struct str account_id, region, vpc_id, subnet_id, instance_id, vnic_id;
};

/* The layout's text lives in the arena. -EINVAL with reason and key, below
 * pipeline.store.buffered. */
int layouts_make(const struct layout_options *, struct arena *, struct layout *,
		 struct err *);

/* Its objects are gzip'ed: the keys say so, and readers go by that. */
bool layouts_need_gzip(const struct layout_options *);

#endif
