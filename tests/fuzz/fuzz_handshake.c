/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_handshake.c - the answer to our opening handshake. */
#include <errno.h>
#include "fuzz.h"
#include "net/websocket.h"

/* RFC 6455 section 1.3. */
#define KEY    STR("dGhlIHNhbXBsZSBub25jZQ==")
#define ACCEPT STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")

static bool holds(struct str text, struct str what)
{
	return text.len && memmem(text.ptr, text.len, what.ptr, what.len);
}

/* What is known from the first bytes does not change with what follows. */
static void check_shorter(struct str bytes, const struct websocket_reply *reply)
{
	struct websocket_reply head;
	struct str shorter = { bytes.ptr, reply->size };

	fuzz_check(websocket_read_reply(shorter, KEY, &head) == 0 &&
			   head.status == reply->status && head.size == reply->size &&
			   head.is_websocket == reply->is_websocket &&
			   head.is_analyzer == reply->is_analyzer,
		   "what follows the head does not change it");
	shorter.len--;
	fuzz_check(websocket_read_reply(shorter, KEY, &head) == -EAGAIN,
		   "without its last byte the head is not complete");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = fuzz_str(data, size);
	struct websocket_reply reply;
	int error = websocket_read_reply(bytes, KEY, &reply);

	fuzz_check(error == 0 || error == -EAGAIN || error == -EPROTO,
		   "the head is there, or not yet, or none");
	if (error)
		return 0;
	fuzz_check(reply.size <= size && reply.status >= 0 && reply.status <= 999,
		   "the head lies in the answer");
	fuzz_check(!reply.is_websocket || (reply.status == 101 && holds(bytes, ACCEPT)),
		   "only who knows our key is a websocket");
	check_shorter(bytes, &reply);
	return 0;
}
