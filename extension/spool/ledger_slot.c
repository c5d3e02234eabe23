/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_slot.c - see ledger_slot.h. */
#include <errno.h>
#include <stdio.h>
#include "base/saturate.h"
#include "format/json_read.h"
#include "format/json_write.h"
#include "spool/ledger_slot.h"

#define ARENA_MAX  ((size_t)64 * 1024)
/* More than will ever be counted; sums of some still fit. */
#define NUMBER_MAX (INT64_MAX / 16)
#define ID_MAX	   INT64_C(9999999999999999) /* of 16 digits, as files have */

static const char *const step_names[] = {
	"rest", "seal", "store", "evict", "evict_bad", NULL,
};

/* What stands in the file. */
struct slot_text {
	int64_t format;
	struct ledger_slot slot;
	struct raw counters;
};

#define SLOT(member)	    FIELD(struct slot_text, slot.member, #member, 0)
#define SLOT_SUM(sum, what) FIELD(struct slot_text, slot.sum.what, #sum "_" #what, 0)
#define SLOT_SUMS(sum)                                                                   \
	SLOT_SUM(sum, objects), SLOT_SUM(sum, records), SLOT_SUM(sum, bytes)

static const struct shape slot_shape = {
	.name = "ledger",
	.size = sizeof(struct slot_text),
	.fields =
		(const struct field[]){
			FIELD(struct slot_text, format, "format", 0),
			SLOT(sequence),
			SLOT(since_ms),
			SLOT(next_id),
			SLOT_SUMS(sealed),
			SLOT_SUMS(uploaded),
			SLOT_SUMS(evicted),
			FIELD_ENUM(struct slot_text, slot.step, "step", 0, step_names),
			SLOT(id),
			SLOT(to),
			FIELD(struct slot_text, slot.sum.objects, "step_objects", 0),
			FIELD(struct slot_text, slot.sum.records, "step_records", 0),
			FIELD(struct slot_text, slot.sum.bytes, "step_bytes", 0),
			FIELD(struct slot_text, counters, "counters", 0),
			{ 0 },
		},
};

bool ledger_keeps(enum stat_id id)
{
	switch (id) {
	case STAT_RECORDS_RECOVERED:
	case STAT_RECORDS_UPLOADED:
	case STAT_RECORDS_EVICTED:
	case STAT_RECORDS_QUARANTINED:
	case STAT_OBJECTS_SEALED:
	case STAT_OBJECTS_UPLOADED:
	case STAT_OBJECTS_EVICTED:
	case STAT_OBJECTS_BAD_EVICTED:
	case STAT_OBJECTS_QUARANTINED:
	case STAT_BYTES_UPLOADED:
		return false;
	default:
		return counters_of_stats[id].kind == COUNTER_TOTAL;
	}
}

void ledger_sum_add(struct ledger_sum *to, const struct ledger_sum *sum)
{
	to->objects = saturate_add(to->objects, sum->objects);
	to->records = saturate_add(to->records, sum->records);
	to->bytes = saturate_add(to->bytes, sum->bytes);
}

void ledger_sum_subtract(struct ledger_sum *from, const struct ledger_sum *sum)
{
	from->objects = saturate_sub(from->objects, sum->objects);
	from->records = saturate_sub(from->records, sum->records);
	from->bytes = saturate_sub(from->bytes, sum->bytes);
}

/* What a step changes. */
static struct ledger_sum *sum_of(struct ledger_slot *slot)
{
	switch (slot->step) {
	case LEDGER_SEAL:
		return &slot->sealed;
	case LEDGER_STORE:
		return &slot->uploaded;
	default:
		return &slot->evicted;
	}
}

void ledger_slot_do(struct ledger_slot *slot, enum ledger_step step)
{
	slot->step = (int)step;
	ledger_sum_add(sum_of(slot), &slot->sum);
}

void ledger_slot_undo(struct ledger_slot *slot)
{
	if (slot->step != LEDGER_REST)
		ledger_sum_subtract(sum_of(slot), &slot->sum);
	slot->step = LEDGER_REST;
}

