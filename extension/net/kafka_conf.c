/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_conf.c - what a producer is configured with, and what its errors mean. See
 * kafka_private.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include "net/kafka_consume_private.h"

#define SCRAM_VERSION 0x020601ff

/* Ours. Memory is bounded by the queue: 4 MiB of messages, and some 200 bytes more for
 * each. The rows of an object come at once, and then none before they are written: all
 * that come within linger.ms are to be sent together. A message has no time-out:
 * the spool has what waits. Keys go where Java's clients put them. */
static const char *const ours[][2] = {
	{ "client.id", "skydive-exporter" },
	{ "enable.idempotence", "true" },
	{ "allow.auto.create.topics", "false" },
	{ "queue.buffering.max.kbytes", "4096" },
	{ "queue.buffering.max.messages", "50000" },
	{ "message.timeout.ms", "0" },
	{ "linger.ms", "5" },
	{ "partitioner", "murmur2_random" },
	{ "topic.metadata.propagation.max.ms", "5000" },
	{ "topic.metadata.refresh.interval.ms", "30000" },
	{ "reconnect.backoff.max.ms", "5000" },
	{ "socket.keepalive.enable", "true" },
	{ "log.connection.close", "false" },
};

/* Of a member of a group. Nothing is committed by itself. Memory is bounded
 * by the queue, and by what comes at once, which is compressed (see kafka_fetch.c). */
static const char *const ours_reading[][2] = {
	{ "client.id", "skydive-exporter" },
	{ "enable.auto.commit", "false" },
	{ "enable.auto.offset.store", "false" },
	{ "auto.offset.reset", "error" },
	{ "isolation.level", "read_committed" },
	{ "enable.partition.eof", "true" },
	{ "check.crcs", "true" },
	{ "partition.assignment.strategy", "cooperative-sticky" },
	{ "queued.max.messages.kbytes", "4096" },
	{ "fetch.max.bytes", "1048576" },
	{ "allow.auto.create.topics", "false" },
	{ "topic.metadata.refresh.interval.ms", "30000" },
	{ "reconnect.backoff.max.ms", "5000" },
	{ "socket.timeout.ms", "10000" },
	{ "socket.keepalive.enable", "true" },
	{ "log.connection.close", "false" },
};

/* Others hang on these. */
static const struct {
	const char *name, *why;
} fixed[] = {
	{ "bootstrap.servers", "set brokers" },
	{ "metadata.broker.list", "set brokers" },
	{ "transactional.id", "set delivery" },
	{ "enable.idempotence", "without it messages may be doubled" },
	{ "allow.auto.create.topics", "a mistyped topic would be a new one" },
	{ "message.timeout.ms", "nothing is given up" },
	{ "delivery.timeout.ms", "nothing is given up" },
	{ "plugin.library.paths", "no code is loaded" },
	{ KAFKA_TOKEN_FILE, "set security.token_file" },
	{ "group.id", "set the URL's group" },
	{ "group.instance.id", "set host_id" },
	{ "enable.auto.commit", "what is not stored would be lost" },
	{ "enable.auto.offset.store", "what is not stored would be lost" },
	{ "auto.offset.reset", "what is lost is counted" },
	{ "isolation.level", "what was taken back would be stored" },
	{ "enable.partition.eof", "a partition that is quiet would never be stored" },
	{ "partition.assignment.strategy", "all of a group must have the same" },
};

static int refuse_fixed(struct str name, struct err *err)
{
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (str_is(name, fixed[i].name))
			return err_set_key(err, fixed[i].name, "cannot be set here: %s",
					   fixed[i].why);
	return 0;
}

/* With Kafka 4, and what mends CVE-2024-56128 in Kafka 3, older versions fail with
 * "invalid credentials" (librdkafka's issue 4895). */
static int refuse_scram(const struct kafka_library *library, struct str name,
			struct str value, struct err *err)
{
	if ((!str_is(name, "sasl.mechanism") && !str_is(name, "sasl.mechanisms")) ||
	    !str_starts(value, STR("SCRAM")) || library->version() >= SCRAM_VERSION)
		return 0;
	return err_set_key(
		err, "sasl.mechanism",
		"librdkafka %s cannot log in with " STR_FMT
		" at today's brokers, 2.6.1 is needed; use PLAIN over TLS, or a "
		"client's certificate",
		library->version_str(), STR_ARG(value));
}

