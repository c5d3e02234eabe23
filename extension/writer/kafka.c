/* SPDX-License-Identifier: Apache-2.0 */
/* kafka.c - the writer for Kafka: its keys and its life. An object is sent record by
 * record, and stored when the brokers have all of them; see kafka_put.c. What a message
 * is its object's media type says: format is what new rows become.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pipeline/object.h"
#include "stage/registry.h"
#include "sys/clock.h"
#include "writer/kafka_headers.h"
#include "writer/kafka_private.h"

#define ARENA_MAX (256 * 1024)
#define OTHER_TAG "internal" /* the longest */

static const char *const key_names[] = { "none", "connection", "tenant", "interface",
					 NULL };
static const char *const format_names[] = { "json", "protobuf", NULL };
static const char *const compression_names[] = { "lz4", "zstd", "none", NULL };
static const char *const delivery_names[] = { "at_least_once", "exactly_once", NULL };
static const struct field fields[] = {
	OPTION(struct kafka_writer, brokers, "brokers", 0,
	       "HOST:PORT of some brokers; they tell the others"),
	OPTION(struct kafka_writer, topic, "topic", 0,
	       "where records go; {tenant} and {tag} in it are replaced"),
	OPTION_ENUM(struct kafka_writer, key, "key", 0, key_names,
		    "which records stay together, in their order"),
	OPTION_ENUM(struct kafka_writer, format, "format", 0, format_names,
		    "what a message is: a record, or a flow as Skydive's flow.Flow"),
	OPTION(struct kafka_writer, headers, "headers", 0,
	       "those that messages have, of tenant, tag, format, id; none: all of them"),
	OPTION_ENUM(struct kafka_writer, compression, "compression", 0, compression_names,
		    "of the messages"),
	OPTION_ENUM(struct kafka_writer, delivery, "delivery", 0, delivery_names,
		    "whether what was sent when we were killed may come twice"),
	KAFKA_SECURITY_OPTIONS(struct kafka_writer, security, ""),
	OPTION(struct kafka_writer, settings, "settings", FIELD_SECRET | FIELD_DOTTED,
	       "more settings of librdkafka, by its own names"),
	{ .name = NULL },
};

static const struct shape kafka_shape = {
	.name = "kafka",
	.size = sizeof(struct kafka_writer),
	.fields = fields,
};

static int check_brokers(struct kafka_writer *w, struct err *err)
{
	char key[32];
	size_t i;

	if (!w->brokers.count)
		return err_set_key(err, "brokers",
				   "must be set: HOST:PORT of some of them");
	for (i = 0; i < w->brokers.count; i++) {
		struct str broker = w->brokers.item[i];

		if (broker.len && !memchr(broker.ptr, ',', broker.len))
			continue;
		snprintf(key, sizeof(key), "brokers[%zu]", i);
		return err_set_key(err, key, "is not HOST:PORT of one broker");
	}
	return 0;
}

static int check_topic(struct kafka_writer *w, struct err *err)
{
	struct buf name = BUF_INIT(4096);
	int error = kafka_topic_check(w->topic, err);

	if (error || !w->tenant.len)
		return error;
	kafka_topic_put(w->topic, w->tenant, STR(OTHER_TAG), &name);
	if (name.len > KAFKA_TOPIC_MAX)
		error = err_set_key(err, "topic",
				    "is too long with the tenant's name: topics have %d "
				    "bytes at most",
				    KAFKA_TOPIC_MAX);
	buf_fini(&name);
	return error;
}

static int check_headers(struct kafka_writer *w, struct err *err)
{
	return kafka_headers_check(&w->headers, err);
}

