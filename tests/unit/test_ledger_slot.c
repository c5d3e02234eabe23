/* SPDX-License-Identifier: Apache-2.0 */
/* test_ledger_slot.c - what is written is read; what is damaged is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/crc32c.h"
#include "spool/ledger_slot.h"

#define TEXT_LEN (LEDGER_SLOT - 9)

static const struct ledger_slot full = {
	.sequence = 7,
	.since_ms = 1551199609804,
	.next_id = 42,
	.sealed = { 10, 100, 1000 },
	.uploaded = { 6, 60, 600 },
	.evicted = { 1, 10, 100 },
	.step = LEDGER_STORE,
	.id = 5,
	.to = 6,
	.sum = { 1, 11, 111 },
	.counters = { [STAT_FLOWS_RECEIVED] = 200, [STAT_FLOWS_DROPPED_INBOX] = 3 },
};

/* As it is written, with this text in it. */
static void write_text(char *bytes, const char *text)
{
	memset(bytes, ' ', TEXT_LEN);
	memcpy(bytes, text, strlen(text));
	snprintf(bytes + TEXT_LEN, 10, "%08x\n",
		 crc32c(0, (struct str){ bytes, TEXT_LEN }));
}

static void test_what_is_written_is_read(void **state)
{
	char bytes[LEDGER_SLOT + 1];
	struct ledger_slot slot;

	(void)state;
	assert_int_equal(ledger_slot_write(&full, bytes), 0);
	memset(&slot, 0xff, sizeof(slot));
	assert_int_equal(ledger_slot_read(bytes, &slot, NULL), 0);
	assert_memory_equal(&slot, &full, sizeof(slot));
}

static void test_the_highest_numbers_fit(void **state)
{
	struct ledger_slot slot = full, read;
	char bytes[LEDGER_SLOT];
	int id;

	(void)state;
	for (id = 0; id < STAT_COUNT; id++)
		slot.counters[id] = ledger_keeps((enum stat_id)id) ? INT64_MAX / 16 : 0;
	slot.sealed = slot.uploaded = slot.evicted = slot.sum = (struct ledger_sum){
		INT64_MAX / 16, INT64_MAX / 16, INT64_MAX / 16
	};
	assert_int_equal(ledger_slot_write(&slot, bytes), 0);
	assert_int_equal(ledger_slot_read(bytes, &read, NULL), 0);
	assert_memory_equal(&slot, &read, sizeof(slot));
}

static void test_each_damaged_byte_is_seen(void **state)
{
	char bytes[LEDGER_SLOT];
	struct ledger_slot slot;
	size_t i;

	(void)state;
	assert_int_equal(ledger_slot_write(&full, bytes), 0);
	for (i = 0; i < sizeof(bytes); i += 13) {
		struct err err = ERR_INIT;

		bytes[i] ^= 1;
		assert_true(ledger_slot_read(bytes, &slot, &err) < 0);
		assert_string_equal(err.text, "it is damaged");
		bytes[i] ^= 1;
	}
}

#define HEAD "{\"format\":1,\"sequence\":1,\"counters\":"

static void test_versions_may_add_and_remove_rows(void **state)
{
	char bytes[LEDGER_SLOT + 1];
	struct ledger_slot slot;

	(void)state;
	write_text(bytes, HEAD "{\"flows_of_tomorrow\":5,\"flows_received\":6,"
			       "\"records_uploaded\":7},\"something\":[{}]}");
	assert_int_equal(ledger_slot_read(bytes, &slot, NULL), 0);
	assert_int_equal(slot.counters[STAT_FLOWS_RECEIVED], 6);
	assert_int_equal(slot.counters[STAT_FLOWS_EXCLUDED], 0);
	assert_int_equal(slot.counters[STAT_RECORDS_UPLOADED], 0);
}

static void test_what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "it is not readable" },
		{ "[]", "it is not readable" },
		{ "{\"format\":2,\"counters\":{}}",
		  "it has format 2; this version knows 1" },
		{ "{\"format\":1}", "it has numbers that cannot be" },
		{ HEAD "[]}", "it has numbers that cannot be" },
		{ HEAD "{\"flows_received\":-1}}", "it has numbers that cannot be" },
		{ HEAD "{},\"sealed_records\":-1}", "it has numbers that cannot be" },
		{ HEAD "{},\"uploaded_bytes\":9223372036854775807}",
		  "it has numbers that cannot be" },
		{ HEAD "{},\"next_id\":10000000000000000}",
		  "it has numbers that cannot be" },
		{ HEAD "{},\"step\":\"fly\"}", "it is not readable" },
	};
	char bytes[LEDGER_SLOT + 1];
	struct ledger_slot slot;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;

		write_text(bytes, cases[i].text);
		assert_true(ledger_slot_read(bytes, &slot, &err) < 0);
		assert_string_equal(err.text, cases[i].why);
	}
}

static void test_only_what_rises_is_kept(void **state)
{
	(void)state;
	assert_true(ledger_keeps(STAT_FLOWS_RECEIVED));
	assert_true(ledger_keeps(STAT_RECORDS_ENCODED));
	assert_false(ledger_keeps(STAT_RECORDS_SPOOLED));
	assert_false(ledger_keeps(STAT_OBJECTS_SPOOLED));
	assert_false(ledger_keeps(STAT_RECORDS_UPLOADED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_the_highest_numbers_fit),
		cmocka_unit_test(test_each_damaged_byte_is_seen),
		cmocka_unit_test(test_versions_may_add_and_remove_rows),
		cmocka_unit_test(test_what_cannot_be_is_refused),
		cmocka_unit_test(test_only_what_rises_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
