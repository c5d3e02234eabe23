/* SPDX-License-Identifier: Apache-2.0 */
/* settings_layouts.c - see settings_layouts.h. Source: the Go flow exporter's
 * sample files of 2019-02 to 2020-02, and its first user document. */
#include "settings/settings_layouts.h"

#define KEY(old, new)                                                                    \
	{                                                                                \
		.from = "pipeline." old, .to = "pipeline." new                           \
	}
#define S3(name)     KEY("store.s3." name, "write.s3." name)
#define BUFFER(name) KEY("store.s3." name, "store.buffered." name)
#define VALUE(key, old, new)                                                             \
	{                                                                                \
		.from = "pipeline." key, .to = "pipeline." key, .value = old,            \
		.new_value = new                                                         \
	}

const struct config_rename settings_layouts[] = {
	KEY("analyzer.subscriber_url", "subscriber.url"),
	{ .from = "pipeline.analyzer.subscriber_username",
	  .to = "analyzer.auth.cluster.username" },
	{ .from = "pipeline.analyzer.subscriber_password",
	  .to = "analyzer.auth.cluster.password" },
	{ .from = "pipeline.store.type",
	  .to = "pipeline.store.type",
	  .value = "s3",
	  .new_value = "buffered",
	  .implied = "pipeline.write.type",
	  .implied_as = "s3" },
	S3("endpoint"),
	S3("region"),
	S3("access_key"),
	S3("secret_key"),
	S3("api_key"),
	S3("iam_endpoint"),
	KEY("store.s3.bucket", "store.buffered.dirname"),
	KEY("store.s3.object_prefix", "store.buffered.filename_prefix"),
	BUFFER("max_flows_per_object"),
	BUFFER("max_seconds_per_object"),
	BUFFER("max_seconds_per_stream"),
	BUFFER("max_flow_array_size"),
	KEY("store.buffered.bucket", "store.buffered.dirname"),
	KEY("store.buffered.object_prefix", "store.buffered.filename_prefix"),
	VALUE("transform.type", "sa", "secadvisor"),
	VALUE("encode.type", "sa", "secadvisor"),
	KEY("transform.sa.exclude_started_flows",
	    "transform.secadvisor.exclude_started_flows"),
	KEY("transform.sa.extend", "transform.secadvisor.extend"),
	KEY("mangle.action.tid1", "action.tid1"),
	KEY("mangle.action.tid2", "action.tid2"),
	KEY("mangle.action.reject_timeout", "action.reject_timeout"),
	{ .from = NULL },
};
