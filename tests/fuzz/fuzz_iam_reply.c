/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_iam_reply.c - what a token service answers: as 200, and as 400. */
#include "fuzz.h"
#include "writer/iam_reply.h"

/* A token becomes part of a header. */
static void check_token(struct str token)
{
	size_t i;

	fuzz_check(token.len > 0, "a token is not empty");
	for (i = 0; i < token.len; i++)
		fuzz_check(token.ptr[i] > 0x20 && token.ptr[i] < 0x7f,
			   "a token has no byte that would end its header");
}

static void read_as(int status, struct str body)
{
	struct iam_reply reply = { .status = status, .body = body };
	struct buf token = BUF_INIT(FUZZ_MEMORY);
	struct iam_verdict v;
	struct iam_times times;

	iam_reply_read(&reply, &token, &v);
	fuzz_check(memchr(v.text, '\0', sizeof(v.text)) != NULL, "the text has an end");
	fuzz_check_line(v.text);
	fuzz_check(v.ok == !*v.text && v.ok == (token.len > 0),
		   "there is a token or a reason");
	if (v.ok) {
		check_token(buf_str(&token));
		iam_times(v.lifetime_ms, body.len, &times);
		fuzz_check(times.refresh_ms > 0 && times.refresh_ms < v.lifetime_ms &&
				   times.usable_ms > 0 &&
				   times.usable_ms <= v.lifetime_ms,
			   "a token is renewed within its life");
	}
	buf_fini(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(200, fuzz_str(data, size));
	read_as(400, fuzz_str(data, size));
	return 0;
}