static int set_one(const struct kafka_library *library, rd_kafka_conf_t *conf,
		   const char *name, const char *value, struct err *err)
{
	char why[256] = "";

	if (library->conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return err_set_key(err, name, "librdkafka %s does not take it: %s",
			   library->version_str(), why);
}

static int set_ours(const struct kafka_library *library, rd_kafka_conf_t *conf,
		    const char *const (*settings)[2], size_t count, struct err *err)
{
	int error = 0;
	size_t i;

	for (i = 0; !error && i < count; i++)
		error = set_one(library, conf, settings[i][0], settings[i][1], err);
	return error;
}

static int set_theirs(const struct kafka_library *library, rd_kafka_conf_t *conf,
		      const struct map_of_str *settings, size_t i, struct err *err)
{
	char name[128], value[8192];

	snprintf(name, sizeof(name), STR_FMT, STR_ARG(settings->name[i]));
	snprintf(value, sizeof(value), STR_FMT, STR_ARG(settings->value[i]));
	if (settings->value[i].len >= sizeof(value))
		return err_set_key(err, name, "it is too long");
	if (refuse_scram(library, settings->name[i], settings->value[i], err))
		return -EINVAL;
	return set_one(library, conf, name, value, err);
}

/* NULL after an error. */
static rd_kafka_conf_t *end_conf(const struct kafka_library *library,
				 rd_kafka_conf_t *conf, int error)
{
	if (!error) {
		kafka_login_prepare(library, conf);
		return conf;
	}
	library->conf_destroy(conf);
	return NULL;
}

rd_kafka_conf_t *kafka_conf_new(const struct kafka_library *library,
				const struct map_of_str *settings, struct err *err)
{
	rd_kafka_conf_t *conf = library->conf_new();
	int error = set_ours(library, conf, ours, sizeof(ours) / sizeof(ours[0]), err);
	size_t i;

	library->conf_set_ssl_cert_verify_cb(conf, kafka_words_judge);

	for (i = 0; !error && i < settings->count; i++)
		error = set_theirs(library, conf, settings, i, err);
	return end_conf(library, conf, error);
}

int kafka_refuse_settings(const struct map_of_str *settings, struct err *err)
{
	size_t i;
	int error = 0;

	for (i = 0; !error && i < settings->count; i++)
		error = refuse_fixed(settings->name[i], err);
	return error;
}

int kafka_check(const struct map_of_str *settings, struct err *err)
{
	struct kafka_library library;
	rd_kafka_conf_t *conf;

	if (kafka_library_open(&library, err) < 0)
		return -EINVAL;
	conf = kafka_conf_new(&library, settings, err);
	if (conf)
		library.conf_destroy(conf);
	kafka_library_close(&library);
	return conf ? 0 : -EINVAL;
}

/* What is a producer's alone is not a consumer's to set; a warning would be its answer. */
static bool is_shared(struct str name)
{
	static const char *const shared[] = {
		"bootstrap.servers", "security.", "sasl.",   "ssl.",
		"socket.",	     "broker.",	  "client.", "debug"
	};
	size_t i;

	for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (str_starts(name, str_of(shared[i])))
			return true;
	return false;
}

rd_kafka_conf_t *kafka_conf_consumer(const struct kafka_library *library,
				     const struct map_of_str *settings, const char *group,
				     struct err *err)
{
	rd_kafka_conf_t *conf = library->conf_new();
	int error = set_one(library, conf, "group.id", group, err);
	size_t i;

	for (i = 0; !error && i < settings->count; i++)
		if (is_shared(settings->name[i]))
			error = set_theirs(library, conf, settings, i, err);
	return end_conf(library, conf, error);
}

rd_kafka_conf_t *kafka_conf_reader(const struct kafka_library *library,
				   const struct map_of_str *settings, const char *group,
				   const char *member, struct err *err)
{
	rd_kafka_conf_t *conf = library->conf_new();
	int error = set_ours(library, conf, ours_reading,
			     sizeof(ours_reading) / sizeof(ours_reading[0]), err);
	size_t i;

	if (!error)
		error = kafka_fetch_set_backoff(library, conf);

	library->conf_set_ssl_cert_verify_cb(conf, kafka_words_judge);
	if (!error)
		error = set_one(library, conf, "group.id", group, err);
	if (!error && member)
		error = set_one(library, conf, "group.instance.id", member, err);
	for (i = 0; !error && i < settings->count; i++)
		error = set_theirs(library, conf, settings, i, err);
	return end_conf(library, conf, error);
}

rd_kafka_t *kafka_handle_new(const struct kafka_library *library, rd_kafka_type_t type,
			     rd_kafka_conf_t *conf, struct err *err)
{
	rd_kafka_t *handle;
	sigset_t all, before;
	char why[512], token_file[SECRET_MAX];

	kafka_login_file(library, conf, token_file, sizeof(token_file));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	handle = library->new (type, conf, why, sizeof(why));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!handle) {
		library->conf_destroy(conf);
		err_set(err, "%s", why);
	} else if (kafka_login_first(library, handle, token_file, err) < 0) {
		library->destroy(handle);
		handle = NULL;
	}
	return handle;
}

void kafka_explain(const struct kafka_library *library, rd_kafka_resp_err_t error,
		   const char *topic, struct buf *b)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		buf_printf(b,
			   "there is no topic %s, and none is made by writing: make it, "
			   "or correct topic",
			   topic);
		break;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		buf_printf(b,
			   "this user may not write to topic %s: the cluster's ACLs must "
			   "allow it Describe and Write",
			   topic);
		break;
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		buf_puts(b, "this user may not write without doubles: the cluster's ACLs "
			    "must allow it IdempotentWrite");
		break;
	default:
		buf_printf(b, "%s", library->err2str(error));
	}
}
