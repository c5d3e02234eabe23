/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_flow_json.c - a JSON list of flows. */
#include "flows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(FUZZ_MEMORY), twice = BUF_INIT(FUZZ_MEMORY);
	int error[2];
	size_t bad[2];

	flows_decode(decode_json, fuzz_str(data, size), &once, &error[0], &bad[0]);
	flows_decode(decode_json, fuzz_str(data, size), &twice, &error[1], &bad[1]);
	fuzz_check(error[0] == error[1] && bad[0] == bad[1] &&
			   str_equal(buf_str(&once), buf_str(&twice)),
		   "the same text gives the same flows");
	flows_check_text(buf_str(&once));
	buf_reset(&twice);
	if (once.len <= RETURN_MAX)
		flows_check_protobuf(buf_str(&once), &twice);
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