static void put_counters(struct buf *b, const int64_t counters[STAT_COUNT])
{
	int id;

	buf_putc(b, '{');
	for (id = 0; id < STAT_COUNT; id++) {
		if (!ledger_keeps((enum stat_id)id) || !counters[id])
			continue;
		buf_puts(b, b->len > 1 ? ",\"" : "\"");
		buf_puts(b, counters_of_stats[id].name);
		buf_puts(b, "\":");
		buf_put_i64(b, counters[id]);
	}
	buf_putc(b, '}');
}

int ledger_slot_write(const struct ledger_slot *slot, char *to)
{
	struct slot_text text = { .format = LEDGER_FORMAT, .slot = *slot };
	struct buf counters = BUF_INIT(TEXT_HEAD_TEXT), b = BUF_INIT(TEXT_HEAD_TEXT);
	int error;

	put_counters(&counters, slot->counters);
	text.counters.text = buf_str(&counters);
	json_put_record(&b, &slot_shape, &text, (struct json_style){ false, 0 });
	error = buf_error(&counters) ? buf_error(&counters) : buf_error(&b);
	if (!error)
		text_head_write(buf_str(&b), to);
	buf_fini(&counters);
	buf_fini(&b);
	return error;
}

static bool is_number(int64_t value)
{
	return value >= 0 && value <= NUMBER_MAX;
}

static bool is_sum(const struct ledger_sum *sum)
{
	return is_number(sum->objects) && is_number(sum->records) &&
	       is_number(sum->bytes);
}

static bool is_id(int64_t id)
{
	return id >= 0 && id <= ID_MAX;
}

static bool is_sound(const struct ledger_slot *slot)
{
	return is_number(slot->sequence) && is_number(slot->since_ms) &&
	       is_id(slot->next_id) && is_id(slot->id) && is_id(slot->to) &&
	       is_sum(&slot->sealed) && is_sum(&slot->uploaded) &&
	       is_sum(&slot->evicted) && is_sum(&slot->sum);
}

static void take_counter(struct ledger_slot *slot, struct str name, int64_t value)
{
	int id;

	for (id = 0; id < STAT_COUNT; id++)
		if (ledger_keeps((enum stat_id)id) &&
		    str_is(name, counters_of_stats[id].name))
			slot->counters[id] = value;
}

/* false: it is no object of numbers. */
static bool read_counters(struct str text, struct ledger_slot *slot, struct arena *arena)
{
	struct json_reader r;
	struct str name;
	int64_t value;

	json_reader_init(&r, text, arena);
	if (!json_next(&r, '{'))
		return false;
	if (json_next(&r, '}'))
		return true;
	do {
		if (!json_read_string(&r, &name) || !json_next(&r, ':') ||
		    !json_read_i64(&r, &value) || !is_number(value))
			return false;
		take_counter(slot, name, value);
	} while (json_next(&r, ','));
	return json_next(&r, '}');
}

static int read_text(struct str bytes, struct ledger_slot *slot, struct arena *arena,
		     struct err *err)
{
	struct slot_text text = { 0 };
	struct json_reader r;

	json_reader_init(&r, bytes, arena);
	if (!json_read_object(&r, &slot_shape, &text))
		return err_set(err, "it is not readable");
	if (text.format != LEDGER_FORMAT)
		return err_set(err, "it has format %lld; this version knows %d",
			       (long long)text.format, LEDGER_FORMAT);
	if (!is_sound(&text.slot) ||
	    !read_counters(text.counters.text, &text.slot, arena))
		return err_set(err, "it has numbers that cannot be");
	*slot = text.slot;
	return 0;
}

int ledger_slot_read(const char *from, struct ledger_slot *slot, struct err *err)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct str bytes = arena_str(&arena, (struct str){ from, TEXT_HEAD_TEXT });
	int error;

	if (!text_head_is_whole(from))
		error = err_set(err, "it is damaged");
	else
		error = read_text(bytes, slot, &arena, err);
	arena_fini(&arena);
	return error;
}
