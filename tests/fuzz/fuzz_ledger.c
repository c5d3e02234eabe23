/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ledger.c - a slot of a ledger, with its checksum set right. */
#include "base/crc32c.h"
#include "fuzz.h"
#include "spool/ledger_slot.h"

#define TEXT_LEN (LEDGER_SLOT - 9)

/* What was read is written, and is the same when it is read again. */
static void check_again(const struct ledger_slot *first)
{
	char bytes[LEDGER_SLOT];
	struct ledger_slot again;
	struct err err = ERR_INIT;

	fuzz_check(ledger_slot_write(first, bytes) == 0, "what was read can be written");
	fuzz_check(ledger_slot_read(bytes, &again, &err) == 0, "and be read again");
	fuzz_check(memcmp(first, &again, sizeof(again)) == 0, "it says the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char bytes[LEDGER_SLOT], sum[10];
	struct ledger_slot slot;
	struct err err = ERR_INIT;

	memset(bytes, ' ', sizeof(bytes));
	if (size)
		memcpy(bytes, data, size < TEXT_LEN ? size : TEXT_LEN);
	snprintf(sum, sizeof(sum), "%08x\n", crc32c(0, (struct str){ bytes, TEXT_LEN }));
	memcpy(bytes + TEXT_LEN, sum, 9);
	memset(&slot, 0, sizeof(slot));
	if (ledger_slot_read(bytes, &slot, &err) == 0)
		check_again(&slot);
	else
		fuzz_check(*err.text, "whoever fails says why");
	return 0;
}
