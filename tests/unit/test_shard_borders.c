/* SPDX-License-Identifier: Apache-2.0 */
/* test_shard_borders.c - a shard is cut at the same places by whoever reads it again, and
 * what is committed of it is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "source/shard_place.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MESSAGES     400
#define INTERVAL     10

struct message {
	int64_t time_ms;
	bool ends; /* the partition is cut behind it */
};

struct cuts {
	struct shard_cut cut[MESSAGES];
	size_t count;
};

static void note(struct cuts *cuts, struct shard_cut cut)
{
	cuts->cut[cuts->count++] = cut;
}

/* All cuts of who reads from a place; it makes the ends only if it is the first. */
static void read_from(const struct shard_place *place, const struct message *log,
		      bool is_first, struct cuts *cuts, struct shard_place *ends)
{
	struct shard_borders b;
	struct shard_cut cut;
	int64_t i;

	shard_borders_init(&b, INTERVAL, place);
	for (i = place->from.offset; i < MESSAGES; i++) {
		while (shard_borders_next(&b, i, log[i].time_ms, &cut))
			note(cuts, cut);
		shard_borders_take(&b, log[i].time_ms);
		if (is_first && log[i].ends && ends->count < SHARD_ANNOUNCED_MAX &&
		    shard_borders_end(&b, i + 1, &cut)) {
			ends->announced[ends->count++] = cut;
			note(cuts, cut);
		}
	}
}

/* What would be committed at a cut. */
static struct shard_place place_at(struct shard_cut from, const struct shard_place *ends)
{
	struct shard_place place = { .from = from };
	size_t i;

	for (i = 0; i < ends->count; i++)
		if (ends->announced[i].offset > from.offset)
			place.announced[place.count++] = ends->announced[i];
	return place;
}

static void make_log(struct message *log, unsigned seed)
{
	int64_t time_ms = -40;
	size_t i;

	srand(seed);
	for (i = 0; i < MESSAGES; i++) {
		time_ms += rand() % 3;
		log[i] = (struct message){
			.time_ms = rand() % 9 ? time_ms : time_ms - rand() % 30,
			.ends = rand() % 15 == 0,
		};
	}
}

static void test_whoever_reads_again(void **state)
{
	const struct shard_place start = { .from = { 0, SHARD_NO_CLOCK } };
	struct message log[MESSAGES];
	unsigned seed;
	size_t i;

	(void)state;
	for (seed = 0; seed < 50; seed++) {
		struct shard_place ends = { .count = 0 };
		struct cuts all = { .count = 0 };

		make_log(log, seed);
		read_from(&start, log, true, &all, &ends);
		assert_true(all.count > 20 && ends.count > 5);
		for (i = 0; i < all.count; i++) {
			struct shard_place from = place_at(all.cut[i], &ends);
			struct cuts again = { .count = 0 };

			read_from(&from, log, false, &again, NULL);
			/* But for an end with nothing behind it. */
			assert_in_range(again.count + i + 2, all.count, all.count + 1);
			assert_memory_equal(again.cut, &all.cut[i + 1],
					    again.count * sizeof(*again.cut));
		}
	}
}

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		bool is_ours;
	} cases[] = {
		{ "skydive-exporter/1 -", true },
		{ "skydive-exporter/1 1700000000123", true },
		{ "skydive-exporter/1 -5 101:7 102:8", true },
		{ "", false },
		{ "skydive-exporter/1", false },
		{ "skydive-exporter/2 5", false },
		{ "skydive-exporter/1 x", false },
		{ "skydive-exporter/1 5 100:7", false }, /* not behind the offset */
		{ "skydive-exporter/1 5 102:7 102:8", false },
		{ "skydive-exporter/1 5 102", false },
		{ "skydive-exporter/1 5  102:7", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buf again = BUF_INIT(4096);
		struct shard_place place;
		struct err err = ERR_INIT;
		int error = shard_place_read(100, str_of(cases[i].text), &place, &err);

		assert_int_equal(error == 0, cases[i].is_ours);
		if (!error) {
			shard_place_write(&place, &again);
			assert_string_equal(again.ptr, cases[i].text);
		} else {
			assert_non_null(strstr(err.text, "offset 100 in this group"));
		}
		buf_fini(&again);
	}
}

/* As much as is ever announced is what a broker takes, and not more than is read. */
static void test_longest_text(void **state)
{
	struct shard_place place = { .from = { INT64_MAX - 99, INT64_MAX },
				     .begun_ms = INT64_MAX,
				     .until = INT64_MAX },
			   again;
	const struct shard_rule rule = { UINT32_MAX, UINT32_MAX, INT64_MAX, INT64_MAX };
	struct buf text = BUF_INIT(4096);
	struct err err = ERR_INIT;

	(void)state;
	for (place.count = 0; place.count < SHARD_ANNOUNCED_MAX; place.count++)
		place.announced[place.count] = (struct shard_cut){
			INT64_MAX - 98 + (int64_t)place.count, INT64_MAX
		};
	while (place.rules.count < SHARD_RULES_MAX)
		shard_rules_add(&place.rules, &rule);
	shard_place_write(&place, &text);
	assert_int_equal(buf_error(&text), 0);
	assert_int_equal(shard_place_read(INT64_MAX - 99, buf_str(&text), &again, &err),
			 0);
	assert_memory_equal(&again, &place, sizeof(place));
	assert_memory_equal(again.announced, place.announced, sizeof(place.announced));
	buf_puts(&text, " 9223372036854775807:1");
	assert_int_equal(shard_place_read(INT64_MAX - 99, buf_str(&text), &again, &err),
			 -22);
	buf_fini(&text);
}

/* What objects follow from is read back, of many pipelines as a sum of them in whatever
 * order; what is no such text is another program's. */
static void test_rules(void **state)
{
	static const char *const bad[] = {
		"begun=",
		"until=",
		"until=x",
		"interval=0",
		"interval=-1",
		"many=-1",
		"many=4294967296",
		"rule=",
		"rule=1.2.3",
		"rule=1.2.3.4.5",
		"rule=1.2.0.4",
		"rule=1.2.3.0",
		"rule=4294967296.2.3.4",
		"rule=-1.2.3.4",
		"other=1",
	};
	struct shard_rules many = { .count = 0 }, turned = { .count = 0 };
	struct shard_place place;
	struct buf text = BUF_INIT(4096);
	struct err err = ERR_INIT;
	uint32_t i;

	(void)state;
	for (i = 0; i <= SHARD_RULES_MAX; i++) {
		shard_rules_add(&many, &(struct shard_rule){ i, 1, i + 1, 1 });
		shard_rules_add(&turned,
				&(struct shard_rule){ SHARD_RULES_MAX - i, 1,
						      SHARD_RULES_MAX - i + 1, 1 });
	}
	buf_puts(&text, "skydive-exporter/1 -");
	shard_rules_write(&many, &text);
	assert_int_equal(shard_place_read(5, buf_str(&text), &place, &err), 0);
	assert_true(shard_rules_equal(&place.rules, &turned));
	turned.many++;
	assert_false(shard_rules_equal(&place.rules, &turned));
	assert_false(shard_rules_can_end(&place.rules, &place.rules, &many.rule[0]));
	for (i = 0; i < COUNT(bad); i++) {
		buf_reset(&text);
		buf_printf(&text, "skydive-exporter/1 - %s", bad[i]);
		assert_int_equal(shard_place_read(5, buf_str(&text), &place, &err), -22);
	}
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whoever_reads_again),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
