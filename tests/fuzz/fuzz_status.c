/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_status.c - the page of an exporter that the status command prints. */
#include "command/status_table.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = BUF_INIT(FUZZ_MEMORY);
	struct err err = ERR_INIT;

	fuzz_check(status_table_put(fuzz_str(data, size), &out, &err) == 0 || *err.text,
		   "whoever fails says why");
	status_table_put_tenant(fuzz_str(data, size), STR("acme"), &out, &err);
	fuzz_touch(buf_str(&out));
	buf_fini(&out);
	return 0;
}
