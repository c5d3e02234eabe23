/* SPDX-License-Identifier: Apache-2.0 */
/* shard.c - see shard.h. Its batches are made in shard_batch.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "source/shard_private.h"

/* What opens the parts, one after the other. */
struct opening {
	struct shard *shard;
	struct shard_name name;
	struct err *err;
	int error;
};

static void open_part(void *to, struct receiver *receiver, struct str capture_id)
{
	struct opening *o = to;
	struct shard *s = o->shard;
	struct shard_part *part;

	if (o->error)
		return;
	if (!grow(s->part, s->room, s->parts + 1)) {
		o->error = err_set(o->err, "out of memory");
		return;
	}
	part = receiver->open_shard(receiver, &o->name, o->err);
	if (!part) {
		o->error = -EINVAL;
		return;
	}
	s->part[s->parts++] = (struct shard_part_held){ .part = part };
	if (router_add(s->router, &part->receiver, capture_id) < 0)
		o->error = err_set(o->err, "out of memory");
}

static int64_t divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* The group's interval is the longest; batches end at the multiples of all. */
static void set_intervals(struct shard *s)
{
	size_t i;

	s->interval_ms = s->place.rules.interval_ms;
	s->step_ms = 0;
	for (i = 0; i < s->parts; i++)
		s->step_ms = divisor(s->step_ms, s->part[i].part->interval_ms);
	if (!s->interval_ms)
		s->interval_ms = 1;
	if (!s->step_ms)
		s->step_ms = 1;
}

static int open_parts(struct shard *s, struct err *err)
{
	struct opening opening = {
		.shard = s,
		.name = { s->topic, s->partition, s->place.begun_ms, s->place.from,
			  &s->place.rules },
		.err = err,
	};

	s->router = router_new();
	if (!s->router)
		return err_set(err, "out of memory");
	s->host->each(s->host->context, open_part, &opening);
	set_intervals(s);
	shard_borders_init(&s->borders, s->interval_ms, &s->place);
	return opening.error;
}

struct shard *shard_open(const struct shard_host *host, struct str topic,
			 int32_t partition, const struct shard_place *place,
			 struct err *err)
{
	struct shard *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(err, "out of memory");
		return NULL;
	}
	s->host = host;
	s->topic = topic;
	s->partition = partition;
	s->place = *place;
	s->next = s->cut_at = place->from.offset;
	s->end = -1;
	shard_choose_rules(s);
	s->is_new = !place->begun_ms && place->from.clock_ms == SHARD_NO_CLOCK;
	if (s->is_new || open_parts(s, err) == 0)
		return s;
	shard_close(s);
	return NULL;
}

void shard_close(struct shard *s)
{
	if (!s)
		return;
	shard_batch_drop(s);
	while (s->parts) {
		struct shard_part *part = s->part[--s->parts].part;

		part->close(part);
	}
	router_free(s->router);
	free(s->part);
	free(s->cut);
	free(s);
}

int32_t shard_partition(const struct shard *s)
{
	return s->partition;
}

int64_t shard_next(const struct shard *s)
{
	return s->next;
}

/* All that was taken so far is before it. */
static void shard_cut_all(struct shard *s, const struct shard_cut *cut, int64_t mono_ms)
{
	size_t i;

	shard_batch_end(s);
	/* Without memory it is committed with the next. */
	if (grow(s->cut, s->cuts_room, s->cuts + 1))
		s->cut[s->cuts++] = (struct shard_cut_made){ *cut, s->cuts_made,
							     s->first_ms };
	s->cuts_made++;
	s->cut_at = cut->offset;
	for (i = 0; i < s->parts; i++)
		s->part[i].part->cut(s->part[i].part, cut);
	s->first_ms = mono_ms;
}

/* The time of its first message tells a partition from those of a topic that had its name
 * before: objects are called after it. */
static bool begin(struct shard *s, int64_t time_ms)
{
	struct err err = ERR_INIT;

	s->is_new = false;
	s->place.begun_ms = time_ms;
	if (open_parts(s, &err) == 0)
		return true;
	s->host->bad_message(s->host->context, &err);
	s->has_failed = true;
	return false;
}

void shard_take(struct shard *s, int64_t offset, int64_t time_ms, struct str value,
		struct str format, int64_t mono_ms)
{
	struct shard_cut cut;

	if (offset < s->next || s->has_failed || shard_takes_no_more(s))
		return;
	if (s->is_new && !begin(s, time_ms))
		return;
	while (shard_borders_next(&s->borders, offset, time_ms, &cut))
		shard_cut_all(s, &cut, mono_ms);
	if (!s->borders.has_taken)
		s->first_ms = mono_ms;
	shard_batch_step(s, time_ms);
	shard_borders_take(&s->borders, time_ms);
	shard_batch_add(s, value, format);
	s->next = offset + 1;
	s->end = -1;
}

void shard_pass(struct shard *s, int64_t offset)
{
	if (offset > s->next)
		s->next = offset;
}

void shard_at_end(struct shard *s, int64_t offset)
{
	if (offset >= s->next && !shard_takes_no_more(s))
		s->next = s->end = offset;
}

/* What others announced further on comes first. */
static bool may_announce(const struct shard *s, int64_t offset)
{
	size_t count = s->place.count;

	return count < SHARD_ANNOUNCED_MAX &&
	       (!count || s->place.announced[count - 1].offset < offset);
}

