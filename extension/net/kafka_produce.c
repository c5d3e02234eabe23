/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_produce.c - a message for librdkafka. See kafka.h. */
#include <errno.h>
#include <stdlib.h>
#include "net/kafka_private.h"

#define MEMBERS 7

enum kafka_fate kafka_fate_of(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return KAFKA_WRITTEN;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		return KAFKA_TOO_LARGE;
	default:
		return KAFKA_FAILED;
	}
}

/* The handle of the job's topic; NULL: there is no producer. */
static rd_kafka_topic_t *topic_of(struct kafka_job *job)
{
	struct kafka_cluster *c = job->cluster;

	if (!job->topic_handle && c->producer && !c->is_fatal)
		job->topic_handle = c->library.topic_new(c->producer, job->topic, NULL);
	return job->topic_handle;
}

static size_t put_members(rd_kafka_vu_t *member, rd_kafka_topic_t *topic,
			  const struct kafka_message *message,
			  struct kafka_ticket *ticket, rd_kafka_headers_t *headers)
{
	size_t count = 0;

	member[count].vtype = RD_KAFKA_VTYPE_RKT;
	member[count++].u.rkt = topic;
	member[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
	member[count++].u.i = RD_KAFKA_MSG_F_COPY;
	member[count].vtype = RD_KAFKA_VTYPE_VALUE;
	member[count].u.mem.ptr = (void *)(uintptr_t)message->value.ptr;
	member[count++].u.mem.size = message->value.len;
	member[count].vtype = RD_KAFKA_VTYPE_KEY;
	member[count].u.mem.ptr = (void *)(uintptr_t)message->key.ptr;
	member[count++].u.mem.size = message->key.len;
	member[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
	member[count++].u.i64 = message->time_ms;
	member[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
	member[count++].u.ptr = ticket;
	member[count].vtype = RD_KAFKA_VTYPE_HEADERS;
	member[count++].u.headers = headers;
	return count;
}

static int produce_error(struct kafka_job *job, rd_kafka_error_t *error, struct err *err)
{
	struct kafka_cluster *c = job->cluster;
	rd_kafka_resp_err_t code = c->library.error_code(error);
	struct buf why = BUF_INIT(1024);

	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		c->has_room = false;
	kafka_explain(&c->library, code, job->topic, &why);
	err_set(err, "%s", buf_str(&why).ptr);
	buf_fini(&why);
	c->library.error_destroy(error);
	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return -EAGAIN;
	return kafka_fate_of(code) == KAFKA_TOO_LARGE ? -EMSGSIZE : -EIO;
}

/* Ours: in 2.0.2 a message that fails at once frees those that it made itself twice. */
static rd_kafka_headers_t *make_headers(const struct kafka_library *library,
					const struct map_of_str *from)
{
	size_t count = from ? from->count : 0, i;
	rd_kafka_headers_t *headers = library->headers_new(count);

	for (i = 0; i < count; i++)
		library->header_add(headers, from->name[i].ptr,
				    (ssize_t)from->name[i].len,
				    from->value[i].ptr ? from->value[i].ptr : "",
				    (ssize_t)from->value[i].len);
	return headers;
}

/* What librdkafka has not taken is freed. */
static rd_kafka_error_t *hand_over(struct kafka_cluster *c, rd_kafka_topic_t *topic,
				   const struct kafka_message *message,
				   struct kafka_ticket *ticket)
{
	rd_kafka_headers_t *headers = make_headers(&c->library, message->headers);
	rd_kafka_vu_t member[MEMBERS];
	rd_kafka_error_t *error = c->library.produceva(c->producer, member,
						       put_members(member, topic, message,
								   ticket, headers));

	if (error) {
		c->library.headers_destroy(headers);
		free(ticket);
	}
	return error;
}

int kafka_produce(struct kafka_job *job, const struct kafka_message *message,
		  struct err *err)
{
	struct kafka_cluster *c = job->cluster;
	rd_kafka_topic_t *topic = topic_of(job);
	struct kafka_ticket *ticket = NULL;
	rd_kafka_error_t *error;

	if (topic && kafka_progress_prepare(job->progress, message->at))
		ticket = malloc(sizeof(*ticket));
	if (!ticket)
		return -EAGAIN;
	*ticket = (struct kafka_ticket){ job->progress, message->at, c->turn_ms };
	error = hand_over(c, topic, message, ticket);
	if (error)
		return produce_error(job, error, err);
	job->unreported++;
	kafka_progress_sent(job->progress, message->at);
	c->unreported++;
	atomic_fetch_add(&c->kafka->queued, 1);
	return 0;
}
