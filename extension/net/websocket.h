/* SPDX-License-Identifier: Apache-2.0 */
/* websocket.h - the client side of RFC 6455, without a socket.
 *
 * It is fed with bytes from the network and returns events; bytes to send are appended
 * to a buffer. No extensions: a frame with a reserved bit is refused. It supports all
 * that analyzers do: messages in two fragments of which the second is empty, control
 * frames between fragments, 64-bit lengths.
 *
 *	while (bytes are left)
 *		switch (websocket_feed(&ws, &bytes)) ...
 *
 * Inside of a large payload websocket_room() says where to read into from the network,
 * so that the bytes are not copied.
 *
 * A message comes in one piece or, when it is longer than piece_max, in several of that
 * size and a last one; so piece_max bounds the memory, whatever the size of messages.
 */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#define WEBSOCKET_KEY_LEN     24 /* 16 random bytes in base64 */
#define WEBSOCKET_CONTROL_MAX 125

enum websocket_event {
	WEBSOCKET_MORE,	   /* all bytes are consumed, there is no event yet */
	WEBSOCKET_PIECE,   /* not the last piece: peek, then drop or take it */
	WEBSOCKET_MESSAGE, /* the last piece, or the only one: the same */
	WEBSOCKET_PING,	   /* control, control_len: to be sent back */
	WEBSOCKET_PONG,
	WEBSOCKET_CLOSE,  /* close_code (0: none), control: the reason */
	WEBSOCKET_BROKEN, /* see why; nothing more can be read */
};

enum websocket_opcode {
	OPCODE_CONTINUATION = 0,
	OPCODE_TEXT = 1,
	OPCODE_BINARY = 2,
	OPCODE_CLOSE = 8,
	OPCODE_PING = 9,
	OPCODE_PONG = 10,
};

struct websocket {
	size_t message_max, piece_max; /* bytes */
	const char *why;	       /* BROKEN */
	unsigned char control[WEBSOCKET_CONTROL_MAX];
	size_t control_len;
	unsigned close_code;
	bool is_text; /* the message */

	/* Private. */
	unsigned char head[10];
	size_t head_len;
	bool in_payload, in_message, is_final;
	enum websocket_opcode opcode;
	uint64_t left;	  /* of the frame's payload */
	char *message;	  /* the piece */
	size_t len, room; /* of it */
	size_t passed;	  /* of the message, in pieces before */
};

/* A message of more than message_max bytes is BROKEN. piece_max is at least 1. */
void websocket_init(struct websocket *, size_t message_max, size_t piece_max);
void websocket_fini(struct websocket *);

/* Consumes bytes up to the next event. */
enum websocket_event websocket_feed(struct websocket *, struct str *bytes);
/* Where to put the next bytes of the payload, and how many; NULL: use feed. */
char *websocket_room(struct websocket *, size_t *size);
/* size bytes were written there. */
enum websocket_event websocket_wrote(struct websocket *, size_t size);
/* The piece, followed by a NUL; borrowed until the next call. */
struct str websocket_peek(const struct websocket *);
/* Drops the piece; its memory is used for the next one. */
void websocket_drop(struct websocket *);
/* Takes the piece, which the caller frees; *size does not count the NUL after it. */
char *websocket_take(struct websocket *, size_t *size);

/* Appends a masked frame. */
void websocket_put_frame(struct buf *, enum websocket_opcode, struct str payload,
			 const unsigned char mask[4]);
/* Appends a Close with this code and no reason. */
void websocket_put_close(struct buf *, unsigned code, const unsigned char mask[4]);

/* The handshake. key is WEBSOCKET_KEY_LEN characters; headers are complete
 * lines, each ended by CRLF. */
void websocket_put_request(struct buf *, struct str host, struct str target,
			   struct str key, struct str headers);

struct websocket_reply {
	int status;	   /* of HTTP */
	size_t size;	   /* of the head */
	bool is_websocket; /* 101, with all that RFC 6455 requires */
	bool is_analyzer;  /* says X-Host-ID and X-Service-Type */
};

/* Reads the head of the answer; interim ones (1xx but 101, RFC 9110 section 15.2) are
 * skipped, and count for size. 0; -EAGAIN: it is not complete; -EPROTO: not HTTP, or
 * longer than a head may be. */
int websocket_read_reply(struct str bytes, struct str key, struct websocket_reply *);

#endif
