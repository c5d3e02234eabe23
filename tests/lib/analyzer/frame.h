/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - websocket frames (RFC 6455) with the cuts of a Skydive analyzer.
 */
#ifndef ANALYZER_FRAME_H
#define ANALYZER_FRAME_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_opcode {
	FRAME_CONTINUATION = 0,
	FRAME_TEXT = 1,
	FRAME_BINARY = 2,
	FRAME_CLOSE = 8,
	FRAME_PING = 9,
	FRAME_PONG = 10,
};

struct frame {
	unsigned opcode;
	bool fin;      /* the last frame of its message */
	bool reserved; /* a reserved bit is set */
	bool masked;
	char *payload; /* borrowed from the input, unmasked there */
	size_t len;
};

/* Appends one message. Skydive analyzer: up to 1024 bytes are one frame; up to
 * 2076 bytes are cut into frames of 1024; anything longer is one frame that is
 * not final, followed by an empty final continuation. (Its write buffer is
 * 1024 bytes and is bypassed for what is more than twice as long.) */
void frame_add_message(struct bytes *, enum frame_opcode, const char *data, size_t len);
/* Appends a ping, pong or close frame; up to 125 bytes. */
void frame_add_control(struct bytes *, enum frame_opcode, const char *data, size_t len);
void frame_add_close(struct bytes *, uint16_t code, const char *reason);

/* Reads one frame of a client and unmasks it. Returns how many bytes it takes,
 * 0 if it is not complete yet. */
size_t frame_read(char *data, size_t len, struct frame *);

#endif