/* What others announced there or before; no message may come to say so. */
static void cut_announced(struct shard *s, int64_t offset, int64_t mono_ms)
{
	struct shard_cut cut;

	while (shard_borders_next(&s->borders, offset, SHARD_NO_CLOCK, &cut))
		shard_cut_all(s, &cut, mono_ms);
}

/* Before "until" others may have ended objects further on. */
static void end_here(struct shard *s, int64_t mono_ms)
{
	struct shard_cut cut;

	if (!s->is_ending || s->next < s->place.until)
		return;
	cut_announced(s, s->next, mono_ms);
	if (!may_announce(s, s->next) || !shard_borders_end(&s->borders, s->next, &cut))
		return;
	s->place.announced[s->place.count++] = cut;
	shard_cut_all(s, &cut, mono_ms);
}

void shard_tick(struct shard *s, int64_t mono_ms)
{
	struct shard_cut cut;

	end_here(s, mono_ms);
	if (s->end < 0)
		return;
	cut_announced(s, s->end, mono_ms);
	if (!s->borders.has_taken || !may_announce(s, s->end) ||
	    mono_ms - s->first_ms < s->interval_ms)
		return;
	if (!shard_borders_end(&s->borders, s->end, &cut))
		return;
	s->place.announced[s->place.count++] = cut;
	shard_cut_all(s, &cut, mono_ms);
}

int64_t shard_waiting(struct shard *s)
{
	int64_t most = 0;
	size_t i;

	for (i = 0; i < s->parts; i++) {
		struct shard_part_state state;

		s->part[i].part->look(s->part[i].part, &state);
		if (state.waiting > most)
			most = state.waiting;
		s->has_failed |= state.has_failed;
	}
	return most;
}

/* The last cut before which all parts have stored all; false: none that is new. */
static bool find_stored(const struct shard *s, int64_t cuts_stored, struct shard_cut *cut)
{
	bool is_new = false;
	size_t i;

	for (i = 0; i < s->cuts && s->cut[i].number < cuts_stored; i++) {
		*cut = s->cut[i].cut;
		is_new = true;
	}
	return is_new;
}

static void forget_before(struct shard *s, struct shard_place *place)
{
	size_t count = 0, i;

	for (i = 0; i < s->place.count; i++)
		if (s->place.announced[i].offset > place->from.offset)
			place->announced[count++] = s->place.announced[i];
	place->count = count;
}

/* When the first message came that a part has not stored; 0: there is none. */
static int64_t waits_since(const struct shard *s, int64_t cuts_stored)
{
	size_t i;

	for (i = 0; i < s->cuts; i++)
		if (s->cut[i].number >= cuts_stored)
			return s->cut[i].first_ms;
	return s->borders.has_taken ? s->first_ms : 0;
}

bool shard_has_failed(const struct shard *s)
{
	return s->has_failed;
}

/* All that was taken, and all that others took before, if this is committed. */
static bool is_stored(const struct shard *s, const struct shard_place *place)
{
	return !s->borders.has_taken && s->next >= place->until &&
	       place->from.offset == s->cut_at;
}

bool shard_wants(struct shard *s, struct shard_place *place)
{
	int64_t cuts_stored = INT64_MAX;
	bool is_wanted = false, is_split = false;
	size_t i;

	for (i = 0; i < s->parts; i++) {
		struct shard_part_state state;

		s->part[i].part->look(s->part[i].part, &state);
		is_split |= state.is_split;
		s->part[i].asked = state.made;
		atomic_store(&s->part[i].part->waits_ms,
			     waits_since(s, state.cuts_stored));
		s->has_failed |= state.has_failed;
		is_wanted |= state.made > s->part[i].released;
		if (state.cuts_stored < cuts_stored)
			cuts_stored = state.cuts_stored;
	}
	*place = s->place;
	if (s->has_failed)
		return false;
	if (is_wanted)
		shard_note_made(s, place, is_split);
	if (find_stored(s, cuts_stored, &place->from)) {
		forget_before(s, place);
		is_wanted = true;
	}
	if (place->until > place->from.offset && is_stored(s, place)) {
		place->until = place->from.offset;
		is_wanted = true;
	}
	s->wanted = *place;
	return is_wanted;
}

void shard_committed(struct shard *s, bool is_ours)
{
	size_t done = 0, i;

	if (!is_ours)
		return;
	s->place = s->wanted;
	while (done < s->cuts && s->cut[done].cut.offset <= s->place.from.offset)
		done++;
	s->cuts -= done;
	if (done)
		memmove(s->cut, s->cut + done, s->cuts * sizeof(*s->cut));
	for (i = 0; i < s->parts; i++) {
		if (s->part[i].asked == s->part[i].released)
			continue;
		s->part[i].released = s->part[i].asked;
		s->part[i].part->release(s->part[i].part, s->part[i].asked);
	}
}

bool shard_is_pending(const struct shard *s)
{
	return s->cuts > 0;
}

int64_t shard_age_ms(const struct shard *s, int64_t mono_ms)
{
	if (s->cuts)
		return mono_ms - s->cut[0].first_ms;
	return s->borders.has_taken ? mono_ms - s->first_ms : 0;
}
