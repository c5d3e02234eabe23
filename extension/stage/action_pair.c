/* SPDX-License-Identifier: Apache-2.0 */
/* action_pair.c - see action_pair.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/saturate.h"
#include "stage/action_pair.h"

static int64_t action_pair_lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t action_pair_greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The four counters of both. */
static struct flow_metric action_pair_least(const struct flow_metric *a,
					    const struct flow_metric *b)
{
	return (struct flow_metric){
		.ab_packets = action_pair_lesser(a->ab_packets, b->ab_packets),
		.ab_bytes = action_pair_lesser(a->ab_bytes, b->ab_bytes),
		.ba_packets = action_pair_lesser(a->ba_packets, b->ba_packets),
		.ba_bytes = action_pair_lesser(a->ba_bytes, b->ba_bytes),
	};
}

static struct flow_metric action_pair_most(const struct flow_metric *a,
					   const struct flow_metric *b)
{
	return (struct flow_metric){
		.ab_packets = action_pair_greater(a->ab_packets, b->ab_packets),
		.ab_bytes = action_pair_greater(a->ab_bytes, b->ab_bytes),
		.ba_packets = action_pair_greater(a->ba_packets, b->ba_packets),
		.ba_bytes = action_pair_greater(a->ba_bytes, b->ba_bytes),
	};
}

static int64_t rise_of(int64_t a, int64_t b)
{
	return action_pair_greater(saturate_sub(a, b), 0);
}

/* What a is above b, never less than nothing. */
static struct flow_metric action_pair_rise(const struct flow_metric *a,
					   const struct flow_metric *b)
{
	return (struct flow_metric){
		.ab_packets = rise_of(a->ab_packets, b->ab_packets),
		.ab_bytes = rise_of(a->ab_bytes, b->ab_bytes),
		.ba_packets = rise_of(a->ba_packets, b->ba_packets),
		.ba_bytes = rise_of(a->ba_bytes, b->ba_bytes),
	};
}

static bool has_counted(const struct flow_metric *m)
{
	return m->ab_packets || m->ab_bytes || m->ba_packets || m->ba_bytes;
}

static void action_pair_sum_up(struct flow_metric *sum, const struct flow_metric *delta)
{
	if (!has_counted(sum) && !sum->last)
		sum->start = delta->start;
	sum->ab_packets = saturate_add(sum->ab_packets, delta->ab_packets);
	sum->ab_bytes = saturate_add(sum->ab_bytes, delta->ab_bytes);
	sum->ba_packets = saturate_add(sum->ba_packets, delta->ba_packets);
	sum->ba_bytes = saturate_add(sum->ba_bytes, delta->ba_bytes);
	sum->last = delta->last;
}

/* Analyzers repeat the last change at the end of some flows: then the totals do
 * not rise. */
static void take_counters(struct side *side, const struct flow *flow, bool is_known)
{
	struct flow_metric rose = action_pair_rise(flow->metric, &side->all);

	if (!is_known || has_counted(&rose))
		action_pair_sum_up(&side->unreported, flow->last_update);
	side->all = *flow->metric;
	side->last = *flow->last_update;
}

static char *action_pair_copy_text(struct str text)
{
	return strndup(text.ptr ? text.ptr : "", text.len);
}

static void side_fini(struct side *side)
{
	free(side->uuid);
	free(side->initiator);
	free(side->target);
	*side = (struct side){ .is_there = false };
}

static int side_open(struct side *side, const struct vpclogs *record)
{
	const struct flow *flow = record->flow;
	struct side fresh = {
		.is_there = true,
		.uuid = action_pair_copy_text(flow->uuid),
		.initiator = action_pair_copy_text(record->initiator_ip),
		.target = action_pair_copy_text(record->target_ip),
		.start = flow->start,
		.text_bytes = flow->uuid.len + record->initiator_ip.len +
			      record->target_ip.len,
	};

	if (!fresh.uuid || !fresh.initiator || !fresh.target) {
		side_fini(&fresh);
		return -ENOMEM;
	}
	side_fini(side);
	*side = fresh;
	return 0;
}

