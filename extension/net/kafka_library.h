/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_library.h - librdkafka, loaded when a configuration names Kafka.
 *
 * Only its header is needed to build us. Who exports elsewhere need not have the
 * library, and pays nothing for it: it is opened here, and stays in the process from
 * then on (it has threads and destructors of its own). Symbols are those of version 1.6;
 * a newer one's are looked up where they are used, see kafka_library_find().
 */
#ifndef NET_KAFKA_LIBRARY_H
#define NET_KAFKA_LIBRARY_H

#include <librdkafka/rdkafka.h>
#include "base/err.h"

#define KAFKA_EACH_SYMBOL(X)                                                             \
	X(version)                                                                       \
	X(version_str)                                                                   \
	X(err2str)                                                                       \
	X(clusterid)                                                                     \
	X(mem_free)                                                                      \
	X(conf_new)                                                                      \
	X(conf_destroy)                                                                  \
	X(conf_set)                                                                      \
	X(conf_get)                                                                      \
	X(conf_set_opaque)                                                               \
	X(conf_set_dr_msg_cb)                                                            \
	X(conf_set_error_cb)                                                             \
	X(conf_set_log_cb)                                                               \
	X(conf_set_stats_cb)                                                             \
	X(conf_set_ssl_cert_verify_cb)                                                   \
	X(conf_set_oauthbearer_token_refresh_cb)                                         \
	X(oauthbearer_set_token)                                                         \
	X(oauthbearer_set_token_failure)                                                 \
	X(new)                                                                           \
	X(destroy)                                                                       \
	X(opaque)                                                                        \
	X(poll)                                                                          \
	X(purge)                                                                         \
	X(produceva)                                                                     \
	X(error_code)                                                                    \
	X(error_string)                                                                  \
	X(init_transactions)                                                             \
	X(begin_transaction)                                                             \
	X(commit_transaction)                                                            \
	X(abort_transaction)                                                             \
	X(send_offsets_to_transaction)                                                   \
	X(consumer_group_metadata_new)                                                   \
	X(consumer_group_metadata_destroy)                                               \
	X(topic_partition_list_new)                                                      \
	X(topic_partition_list_add)                                                      \
	X(topic_partition_list_destroy)                                                  \
	X(committed)                                                                     \
	X(error_is_fatal)                                                                \
	X(error_is_retriable)                                                            \
	X(error_txn_requires_abort)                                                      \
	X(error_destroy)                                                                 \
	X(message_status)                                                                \
	X(headers_new)                                                                   \
	X(headers_destroy)                                                               \
	X(header_add)                                                                    \
	X(topic_new)                                                                     \
	X(topic_destroy)                                                                 \
	X(metadata)                                                                      \
	X(metadata_destroy)                                                              \
	X(conf_set_rebalance_cb)                                                         \
	X(poll_set_consumer)                                                             \
	X(subscribe)                                                                     \
	X(consumer_poll)                                                                 \
	X(consumer_close)                                                                \
	X(memberid)                                                                      \
	X(message_destroy)                                                               \
	X(message_timestamp)                                                             \
	X(message_headers)                                                               \
	X(header_get_last)                                                               \
	X(incremental_assign)                                                            \
	X(incremental_unassign)                                                          \
	X(assignment)                                                                    \
	X(offsets_for_times)                                                             \
	X(assignment_lost)                                                               \
	X(commit)                                                                        \
	X(pause_partitions)                                                              \
	X(resume_partitions)                                                             \
	X(query_watermark_offsets)                                                       \
	X(get_watermark_offsets)                                                         \
	X(list_groups)                                                                   \
	X(group_list_destroy)                                                            \
	X(DescribeConfigs)                                                               \
	X(DescribeConfigs_result_resources)                                              \
	X(ConfigResource_new)                                                            \
	X(ConfigResource_destroy)                                                        \
	X(ConfigResource_configs)                                                        \
	X(ConfigEntry_name)                                                              \
	X(ConfigEntry_value)                                                             \
	X(event_DescribeConfigs_result)                                                  \
	X(event_destroy)                                                                 \
	X(queue_new)                                                                     \
	X(queue_poll)                                                                    \
	X(queue_get_main)                                                                \
	X(queue_io_event_enable)                                                         \
	X(queue_destroy)

struct kafka_library {
#define KAFKA_MEMBER(name) __typeof__(rd_kafka_##name) *name;
	KAFKA_EACH_SYMBOL(KAFKA_MEMBER)
#undef KAFKA_MEMBER
	void *handle;
};

/* -EINVAL: it is not installed, or lacks something. Any thread; may be repeated. */
int kafka_library_open(struct kafka_library *, struct err *);
void kafka_library_close(struct kafka_library *); /* also one that is zeroed */

#endif
