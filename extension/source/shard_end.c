/* SPDX-License-Identifier: Apache-2.0 */
/* shard_end.c - from the settings that a shard was begun with to those that its pipelines
 * have now. See shard.h.
 */
#include <errno.h>
#include "source/shard_private.h"

static void add_rule(void *to, struct receiver *receiver, struct str capture_id)
{
	struct shard_rule rule;

	(void)capture_id;
	receiver->shard_rule(receiver, &rule);
	shard_rules_add(to, &rule);
}

void shard_own_rules(const struct shard_host *host, struct shard_rules *rules)
{
	*rules = (struct shard_rules){ .count = 0 };
	host->each(host->context, add_rule, rules);
}

/* Something may be stored that follows from other rules. */
static bool is_begun_otherwise(const struct shard_place *place,
			       const struct shard_rules *own)
{
	return place->until > place->from.offset && place->rules.interval_ms &&
	       !shard_rules_equal(&place->rules, own);
}

struct checking {
	const struct shard_place *place;
	struct shard_rules own;
	struct err *err;
	int error;
};

static void check_rule(void *to, struct receiver *receiver, struct str capture_id)
{
	struct checking *c = to;
	struct shard_rule rule;

	(void)capture_id;
	receiver->shard_rule(receiver, &rule);
	if (c->error || shard_rules_can_end(&c->own, &c->place->rules, &rule))
		return;
	c->error = err_set(
		c->err,
		"what is stored behind offset %lld was made with other settings of "
		"pipeline %s: give it those that it had until the group has gone on, then "
		"change them with a reload; all members must have the same",
		(long long)c->place->from.offset, receiver->title);
}

int shard_check(const struct shard_host *host, const struct shard_place *place,
		struct err *err)
{
	struct checking checking = { .place = place, .err = err };

	shard_own_rules(host, &checking.own);
	if (!is_begun_otherwise(place, &checking.own))
		return 0;
	host->each(host->context, check_rule, &checking);
	return checking.error;
}

void shard_choose_rules(struct shard *s)
{
	struct shard_rules own;

	shard_own_rules(s->host, &own);
	s->is_ending = is_begun_otherwise(&s->place, &own);
	if (s->is_ending)
		shard_rules_take_over(&own, &s->place.rules);
	s->place.rules = own;
}

bool shard_is_current(const struct shard *s)
{
	struct shard_rules own;

	shard_own_rules(s->host, &own);
	return shard_rules_equal(&s->place.rules, &own);
}

void shard_end(struct shard *s)
{
	s->is_ending = true;
}

bool shard_is_ending(const struct shard *s)
{
	return s->is_ending;
}

bool shard_is_begun(const struct shard *s)
{
	return s->place.until > s->place.from.offset;
}

bool shard_is_over(const struct shard *s)
{
	return s->is_ending && !shard_is_begun(s);
}

bool shard_takes_no_more(const struct shard *s)
{
	return s->is_ending && !s->borders.has_taken && s->next >= s->place.until;
}

void shard_note_made(const struct shard *s, struct shard_place *place, bool is_split)
{
	int64_t until = is_split ? s->next : s->cut_at;

	if (until > place->until)
		place->until = until;
}
