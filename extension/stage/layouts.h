/* SPDX-License-Identifier: Apache-2.0 */
/* layouts.h - pipeline.store.buffered.layout: layouts of keys by name.
 *
 * aws and aws-hive are those of AWS VPC flow logs in S3 (Amazon VPC user guide, "Flow
 * log files"), ibm those of IBM Cloud flow logs for VPC ("Viewing flow log objects").
 * The parts that make our keys unique go into official ones: AWS's flow log id is our
 * stream, its hash our tag and number; IBM's layout has both.
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

/* The options; an empty string is not set. */
struct layout_options {
	int name, partition;
	struct str key; /* of a template */
	struct str account_id, region, vpc_id, subnet_id, instance_id, vnic_id;
};

/* The layout's text lives in the arena. -EINVAL with reason and key, below
 * pipeline.store.buffered. */
int layouts_make(const struct layout_options *, struct arena *, struct layout *,
		 struct err *);

/* Whether its objects must be gzip'ed, because their keys end in .gz and readers rely
 * on that. */
bool layouts_need_gzip(const struct layout_options *);

#endif
