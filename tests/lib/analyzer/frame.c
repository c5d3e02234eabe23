/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <string.h>

#define WRITE_BUFFER 1024
#define UNBUFFERED   2076

static void add_frame(struct bytes *out, unsigned opcode, bool fin, const char *data,
		      size_t len)
{
	unsigned char head[10] = { (unsigned char)(opcode | (fin ? 0x80 : 0)) };
	size_t size = 2;
	int i;

	if (len < 126) {
		head[1] = (unsigned char)len;
	} else if (len < 65536) {
		head[1] = 126;
		head[2] = (unsigned char)(len >> 8);
		head[3] = (unsigned char)len;
		size = 4;
	} else {
		head[1] = 127;
		for (i = 0; i < 8; i++)
			head[2 + i] = (unsigned char)((uint64_t)len >> (56 - 8 * i));
		size = 10;
	}
	bytes_add(out, head, size);
	bytes_add(out, data, len);
}

void frame_add_message(struct bytes *out, enum frame_opcode first, const char *data,
		       size_t len)
{
	unsigned opcode = first;

	if (len > UNBUFFERED) {
		bytes_reserve(out, len + 12);
		add_frame(out, opcode, false, data, len);
		add_frame(out, FRAME_CONTINUATION, true, NULL, 0);
		return;
	}
	while (len > WRITE_BUFFER) {
		add_frame(out, opcode, false, data, WRITE_BUFFER);
		opcode = FRAME_CONTINUATION;
		data += WRITE_BUFFER;
		len -= WRITE_BUFFER;
	}
	add_frame(out, opcode, true, data, len);
}

void frame_add_control(struct bytes *out, enum frame_opcode opcode, const char *data,
		       size_t len)
{
	add_frame(out, opcode, true, data, len < 126 ? len : 125);
}

void frame_add_close(struct bytes *out, uint16_t code, const char *reason)
{
	char payload[125] = { (char)(code >> 8), (char)code };
	size_t len = strlen(reason);

	if (len > sizeof(payload) - 2)
		len = sizeof(payload) - 2;
	memcpy(payload + 2, reason, len);
	frame_add_control(out, FRAME_CLOSE, payload, 2 + len);
}

/* Length of the head including the mask, or 0 if it is not there yet. */
static size_t read_head(const unsigned char *in, size_t have, struct frame *frame,
			uint64_t *len)
{
	size_t extra, i;

	if (have < 2)
		return 0;
	frame->opcode = in[0] & 0x0f;
	frame->fin = in[0] & 0x80;
	frame->reserved = in[0] & 0x70;
	frame->masked = in[1] & 0x80;
	*len = in[1] & 0x7f;
	extra = *len == 127 ? 8 : *len == 126 ? 2 : 0;
	if (have < 2 + extra + (frame->masked ? 4 : 0))
		return 0;
	if (extra)
		*len = 0;
	for (i = 0; i < extra; i++)
		*len = *len << 8 | in[2 + i];
	return 2 + extra + (frame->masked ? 4 : 0);
}

size_t frame_read(char *data, size_t have, struct frame *frame)
{
	uint64_t len;
	size_t i, head = read_head((const unsigned char *)data, have, frame, &len);

	if (!head || have - head < len)
		return 0;
	frame->payload = data + head;
	frame->len = (size_t)len;
	for (i = 0; frame->masked && i < frame->len; i++)
		frame->payload[i] ^= data[head - 4 + i % 4];
	return head + frame->len;
}