/* Which of ours librdkafka's name stands for. */
static const char *key_of(const char *name)
{
	static const char *const table[][2] = {
		{ "compression.codec", "compression" },
		{ "bootstrap.servers", "brokers" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(name, table[i][0]) == 0)
			return table[i][1];
	return kafka_security_key(name);
}

static int blame(const struct kafka_writer *w, const struct err *why, struct err *err)
{
	char key[160];
	size_t i;

	for (i = 0; i < w->settings.count; i++) {
		if (!str_is(w->settings.name[i], why->key))
			continue;
		snprintf(key, sizeof(key), "settings.%s", why->key);
		return err_set_key(err, key, "%s", why->text);
	}
	return err_set_key(err, key_of(why->key) ? key_of(why->key) : "brokers", "%s",
			   why->text);
}

static int try_settings(struct kafka_writer *w, struct err *err)
{
	struct err why = ERR_INIT;
	int error = kafka_refuse_settings(&w->settings, &why);

	if (!error)
		error = kafka_writer_settings(w, &why);
	if (!error)
		error = kafka_check(&w->all, &why);
	return error ? blame(w, &why, err) : 0;
}

static int begin(struct kafka_writer *w, struct err *err)
{
	if (!w->kafka)
		return 0;
	return kafka_writer_open(w, err);
}

static void kafka_fini(void *self)
{
	struct kafka_writer *w = self;

	if (!w->is_ready)
		return;
	w->is_ready = false;
	kafka_close(w->cluster);
	w->cluster = NULL;
	secret_close(&w->secret);
	arena_fini(&w->arena);
	pthread_mutex_destroy(&w->lock);
}

static void prepare(struct kafka_writer *w, const struct writer_around *around)
{
	w->is_ready = true;
	w->kafka = around ? around->kafka : NULL;
	w->tenant = str_of(around ? around->tenant : NULL);
	w->spool = str_of(around ? around->spool : NULL);
	w->secret = (struct secret){ 0 };
	w->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	w->cluster = NULL;
	pthread_mutex_init(&w->lock, NULL);
	atomic_init(&w->progress_ms, 0);
	atomic_init(&w->gives_up, false);
}

static int check_files(struct kafka_writer *w, struct err *err)
{
	return kafka_check_files(&w->security, err);
}

static int check_login(struct kafka_writer *w, struct err *err)
{
	return kafka_check_login(&w->security, err);
}

static int open_secret(struct kafka_writer *w, struct err *err)
{
	return kafka_open_secret(&w->security, &w->secret, err);
}

/* See writer.h. Who wants to hear of all that is wrong hears it. */
static int kafka_init(void *self, const struct writer_around *around, struct err *err)
{
	static int (*const parts[])(struct kafka_writer *, struct err *) = {
		check_brokers, check_topic, check_headers, check_files, check_login,
	};
	static int (*const steps[])(struct kafka_writer *, struct err *) = {
		open_secret,
		try_settings,
		begin,
	};
	struct kafka_writer *w = self;
	int error = 0, bad;
	size_t i;

	prepare(w, around);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (error && !(err && err->hear))
			break;
		err_also(err);
		bad = parts[i](w, err);
		error = error ? error : bad;
	}
	for (i = 0; !error && i < sizeof(steps) / sizeof(steps[0]); i++)
		error = steps[i](w, err);
	if (error)
		kafka_fini(w);
	return error;
}

static struct row_labels kafka_labels(const void *values)
{
	const struct kafka_writer *w = values;

	return (struct row_labels){
		.are_wanted = true,
		.key = w->key == KAFKA_KEY_CONNECTION  ? ROW_KEY_CONNECTION
		       : w->key == KAFKA_KEY_INTERFACE ? ROW_KEY_INTERFACE
						       : ROW_KEY_NONE,
	};
}

static const struct encode *kafka_encode(const void *values)
{
	const struct kafka_writer *w = values;

	return w->format == KAFKA_PROTOBUF ? &encode_protobuf : &encode_ndjson;
}

/* The topic of every tag, if the names differ. */
static int kafka_probe_topics(void *self, struct buf *remark, struct err *err)
{
	struct kafka_writer *w = self;
	struct buf name = BUF_INIT(4096), last = BUF_INIT(4096);
	int tag, found = 0;

	for (tag = 0; found >= 0 && tag < TAG_COUNT; tag++) {
		buf_reset(&name);
		kafka_topic_put(w->topic, w->tenant, str_of(tag_names[tag]), &name);
		if (str_equal(buf_str(&name), buf_str(&last)))
			break;
		found = kafka_probe(&w->all, buf_str(&name).ptr, err);
		if (found >= 0)
			buf_printf(remark, "%stopic %s has %d partition%s",
				   remark->len ? ", " : "", name.ptr, found,
				   found == 1 ? "" : "s");
		buf_reset(&last);
		buf_put(&last, buf_str(&name));
	}
	buf_fini(&name);
	buf_fini(&last);
	return found < 0 ? found : 0;
}

static bool kafka_advise(const void *values, bool are_flows, struct err *err)
{
	const struct kafka_writer *w = values;

	kafka_security_advise(&w->security, err);
	if (are_flows)
		kafka_headers_advise(&w->headers, err);
	return *err->text;
}

const struct writer writer_kafka = {
	.name = "kafka",
	.section = "pipeline.write.kafka",
	.state = &kafka_shape,
	.is_stream = true,
	.init = kafka_init,
	.fini = kafka_fini,
	.put = kafka_writer_put,
	.cancel = kafka_writer_cancel,
	.labels = kafka_labels,
	.encode = kafka_encode,
	.probe = kafka_probe_topics,
	.trouble = kafka_writer_trouble,
	.advise = kafka_advise,
};
