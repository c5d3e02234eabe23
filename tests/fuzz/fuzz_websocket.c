/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_websocket.c - frames from a server, cut in different ways. */
#include "fuzz.h"
#include "net/websocket.h"

#define MESSAGE_MAX ((size_t)1 << 20)

struct reading {
	struct websocket ws;
	struct buf events; /* what happened, as bytes */
};

static void put_block(struct buf *b, enum websocket_event event, unsigned detail,
		      struct str bytes)
{
	buf_printf(b, "%d %u %zu ", (int)event, detail, bytes.len);
	buf_put(b, bytes);
}

/* As the server would send it: our own frames are masked, with zeros here. */
static void check_frame(enum websocket_opcode opcode, struct str payload)
{
	static const unsigned char mask[4];
	struct buf frame = BUF_INIT(FUZZ_MEMORY);
	struct websocket ws;
	struct str rest;
	size_t size;
	char *message;

	if (payload.len > 65535)
		return;
	websocket_put_frame(&frame, opcode, payload, mask);
	frame.ptr[1] = (char)(frame.ptr[1] & 0x7f);
	size = frame.len - payload.len;
	memmove(frame.ptr + size - 4, frame.ptr + size, payload.len);
	rest = (struct str){ frame.ptr, frame.len - 4 };
	websocket_init(&ws, MESSAGE_MAX, MESSAGE_MAX);
	if (opcode & 8) {
		fuzz_check(websocket_feed(&ws, &rest) >= WEBSOCKET_PING &&
				   str_equal(payload, (struct str){ (char *)ws.control,
								    ws.control_len }),
			   "a control frame made anew is the same");
	} else {
		fuzz_check(websocket_feed(&ws, &rest) == WEBSOCKET_MESSAGE,
			   "a message framed anew is a message");
		message = websocket_take(&ws, &size);
		fuzz_check(str_equal(payload, (struct str){ message, size }),
			   "a message framed anew is the same");
		free(message);
	}
	fuzz_check(rest.len == 0, "a frame is read to its end");
	websocket_fini(&ws);
	buf_fini(&frame);
}

/* false: nothing more can be read. */
static bool note(struct reading *r, enum websocket_event event)
{
	struct str control = { (const char *)r->ws.control, r->ws.control_len };
	char *message;
	size_t size;

	switch (event) {
	case WEBSOCKET_MORE:
		return true;
	case WEBSOCKET_MESSAGE:
		message = websocket_take(&r->ws, &size);
		fuzz_check(message && size <= MESSAGE_MAX && !message[size],
			   "a message is bounded and ends with a NUL");
		put_block(&r->events, event, r->ws.is_text,
			  (struct str){ message, size });
		check_frame(r->ws.is_text ? OPCODE_TEXT : OPCODE_BINARY,
			    (struct str){ message, size });
		free(message);
		return true;
	case WEBSOCKET_BROKEN:
		put_block(&r->events, event, 0, str_of(r->ws.why));
		return false;
	default:
		put_block(&r->events, event, r->ws.close_code, control);
		check_frame(event == WEBSOCKET_PING   ? OPCODE_PING
			    : event == WEBSOCKET_PONG ? OPCODE_PONG
						      : OPCODE_CLOSE,
			    control);
		return true;
	}
}

/* Up to step bytes a time; into the message directly where that is offered. */
static void read_in_steps(struct reading *r, struct str bytes, size_t step, bool direct)
{
	struct str part;
	size_t size;
	char *room;

	websocket_init(&r->ws, MESSAGE_MAX, MESSAGE_MAX);
	r->events = (struct buf)BUF_INIT(FUZZ_MEMORY);
	while (bytes.len) {
		room = direct ? websocket_room(&r->ws, &size) : NULL;
		part = (struct str){ bytes.ptr, step < bytes.len ? step : bytes.len };
		if (room) {
			part.len = part.len < size ? part.len : size;
			memcpy(room, part.ptr, part.len);
			bytes = str_skip(bytes, part.len);
			if (!note(r, websocket_wrote(&r->ws, part.len)))
				break;
			continue;
		}
		bytes = str_skip(bytes, part.len);
		while (part.len)
			if (!note(r, websocket_feed(&r->ws, &part)))
				goto out;
	}
out:
	websocket_fini(&r->ws);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading whole, bytes, direct;
	struct str text = fuzz_str(data, size);

	read_in_steps(&whole, text, size, false);
	read_in_steps(&bytes, text, 1, false);
	read_in_steps(&direct, text, 5, true);
	fuzz_check(str_equal(buf_str(&whole.events), buf_str(&bytes.events)) &&
			   str_equal(buf_str(&whole.events), buf_str(&direct.events)),
		   "how the network cuts the bytes makes no difference");
	buf_fini(&whole.events);
	buf_fini(&bytes.events);
	buf_fini(&direct.events);
	return 0;
}
