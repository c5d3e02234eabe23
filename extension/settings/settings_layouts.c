/* SPDX-License-Identifier: Apache-2.0 */
/* settings_layouts.c - see settings_layouts.h. Source: the sample files of the Go flow
 * exporter of 2019-02 to 2021-11, its first user document, and what its programs of
 * those days did with them. */
#include <stddef.h>
#include "settings/settings_layouts.h"

#define KEY(old, new)                                                                    \
	{                                                                                \
		.from = "pipeline." old, .to = "pipeline." new                           \
	}
#define S3(name)     KEY("store.s3." name, "write.s3." name)
#define BUFFER(name) KEY("store.s3." name, "store.buffered." name)
#define VALUE(key, old, new)                                                             \
	{                                                                                \
		.from = "pipeline." key, .value = old, .new_value = new                  \
	}
/* A store of today that goes with a writer. */
#define STORE(old, new, writer)                                                          \
	{                                                                                \
		.from = "pipeline.store.type", .value = old, .new_value = new,           \
		.implied = "pipeline.write.type", .implied_as = writer                   \
	}

/* The programs of the store s3 began without sizes, and with one transform each: the
 * sizes are those that their samples name, but commented out. */
#define BESIDE_S3(key, what, as)                                                         \
	{                                                                                \
		.from = key, .when = "pipeline.store.type", .when_value = "s3",          \
		.implied = "pipeline." what, .implied_as = as                            \
	}
#define OF_S3(what, as) BESIDE_S3("pipeline.store.type", what, as)

/* skydive-objectstore, the program before: all keys at the top, or below a section. */
#define FLAT(old, new)                                                                   \
	{ .from = old, .to = new, .when = "subscriber_url", .unless = "pipeline" },      \
	{                                                                                \
		.from = "objectstore." old, .to = new, .unless = "pipeline"              \
	}
#define FLAT_TRANSFORM(old)                                                              \
	{ .from = "flow_transformer",                                                    \
	  .to = "pipeline.transform.type",                                               \
	  .value = old,                                                                  \
	  .new_value = "secadvisor",                                                     \
	  .when = "subscriber_url",                                                      \
	  .unless = "pipeline" },                                                        \
	{                                                                                \
		.from = "objectstore.flow_transformer", .to = "pipeline.transform.type", \
		.value = old, .new_value = "secadvisor", .unless = "pipeline"            \
	}
#define OF_FLAT(what, as)                                                                \
	{ .from = "subscriber_url",                                                      \
	  .unless = "pipeline",                                                          \
	  .implied = "pipeline." what,                                                   \
	  .implied_as = as },                                                            \
	{                                                                                \
		.from = "objectstore.subscriber_url", .unless = "pipeline",              \
		.implied = "pipeline." what, .implied_as = as                            \
	}