/* Another connection of the same addresses and ports: all begins anew. */
static void action_pair_forget(struct pair *pair, int64_t now_ms)
{
	pair_fini(pair);
	*pair = (struct pair){ .since_ms = now_ms };
}

int pair_take(struct pair *pair, int which, const struct vpclogs *record, int64_t now_ms)
{
	struct side *side = &pair->side[which];
	const struct flow *flow = record->flow;
	bool is_same = side->is_there && str_is(flow->uuid, side->uuid);
	int error;

	if (is_same && flow->last_update->last < side->last.last)
		return 0;
	if (side->is_there && !is_same && flow->start < side->start)
		return 0;
	if (side->is_there && !is_same)
		action_pair_forget(pair, now_ms);
	error = is_same ? 0 : side_open(side, record);
	if (error)
		return error;
	take_counters(side, flow, is_same);
	side->record = *record;
	side->record.flow = NULL;
	side->record.initiator_ip = str_of(side->initiator);
	side->record.target_ip = str_of(side->target);
	pair->touched_ms = now_ms;
	return 0;
}

static void state_metrics(struct vpclogs *record, const struct flow_metric *all,
			  const struct flow_metric *delta)
{
	record->start_time = time_text_rfc3339(record->start_text, delta->start / 1000);
	record->end_time = time_text_rfc3339(record->end_text, delta->last / 1000);
	record->connection_start_time = time_text_rfc3339(record->connection_start_text,
							  all->start / 1000);
	record->cumulative_bytes_from_initiator = all->ab_bytes;
	record->cumulative_packets_from_initiator = all->ab_packets;
	record->cumulative_bytes_from_target = all->ba_bytes;
	record->cumulative_packets_from_target = all->ba_packets;
	record->bytes_from_initiator = delta->ab_bytes;
	record->packets_from_initiator = delta->ab_packets;
	record->bytes_from_target = delta->ba_bytes;
	record->packets_from_target = delta->ba_packets;
}

/* IBM's records come with "accepted", those of the Go exporter without. */
static struct str action_text(const struct vpclogs *record, bool is_accepted)
{
	if (record->action.len)
		return is_accepted ? STR("accepted") : STR("rejected");
	return is_accepted ? STR("A") : STR("R");
}

/* A report in the words of that side. */
static bool action_pair_say(struct pair *pair, const struct side *side, bool is_accepted,
			    const struct flow_metric *all,
			    const struct flow_metric *delta, int64_t now_ms,
			    struct arena *arena, struct vpclogs *record)
{
	struct flow_metric top = action_pair_most(&pair->base, all);

	*record = side->record;
	record->initiator_ip = arena_str(arena, side->record.initiator_ip);
	record->target_ip = arena_str(arena, side->record.target_ip);
	record->action = action_text(&side->record, is_accepted);
	state_metrics(record, all, delta);
	pair->reported = *all;
	pair->base = top;
	pair->has_report = true;
	pair->was_rejected = !is_accepted;
	pair->has_ended = side->record.was_terminated;
	pair->since_ms = now_ms;
	return arena_error(arena) == 0;
}

static bool are_equal(const struct flow_metric *a, const struct flow_metric *b)
{
	return a->ab_packets == b->ab_packets && a->ab_bytes == b->ab_bytes &&
	       a->ba_packets == b->ba_packets && a->ba_bytes == b->ba_bytes &&
	       a->start == b->start && a->last == b->last;
}

static bool is_far(const struct pair *pair, int64_t timeout_ms)
{
	int64_t one = pair->side[0].last.last, two = pair->side[1].last.last;
	int64_t apart = saturate_sub(action_pair_greater(one, two),
				     action_pair_lesser(one, two));

	return apart / 1000 > timeout_ms / 1000;
}

