/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_s3_reply.c - what an S3 server answers: "503 " and the body. */
#include "fuzz.h"
#include "writer/s3_reply.h"

static int read_status(struct str *text)
{
	int status = 0;

	for (; text->len && *text->ptr >= '0' && *text->ptr <= '9' && status < 100000;
	     *text = str_skip(*text, 1))
		status = 10 * status + *text->ptr - '0';
	*text = str_skip(*text, 1);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct s3_reply reply = { .bucket = STR("bucket"), .body = fuzz_str(data, size) };
	struct s3_verdict once, twice;

	reply.status = read_status(&reply.body);
	reply.has_token = size & 1;
	s3_reply_read(&reply, &once);
	s3_reply_read(&reply, &twice);
	fuzz_check(once.result == twice.result && strcmp(once.text, twice.text) == 0,
		   "the same answer means the same");
	fuzz_check(memchr(once.text, '\0', sizeof(once.text)) != NULL,
		   "the text has an end");
	fuzz_check_line(once.text);
	fuzz_check((once.result == PUT_STORED) == !*once.text,
		   "whatever is not stored says why");
	fuzz_check(once.result != PUT_STORED ||
			   (reply.status >= 200 && reply.status < 300),
		   "only 2xx is stored");
	return 0;
}
