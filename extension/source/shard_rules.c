/* SPDX-License-Identifier: Apache-2.0 */
/* shard_rules.c - see shard_rules.h. */
#include <inttypes.h>
#include "format/number.h"
#include "source/shard_rules.h"

#define PRIME 0x9e3779b97f4a7c15 /* of no meaning: it mixes bits */

static bool is_known(const struct shard_rules *r)
{
	return r->count <= SHARD_RULES_MAX;
}

/* In whatever order they are added up. */
static uint32_t sum_of(const struct shard_rule *rule)
{
	uint64_t sum = rule->name;

	sum = (sum ^ rule->rows) * PRIME;
	sum = (sum ^ sum >> 29 ^ (uint64_t)rule->interval_ms) * PRIME;
	sum = (sum ^ sum >> 29 ^ (uint64_t)rule->flows) * PRIME;
	return (uint32_t)(sum >> 32);
}

void shard_rules_add(struct shard_rules *r, const struct shard_rule *rule)
{
	if (r->count < SHARD_RULES_MAX)
		r->rule[r->count] = *rule;
	r->count++;
	r->many += sum_of(rule);
	if (rule->interval_ms > r->interval_ms)
		r->interval_ms = rule->interval_ms;
}

const struct shard_rule *shard_rules_find(const struct shard_rules *r,
					  const struct shard_rule *rule)
{
	size_t count = is_known(r) ? r->count : 0, i;

	for (i = 0; i < count; i++)
		if (r->rule[i].rows == rule->rows)
			return &r->rule[i];
	for (i = 0; i < count; i++)
		if (r->rule[i].name == rule->name)
			return &r->rule[i];
	return NULL;
}

/* A pipeline that the others do not have. */
static bool has_one_more(const struct shard_rules *r, const struct shard_rules *others)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (!shard_rules_find(others, &r->rule[i]))
			return true;
	return false;
}

bool shard_rules_equal(const struct shard_rules *r, const struct shard_rules *others)
{
	size_t i;

	if (r->interval_ms != others->interval_ms)
		return false;
	if (!is_known(r) || !is_known(others))
		return r->many == others->many;
	if (has_one_more(r, others) && has_one_more(others, r))
		return false;
	for (i = 0; i < r->count; i++) {
		const struct shard_rule *a = &r->rule[i];
		const struct shard_rule *b = shard_rules_find(others, a);

		if (b && (a->rows != b->rows || a->interval_ms != b->interval_ms ||
			  a->flows != b->flows))
			return false;
	}
	return true;
}

bool shard_rules_can_end(const struct shard_rules *own, const struct shard_rules *begun,
			 const struct shard_rule *rule)
{
	const struct shard_rule *same = shard_rules_find(begun, rule);

	if (!is_known(begun) || !is_known(own))
		return false;
	return same ? same->rows == rule->rows : !has_one_more(begun, own);
}

void shard_rules_take_over(struct shard_rules *own, const struct shard_rules *begun)
{
	struct shard_rules rules = { .count = 0 };
	size_t i;

	for (i = 0; i < own->count && i < SHARD_RULES_MAX; i++) {
		const struct shard_rule *rule = shard_rules_find(begun, &own->rule[i]);

		shard_rules_add(&rules, rule ? rule : &own->rule[i]);
	}
	rules.count = own->count;
	rules.interval_ms = begun->interval_ms;
	*own = rules;
}

void shard_rules_write(const struct shard_rules *r, struct buf *b)
{
	size_t i;

	if (!r->interval_ms)
		return;
	buf_printf(b, " interval=%" PRId64, r->interval_ms);
	if (!is_known(r))
		buf_printf(b, " many=%" PRIu32, r->many);
	for (i = 0; is_known(r) && i < r->count; i++)
		buf_printf(b, " rule=%" PRIu32 ".%" PRIu32 ".%" PRId64 ".%" PRId64,
			   r->rule[i].name, r->rule[i].rows, r->rule[i].interval_ms,
			   r->rule[i].flows);
}

/* The number of a word NAME=NUMBER. */
static bool read_number(struct str word, struct str name, int64_t *number)
{
	return str_starts(word, name) &&
	       number_parse(str_skip(word, name.len), number) == 0;
}

static bool read_rule(struct shard_rules *r, struct str word)
{
	int64_t value[4];
	struct shard_rule rule;
	int64_t interval_ms = r->interval_ms;
	int i;

	for (i = 0; i < 4; i++) {
		struct str part = str_until(word, '.');

		if (number_parse(part, &value[i]) < 0 || value[i] < 0)
			return false;
		word = str_skip(word, part.len + 1);
	}
	if (word.len || value[0] > UINT32_MAX || value[1] > UINT32_MAX || value[2] < 1 ||
	    value[3] < 1)
		return false;
	rule = (struct shard_rule){ (uint32_t)value[0], (uint32_t)value[1], value[2],
				    value[3] };
	shard_rules_add(r, &rule);
	r->interval_ms = interval_ms;
	return is_known(r);
}

bool shard_rules_read(struct shard_rules *r, struct str word)
{
	int64_t number;

	if (str_starts(word, STR("rule=")))
		return read_rule(r, str_skip(word, 5));
	if (read_number(word, STR("interval="), &r->interval_ms))
		return r->interval_ms > 0;
	if (!read_number(word, STR("many="), &number) || number < 0 ||
	    number > UINT32_MAX)
		return false;
	r->many = (uint32_t)number;
	r->count = SHARD_RULES_MAX + 1;
	return true;
}
