/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_consume_broken.c - passes over batches that cannot be read: librdkafka would ask
 * for them for ever. See kafka_consume.h.
 *
 * A batch has one checksum. Whoever asks for one of its offsets gets all of it, so its end
 * is the first offset that can be asked for with success: found in steps that double,
 * then halve. What fails on its way here succeeds when it is asked for again.
 */
#include <stdio.h>
#include <string.h>
#include "base/grow.h"
#include "net/kafka_consume_private.h"

#define TRIES 3

static struct kafka_search *search_of(struct kafka_consumer *c, int32_t partition)
{
	size_t i;

	for (i = 0; i < c->searches; i++)
		if (c->search[i].partition == partition)
			return &c->search[i];
	return NULL;
}

void kafka_consumer_forget(struct kafka_consumer *c, int32_t partition)
{
	struct kafka_search *s = search_of(c, partition);

	if (s)
		*s = c->search[--c->searches];
}

static void ask(struct kafka_consumer *c, struct kafka_search *s, int64_t offset)
{
	s->asked = offset;
	kafka_consumer_reread(c, s->partition, offset);
}

/* Goes on behind it. */
static void pass_over(struct kafka_consumer *c, const struct kafka_search *found)
{
	struct kafka_search s = *found;

	kafka_consumer_forget(c, s.partition);
	c->parts.broken(c->parts.context, s.partition, s.good - s.first, s.why);
	kafka_consumer_reread(c, s.partition, s.good);
}

static void search_on(struct kafka_consumer *c, struct kafka_search *s)
{
	int64_t next = s->bad + s->step;

	if (s->good <= s->bad + 1) {
		pass_over(c, s);
		return;
	}
	s->step *= 2;
	ask(c, s, next < s->good ? next : s->bad + (s->good - s->bad) / 2);
}

static void search_begin(struct kafka_consumer *c, int32_t partition, const char *why)
{
	int64_t first = c->parts.next(c->parts.context, partition), low, high;
	struct kafka_search *s;

	if (first < 0)
		return;
	if (!kafka_consumer_ask_ends(c, partition, &low, &high) ||
	    !grow(c->search, c->searches_room, c->searches + 1)) {
		c->has_failed = true;
		return;
	}
	s = &c->search[c->searches++];
	*s = (struct kafka_search){
		.partition = partition,
		.first = first,
		.bad = first - 1,
		.good = high,
		.step = 1,
		.tries = 1,
	};
	snprintf(s->why, sizeof(s->why), "%s", why);
	ask(c, s, first);
}

void kafka_consumer_broken(struct kafka_consumer *c, int32_t partition, int64_t base,
			   const char *why)
{
	struct kafka_search *s = search_of(c, partition);

	if (!s) {
		search_begin(c, partition, why);
	} else if (s->bad < s->first && s->tries++ < TRIES) {
		ask(c, s, s->first);
	} else {
		/* One that begins further on is another one. */
		if (s->bad >= s->first && base > s->bad && base < s->good)
			s->good = base;
		else
			s->bad = s->asked;
		search_on(c, s);
	}
}

bool kafka_consumer_found(struct kafka_consumer *c, int32_t partition)
{
	struct kafka_search *s = c->searches ? search_of(c, partition) : NULL;

	if (!s)
		return false;
	if (s->bad < s->first) {
		kafka_consumer_forget(c, partition);
		return false;
	}
	s->good = s->asked;
	search_on(c, s);
	return true;
}

bool kafka_consumer_strays(struct kafka_consumer *c, int32_t partition, int64_t offset)
{
	struct kafka_search *s = search_of(c, partition);

	if (!s || offset == s->asked)
		return false;
	ask(c, s, s->asked);
	return true;
}
