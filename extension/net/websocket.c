/* SPDX-License-Identifier: Apache-2.0 */
/* websocket.c - frames. See websocket.h; the handshake is in handshake.c. */
#include <stdlib.h>
#include "net/websocket.h"

#define HEAD_MIN 2

void websocket_init(struct websocket *ws, size_t message_max, size_t piece_max)
{
	*ws = (struct websocket){
		.message_max = message_max,
		.piece_max = piece_max < message_max ? piece_max : message_max,
	};
}

void websocket_fini(struct websocket *ws)
{
	free(ws->message);
	ws->message = NULL;
}

static enum websocket_event websocket_broken(struct websocket *ws, const char *why)
{
	ws->why = why;
	return WEBSOCKET_BROKEN;
}

/* How long the head is, as far as is known. */
static size_t head_need(const struct websocket *ws)
{
	if (ws->head_len < HEAD_MIN)
		return HEAD_MIN;
	switch (ws->head[1] & 0x7f) {
	case 126:
		return HEAD_MIN + 2;
	case 127:
		return HEAD_MIN + 8;
	default:
		return HEAD_MIN;
	}
}

static uint64_t payload_len(const struct websocket *ws)
{
	uint64_t len = 0;
	size_t i;

	if (ws->head_len == HEAD_MIN)
		return ws->head[1] & 0x7f;
	for (i = HEAD_MIN; i < ws->head_len; i++)
		len = len << 8 | ws->head[i];
	return len;
}

/* Room for the frame's payload behind what the piece has. An analyzer sends
 * all of a large message in its first frame, so this is one allocation; of one
 * in many fragments nothing is copied for each of them. */
static bool websocket_make_room(struct websocket *ws)
{
	size_t need = ws->len + (size_t)ws->left + 1;
	char *more;

	if (need > ws->piece_max + 1)
		need = ws->piece_max + 1;
	if (need <= ws->room)
		return true;
	if (need < 2 * ws->room)
		need = 2 * ws->room;
	if (need > ws->piece_max + 1)
		need = ws->piece_max + 1;
	more = realloc(ws->message, need);
	if (!more)
		return false;
	ws->message = more;
	ws->room = need;
	return true;
}

static enum websocket_event start_control(struct websocket *ws)
{
	if (!ws->is_final || ws->left > WEBSOCKET_CONTROL_MAX)
		return websocket_broken(ws,
					"a control frame that is fragmented or too long");
	if (ws->opcode != OPCODE_CLOSE && ws->opcode != OPCODE_PING &&
	    ws->opcode != OPCODE_PONG)
		return websocket_broken(ws, "a frame with an unknown opcode");
	ws->control_len = 0;
	return WEBSOCKET_MORE;
}

static enum websocket_event start_data(struct websocket *ws)
{
	bool continues = ws->opcode == OPCODE_CONTINUATION;

	if (ws->opcode > OPCODE_BINARY)
		return websocket_broken(ws, "a frame with an unknown opcode");
	if (continues != ws->in_message)
		return websocket_broken(ws, continues ? "a continuation of nothing"
						      : "a message inside a message");
	if (!continues) {
		ws->is_text = ws->opcode == OPCODE_TEXT;
		ws->passed = 0;
	}
	if (ws->left > ws->message_max ||
	    ws->passed + ws->len > ws->message_max - ws->left)
		return websocket_broken(ws, "a message that is too long");
	ws->in_message = true;
	return websocket_make_room(ws) ? WEBSOCKET_MORE
				       : websocket_broken(ws, "no memory for a message");
}

/* The head is complete. */
static enum websocket_event start_frame(struct websocket *ws)
{
	if (ws->head[0] & 0x70)
		return websocket_broken(ws, "a frame with a reserved bit");
	if (ws->head[1] & 0x80)
		return websocket_broken(ws, "a masked frame from a server");
	ws->is_final = ws->head[0] & 0x80;
	ws->opcode = (enum websocket_opcode)(ws->head[0] & 0x0f);
	ws->left = payload_len(ws);
	ws->head_len = 0;
	ws->in_payload = true;
	return ws->opcode & 8 ? start_control(ws) : start_data(ws);
}

static enum websocket_event end_control(struct websocket *ws)
{
	if (ws->opcode == OPCODE_PING)
		return WEBSOCKET_PING;
	if (ws->opcode == OPCODE_PONG)
		return WEBSOCKET_PONG;
	ws->close_code = 0;
	if (ws->control_len >= 2)
		ws->close_code = (unsigned)ws->control[0] << 8 | ws->control[1];
	return WEBSOCKET_CLOSE;
}

