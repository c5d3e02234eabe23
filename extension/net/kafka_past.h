/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_past.h - the names of jobs that are in, as a text that brokers keep.
 *
 * Lines, of a size that brokers take. The first one is the last job. Whoever reads the
 * text after a crash, or after an answer that never came, does not know whether the last
 * job was ended where it came from; so that one is marked with a tab, and stays when
 * others, which have been ended, make room: as many as fit into half of the text, which
 * are some 35 such readings.
 *
 * One thread at a time.
 */
#ifndef NET_KAFKA_PAST_H
#define NET_KAFKA_PAST_H

#include "base/buf.h"

#define KAFKA_PAST_MAX 3500 /* bytes; brokers take 4096 of metadata */

struct kafka_past {
	struct buf text;
};

void kafka_past_init(struct kafka_past *);
void kafka_past_fini(struct kafka_past *);
/* What a broker has. 0 or -ENOMEM. */
int kafka_past_read(struct kafka_past *, struct str text);
bool kafka_past_has(const struct kafka_past *, const char *name);
/* The text with one more job. 0 or -ENOMEM. */
int kafka_past_put(const struct kafka_past *, const char *name, struct buf *);
/* That text is what brokers have now. 0 or -ENOMEM. */
int kafka_past_set(struct kafka_past *, struct str text);

#endif
