/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_flow_pb.c - a protobuf flow.Message, as a datagram brings it, or one flow alone. */
#include "flows.h"

/* What came as protobuf goes as protobuf, and says the same when it comes back. */
static void check_return(struct str text)
{
	struct buf plain = BUF_INIT(FUZZ_MEMORY), again = BUF_INIT(FUZZ_MEMORY);

	flows_rewrite(text, &plain);
	fuzz_check(!flows_check_protobuf(buf_str(&plain), &again), "no layer is lost");
	/* Inside of layers an escape stays one. */
	fuzz_check(memmem(plain.ptr, plain.len, "\\ufffd", 6) ||
			   str_equal(buf_str(&plain), buf_str(&again)),
		   "flows that were encoded and decoded say the same");
	buf_fini(&plain);
	buf_fini(&again);
}

static int decode_listed(struct str flow, struct batch *batch, struct err *err)
{
	struct buf list = BUF_INIT(FUZZ_MEMORY);
	int error;

	pb_put_bytes(&list, 1, flow);
	fuzz_check(!buf_error(&list), "there is memory for a list of one");
	error = decode_pb(buf_str(&list), batch, err);
	buf_fini(&list);
	return error;
}

static void check_alone(struct str flow)
{
	struct buf alone = BUF_INIT(FUZZ_MEMORY), listed = BUF_INIT(FUZZ_MEMORY);
	int error[2];
	size_t bad[2];

	flows_decode(decode_pb_flow, flow, &alone, &error[0], &bad[0]);
	flows_decode(decode_listed, flow, &listed, &error[1], &bad[1]);
	fuzz_check(error[0] == error[1] && bad[0] == bad[1] &&
			   str_equal(buf_str(&alone), buf_str(&listed)),
		   "a flow alone is the same as in a list");
	buf_fini(&alone);
	buf_fini(&listed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(FUZZ_MEMORY), twice = BUF_INIT(FUZZ_MEMORY);
	int error[2];
	size_t bad[2];

	flows_decode(decode_pb, fuzz_str(data, size), &once, &error[0], &bad[0]);
	flows_decode(decode_pb, fuzz_str(data, size), &twice, &error[1], &bad[1]);
	fuzz_check(error[0] == error[1] && bad[0] == bad[1] &&
			   str_equal(buf_str(&once), buf_str(&twice)),
		   "the same message gives the same flows");
	flows_check_text(buf_str(&once));
	check_alone(fuzz_str(data, size));
	if (once.len <= RETURN_MAX)
		check_return(buf_str(&once));
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
