/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_share.h - how many messages of a put are under way at a time.
 *
 * librdkafka (2.0.2) has one request of a partition under way, and asks without a pause
 * whether the next one may go when messages for it fill a batch, or wait longer than
 * linger.ms: that takes more time than all else that it does. So a put hands over a share
 * that is one batch, within linger.ms, and then no more before all of it has been
 * reported. A small one also stays in the processor's cache, from the first to the last
 * step. Where brokers are far away it grows, until 50 messages a millisecond are sent.
 *
 * Pure.
 */
#ifndef WRITER_KAFKA_SHARE_H
#define WRITER_KAFKA_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KAFKA_SHARE_LEAST 1000
#define KAFKA_SHARE_MOST  25000		     /* librdkafka takes 50000 */
#define KAFKA_SHARE_BYTES ((int64_t)3 << 20) /* of 4 MiB */

struct kafka_share {
	int64_t sent, bytes; /* so far */
	size_t most;	     /* messages; 0: of the first one */
	bool is_full;	     /* until all has been reported, */
	int64_t full_ms;     /* since then, monotonic */
};

void kafka_share_add(struct kafka_share *, size_t bytes);
/* Whether there is room for a message, while so many are not reported. */
bool kafka_share_has_room(struct kafka_share *, size_t unreported, int64_t now_ms);

#endif