/* What was reported before is now said to have been rejected, without counting
 * it again. */
static bool reject_old(struct pair *pair, int64_t now_ms, struct arena *arena,
		       struct vpclogs *record)
{
	struct flow_metric all = pair->reported;
	struct flow_metric nothing = { .start = all.start, .last = all.last };

	pair->is_late = false;
	if (pair->was_rejected)
		return false;
	return action_pair_say(pair, &pair->side[0], false, &all, &nothing, now_ms, arena,
			       record);
}

/* Both have seen it. */
static bool action_pair_combine(struct pair *pair, int64_t timeout_ms, int64_t now_ms,
				struct arena *arena, struct vpclogs *record)
{
	struct side *one = &pair->side[0], *two = &pair->side[1];
	bool have_ended = one->record.was_terminated && two->record.was_terminated;
	struct flow_metric all = action_pair_least(&one->all, &two->all), delta;

	all.start = one->all.start;
	all.last = have_ended ? action_pair_greater(one->all.last, two->all.last)
			      : action_pair_lesser(one->all.last, two->all.last);
	if (pair->has_report && are_equal(&all, &pair->reported))
		return is_far(pair, timeout_ms) &&
		       reject_old(pair, now_ms, arena, record);
	if (pair->has_report) {
		delta = action_pair_rise(&all, &pair->base);
		delta.start = pair->reported.last;
	} else {
		delta = action_pair_least(&one->unreported, &two->unreported);
		delta.start = all.start;
	}
	delta.last = all.last;
	one->unreported = two->unreported = (struct flow_metric){ .start = 0 };
	pair->is_late = is_far(pair, timeout_ms);
	return action_pair_say(pair, one, true, &all, &delta, now_ms, arena, record);
}

/* Only one has, for so long. */
static bool action_pair_reject(struct pair *pair, struct side *side, int64_t now_ms,
			       struct arena *arena, struct vpclogs *record)
{
	struct flow_metric all = side->all, delta = side->unreported;

	all.rtt = 0;
	side->unreported = (struct flow_metric){ .start = 0 };
	return action_pair_say(pair, side, false, &all, &delta, now_ms, arena, record);
}

bool pair_is_due(const struct pair *pair, bool is_touched, int64_t timeout_ms,
		 int64_t now_ms)
{
	const struct side *one = &pair->side[0], *two = &pair->side[1];
	const struct side *only = one->is_there ? one : two;

	if (one->is_there && two->is_there)
		return is_touched || pair->is_late;
	return now_ms - pair->since_ms > timeout_ms && only->unreported.last;
}

bool pair_report(struct pair *pair, bool is_touched, int64_t timeout_ms, int64_t now_ms,
		 struct arena *arena, struct vpclogs *record)
{
	struct side *only = pair->side[0].is_there ? &pair->side[0] : &pair->side[1];

	if (!pair_is_due(pair, is_touched, timeout_ms, now_ms))
		return false;
	if (pair->side[0].is_there && pair->side[1].is_there)
		return is_touched ? action_pair_combine(pair, timeout_ms, now_ms, arena,
							record)
				  : reject_old(pair, now_ms, arena, record);
	return action_pair_reject(pair, only, now_ms, arena, record);
}

int64_t pair_time(const struct pair *pair)
{
	return action_pair_greater(pair->side[0].last.last, pair->side[1].last.last);
}

bool pair_is_over(const struct pair *pair)
{
	if (!pair->has_ended)
		return false;
	return !pair->side[0].unreported.last && !pair->side[1].unreported.last;
}

size_t pair_text_bytes(const struct pair *pair)
{
	size_t bytes = 0;
	int i;

	for (i = 0; i < SIDES; i++)
		if (pair->side[i].is_there)
			bytes += pair->side[i].text_bytes;
	return bytes;
}

void pair_fini(struct pair *pair)
{
	int i;

	for (i = 0; i < SIDES; i++)
		side_fini(&pair->side[i]);
}
