/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume_words.c - what the errors of a consumer mean for an operator. See
 * kafka_consume.h.
 */
#include <stdio.h>
#include "net/kafka_consume_private.h"

void kafka_consumer_fail(struct kafka_consumer *c, rd_kafka_resp_err_t error,
			 const char *why)
{
	c->is_of_brokers = false;
	switch (error) {
	case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
	case RD_KAFKA_RESP_ERR__FATAL:
		c->has_failed = true;
		snprintf(c->problem, sizeof(c->problem),
			 "another process is member %s of group %s: give each its own "
			 "host_id",
			 c->parts.member, c->parts.group);
		return;
	case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
		snprintf(c->problem, sizeof(c->problem),
			 "group %s has members of another program: name another group",
			 c->parts.group);
		return;
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		snprintf(c->problem, sizeof(c->problem),
			 "this user may not read as group %s: the cluster's ACLs must "
			 "allow it Read of that group",
			 c->parts.group);
		return;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		snprintf(c->problem, sizeof(c->problem),
			 "this user may not read topic %s: the cluster's ACLs must allow "
			 "it Describe and Read",
			 c->parts.topic);
		return;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		snprintf(c->problem, sizeof(c->problem),
			 "there is no topic %s: make it, or correct the URL",
			 c->parts.topic);
		return;
	default:
		break;
	}
	c->is_of_brokers = true;
	c->are_all_down |= error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
	/* That all brokers are down says less than why. */
	if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !*c->problem)
		kafka_words_put(&c->words, why, c->problem, sizeof(c->problem));
}

const char *kafka_consumer_problem(const struct kafka_consumer *c)
{
	return c->problem;
}
