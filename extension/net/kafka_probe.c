/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_probe.c - whether a topic can be written to, by its metadata. See kafka.h. */
#include <errno.h>
#include <stdio.h>
#include "net/kafka_private.h"

#define PROBE_MS 10000

struct kafka_probe {
	struct kafka_words words; /* the first: librdkafka brings it back */
	struct kafka_library library;
	char why[512]; /* the last error that was heard of */
};

static void hear_error(rd_kafka_t *producer, int code, const char *why, void *opaque)
{
	struct kafka_probe *probe = opaque;

	(void)producer;
	if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !*probe->why)
		kafka_words_put(&probe->words, why, probe->why, sizeof(probe->why));
}

static void hear_line(const rd_kafka_t *producer, int level, const char *facility,
		      const char *line)
{
	(void)producer;
	(void)level;
	(void)facility;
	(void)line;
}

static int refuse(const struct kafka_library *library, rd_kafka_resp_err_t error,
		  const char *topic, struct err *err)
{
	struct buf why = BUF_INIT(1024);

	kafka_explain(library, error, topic, &why);
	err_set(err, "%s", buf_str(&why).ptr);
	buf_fini(&why);
	return -EINVAL;
}

static int ask_topic(struct kafka_probe *probe, rd_kafka_t *producer,
		     rd_kafka_topic_t *handle, const char *topic, struct err *err)
{
	const struct kafka_library *library = &probe->library;
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t error = library->metadata(producer, 0, handle, &metadata,
						      PROBE_MS);
	int partitions;

	while (library->poll(producer, 0))
		;
	if (error)
		return *probe->why ? err_set(err, "%s", probe->why)
				   : refuse(library, error, topic, err);
	error = metadata->topic_cnt ? metadata->topics[0].err
				    : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
	partitions = metadata->topic_cnt ? metadata->topics[0].partition_cnt : 0;
	library->metadata_destroy(metadata);
	return error ? refuse(library, error, topic, err) : partitions;
}

static int probe_topic(struct kafka_probe *probe, const struct map_of_str *settings,
		       const char *topic, struct err *err)
{
	const struct kafka_library *library = &probe->library;
	rd_kafka_conf_t *conf = kafka_conf_new(library, settings, err);
	rd_kafka_topic_t *handle;
	rd_kafka_t *producer;
	int found = -EINVAL;

	if (!conf)
		return -EINVAL;
	library->conf_set_opaque(conf, probe);
	library->conf_set_error_cb(conf, hear_error);
	library->conf_set_log_cb(conf, hear_line);
	producer = kafka_handle_new(library, RD_KAFKA_PRODUCER, conf, err);
	if (!producer)
		return -EINVAL;
	handle = library->topic_new(producer, topic, NULL);
	if (handle)
		found = ask_topic(probe, producer, handle, topic, err);
	else
		err_set(err, "\"%s\" is no name of a topic", topic);
	if (handle)
		library->topic_destroy(handle);
	library->destroy(producer);
	return found;
}

int kafka_probe(const struct map_of_str *settings, const char *topic, struct err *err)
{
	struct kafka_probe probe = { .why = "" };
	int found;

	if (kafka_library_open(&probe.library, err) < 0)
		return -EINVAL;
	kafka_words_init(&probe.words);
	found = probe_topic(&probe, settings, topic, err);
	kafka_words_fini(&probe.words);
	kafka_library_close(&probe.library);
	return found;
}