const struct config_rename settings_layouts[] = {
	FLAT("endpoint", "pipeline.write.s3.endpoint"),
	FLAT("region", "pipeline.write.s3.region"),
	FLAT("access_key", "pipeline.write.s3.access_key"),
	FLAT("secret_key", "pipeline.write.s3.secret_key"),
	FLAT("api_key", "pipeline.write.s3.api_key"),
	FLAT("iam_endpoint", "pipeline.write.s3.iam_endpoint"),
	FLAT("bucket", "pipeline.store.buffered.dirname"),
	FLAT("object_prefix", "pipeline.store.buffered.filename_prefix"),
	FLAT("max_flows_per_object", "pipeline.store.buffered.max_flows_per_object"),
	FLAT("max_seconds_per_object", "pipeline.store.buffered.max_seconds_per_object"),
	FLAT("max_seconds_per_stream", "pipeline.store.buffered.max_seconds_per_stream"),
	FLAT("max_flow_array_size", "pipeline.store.buffered.max_flow_array_size"),
	FLAT("cluster_net_masks", "pipeline.classify.cluster_net_masks"),
	FLAT("excluded_tags", "pipeline.filter.excluded_tags"),
	FLAT("subscriber_username", "analyzer.auth.cluster.username"),
	FLAT("subscriber_password", "analyzer.auth.cluster.password"),
	FLAT_TRANSFORM("security-advisor"),
	FLAT_TRANSFORM("custom1"),
	FLAT("flow_transformer", "pipeline.transform.type"),
	OF_FLAT("encode.type", "json"),
	OF_FLAT("compress.type", "gzip"),
	OF_FLAT("store.buffered.max_flows_per_object", "6000"),
	OF_FLAT("store.buffered.max_seconds_per_stream", "86400"),
	OF_FLAT("store.buffered.max_flow_array_size", "100000"),
	FLAT("subscriber_url", "pipeline.subscriber.url"),

	KEY("analyzer.subscriber_url", "subscriber.url"),
	{ .from = "pipeline.analyzer.subscriber_username",
	  .to = "analyzer.auth.cluster.username" },
	{ .from = "pipeline.analyzer.subscriber_password",
	  .to = "analyzer.auth.cluster.password" },
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
	OF_S3("store.buffered.max_flows_per_object", "6000"),
	OF_S3("store.buffered.max_seconds_per_stream", "86400"),
	OF_S3("store.buffered.max_flow_array_size", "100000"),
	BESIDE_S3("pipeline.transform.sa", "transform.type", "secadvisor"),
	{ .from = "pipeline.encode.type",
	  .value = "csv",
	  .when = "pipeline.store.type",
	  .when_value = "s3",
	  .implied = "pipeline.transform.type",
	  .implied_as = "awsflowlogs" },
	STORE("s3", "buffered", "s3"),
	KEY("store.localfiles.base_dir", "write.file.directory"),
	KEY("store.localfiles.max_seconds_per_stream",
	    "store.buffered.max_seconds_per_stream"),
	STORE("localfiles", "buffered", "file"),
	STORE("stdout", "direct", "stdout"),
	STORE("log", "direct", "stdout"),
	KEY("store.buffered.bucket", "store.buffered.dirname"),
	KEY("store.buffered.object_prefix", "store.buffered.filename_prefix"),
	VALUE("transform.type", "sa", "secadvisor"),
	VALUE("encode.type", "sa", "secadvisor"),
	KEY("transform.sa.exclude_started_flows",
	    "transform.secadvisor.exclude_started_flows"),
	KEY("transform.sa.extend", "transform.secadvisor.extend"),
	KEY("objheader.type", "storeheader.type"),
	KEY("objheader.vpclogs", "storeheader.vpclogs"),
	KEY("mangle.action.tid1", "action.tid1"),
	KEY("mangle.action.tid2", "action.tid2"),
	KEY("mangle.action.reject_timeout", "action.reject_timeout"),
	{ .from = "pipeline.action.type",
	  .value = "aws",
	  .when = "pipeline.action.tid1",
	  .implied = "pipeline.mangle.type",
	  .implied_as = "action" },
	{ .from = "pipeline.action.type",
	  .value = "aws",
	  .when = "pipeline.action.tid1",
	  .dropped = "pipeline.mangle.type says it" },
	{ .from = "pipeline.action.type",
	  .dropped = "without pipeline.action.tid1 and tid2 no record can be told "
		     "ACCEPT or REJECT; set them, with pipeline.mangle.type: action" },
	{ .from = "pipeline.store.prom_sky_con.monitoring_port",
	  .dropped = "the exporter's own numbers are at status.listen" },
	/* Shipped as a sample, and refused by the program that came with it. */
	{ .from = "pipeline.mangle.type",
	  .value = "logstatus",
	  .when = "pipeline.transform.type",
	  .when_value = "awsflowlogs",
	  .dropped = "records of awsflowlogs have no state of a log" },
	{ .from = NULL },
};