/* More of the message is to come; there may be no room for it. What may be as long
 * as a message is never cut, not even in front of an empty last fragment. */
static enum websocket_event end_part(struct websocket *ws)
{
	if (ws->opcode & 8 || ws->len < ws->piece_max || ws->piece_max == ws->message_max)
		return WEBSOCKET_MORE;
	ws->message[ws->len] = '\0';
	return WEBSOCKET_PIECE;
}

/* The payload may be complete. */
static enum websocket_event end_frame(struct websocket *ws)
{
	if (ws->left)
		return end_part(ws);
	ws->in_payload = false;
	if (ws->opcode & 8)
		return end_control(ws);
	if (!ws->is_final)
		return end_part(ws);
	ws->in_message = false;
	ws->message[ws->len] = '\0';
	return WEBSOCKET_MESSAGE;
}

static void eat_payload(struct websocket *ws, struct str *bytes)
{
	size_t size = bytes->len < ws->left ? bytes->len : (size_t)ws->left;

	if (ws->opcode & 8) {
		memcpy(ws->control + ws->control_len, bytes->ptr, size);
		ws->control_len += size;
	} else {
		if (size > ws->piece_max - ws->len)
			size = ws->piece_max - ws->len;
		memcpy(ws->message + ws->len, bytes->ptr, size);
		ws->len += size;
	}
	ws->left -= size;
	*bytes = str_skip(*bytes, size);
}

enum websocket_event websocket_feed(struct websocket *ws, struct str *bytes)
{
	enum websocket_event event;

	for (;;) {
		if (ws->in_payload) {
			/* The piece before may have been taken. */
			if (!ws->message && !(ws->opcode & 8) && !websocket_make_room(ws))
				return websocket_broken(ws, "no memory for a message");
			if (ws->left && bytes->len)
				eat_payload(ws, bytes);
			event = end_frame(ws);
			if (event != WEBSOCKET_MORE || ws->in_payload)
				return event;
		}
		while (bytes->len && ws->head_len < head_need(ws)) {
			ws->head[ws->head_len++] = (unsigned char)*bytes->ptr;
			*bytes = str_skip(*bytes, 1);
		}
		if (ws->head_len < head_need(ws))
			return WEBSOCKET_MORE;
		event = start_frame(ws);
		if (event != WEBSOCKET_MORE)
			return event;
	}
}

char *websocket_room(struct websocket *ws, size_t *size)
{
	if (!ws->in_payload || ws->opcode & 8 || !ws->left || !ws->message)
		return NULL;
	*size = ws->piece_max - ws->len;
	if (*size > ws->left)
		*size = (size_t)ws->left;
	return ws->message + ws->len;
}

enum websocket_event websocket_wrote(struct websocket *ws, size_t size)
{
	ws->len += size;
	ws->left -= size;
	return end_frame(ws);
}

struct str websocket_peek(const struct websocket *ws)
{
	return (struct str){ ws->message, ws->len };
}

void websocket_drop(struct websocket *ws)
{
	ws->passed += ws->len;
	ws->len = 0;
}

char *websocket_take(struct websocket *ws, size_t *size)
{
	char *message = ws->message;

	*size = ws->len;
	websocket_drop(ws);
	ws->message = NULL;
	ws->room = 0;
	return message;
}

void websocket_put_frame(struct buf *b, enum websocket_opcode opcode, struct str payload,
			 const unsigned char mask[4])
{
	size_t i;

	buf_putc(b, (char)(0x80 | opcode));
	if (payload.len <= 125) {
		buf_putc(b, (char)(0x80 | payload.len));
	} else {
		buf_putc(b, (char)(0x80 | 126));
		buf_putc(b, (char)(payload.len >> 8));
		buf_putc(b, (char)payload.len);
	}
	buf_put(b, (struct str){ (const char *)mask, 4 });
	for (i = 0; i < payload.len; i++)
		buf_putc(b, (char)(payload.ptr[i] ^ mask[i % 4]));
}

void websocket_put_close(struct buf *b, unsigned code, const unsigned char mask[4])
{
	const char payload[2] = { (char)(code >> 8), (char)code };

	websocket_put_frame(b, OPCODE_CLOSE, (struct str){ payload, 2 }, mask);
}
