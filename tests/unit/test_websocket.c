/* SPDX-License-Identifier: Apache-2.0 */
/* test_websocket.c - the same events, however the bytes are cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/websocket.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MESSAGE_MAX  70000
#define ALL(literal)                                                                     \
	{                                                                                \
		"" literal "", sizeof(literal) - 1                                       \
	}

/* What happened, as text. */
struct story {
	struct websocket ws;
	struct buf text;
	bool is_broken;
};

static void story_begin_pieces(struct story *s, size_t piece_max)
{
	*s = (struct story){ .text = BUF_INIT(8192) };
	websocket_init(&s->ws, MESSAGE_MAX, piece_max);
}

static void story_begin(struct story *s)
{
	story_begin_pieces(s, MESSAGE_MAX);
}

static void story_end(struct story *s)
{
	websocket_fini(&s->ws);
	buf_fini(&s->text);
}

/* Short payloads as they are, long ones by their length and a sum. */
static void tell_bytes(struct story *s, const char *bytes, size_t size)
{
	unsigned sum = 0;
	size_t i;

	if (size <= 60) {
		buf_printf(&s->text, "(%.*s)", (int)size, bytes);
		return;
	}
	for (i = 0; i < size; i++)
		sum = sum * 31 + (unsigned char)bytes[i];
	buf_printf(&s->text, "(%zu bytes, %x)", size, sum);
}

static void tell(struct story *s, enum websocket_event event)
{
	const char *control = (const char *)s->ws.control;
	char *message;
	size_t size;

	switch (event) {
	case WEBSOCKET_MORE:
		break;
	case WEBSOCKET_PIECE:
	case WEBSOCKET_MESSAGE:
		message = websocket_take(&s->ws, &size);
		assert_non_null(message);
		assert_int_equal(message[size], '\0');
		buf_puts(&s->text, event == WEBSOCKET_PIECE ? "part of " : "");
		buf_puts(&s->text, s->ws.is_text ? "text" : "binary");
		tell_bytes(s, message, size);
		free(message);
		break;
	case WEBSOCKET_PING:
	case WEBSOCKET_PONG:
		buf_puts(&s->text, event == WEBSOCKET_PING ? "ping" : "pong");
		tell_bytes(s, control, s->ws.control_len);
		break;
	case WEBSOCKET_CLOSE:
		buf_printf(&s->text, "close%u", s->ws.close_code);
		tell_bytes(s, control, s->ws.control_len);
		break;
	case WEBSOCKET_BROKEN:
		buf_printf(&s->text, "broken: %s", s->ws.why);
		s->is_broken = true;
		break;
	}
}

/* Feeds a copy that has no byte to spare. */
static void feed(struct story *s, struct str part)
{
	char *copy = malloc(part.len ? part.len : 1);
	struct str rest = { copy, part.len };

	assert_non_null(copy);
	if (part.len)
		memcpy(copy, part.ptr, part.len);
	while (rest.len && !s->is_broken)
		tell(s, websocket_feed(&s->ws, &rest));
	free(copy);
}

/* Payloads go through websocket_room() wherever it offers room. */
static void feed_room(struct story *s, struct str rest, size_t step)
{
	while (rest.len && !s->is_broken) {
		size_t size = 0;
		char *room = websocket_room(&s->ws, &size);
		struct str part = { rest.ptr, rest.len < step ? rest.len : step };

		if (!room) {
			size_t before;

			part.len = 1;
			before = part.len;
			tell(s, websocket_feed(&s->ws, &part));
			rest = str_skip(rest, before - part.len);
			continue;
		}
		if (size > part.len)
			size = part.len;
		memcpy(room, rest.ptr, size);
		tell(s, websocket_wrote(&s->ws, size));
		rest = str_skip(rest, size);
	}
}

static void assert_story(struct story *s, const char *expected)
{
	assert_int_equal(buf_error(&s->text), 0);
	assert_string_equal(buf_str(&s->text).ptr, expected);
	story_end(s);
}

/* Whole, byte by byte, in two parts at every place, and by way of room. */
static void assert_events(struct str bytes, const char *expected)
{
	static const size_t steps[] = { 1, 2, 7, 1000000 };
	struct story s;
	size_t i, places = bytes.len < 3000 ? bytes.len : 40;

	story_begin(&s);
	feed(&s, bytes);
	assert_story(&s, expected);
	story_begin(&s);
	for (i = 0; i < bytes.len; i++)
		feed(&s, (struct str){ bytes.ptr + i, 1 });
	assert_story(&s, expected);
	for (i = 1; i < places; i++) {
		story_begin(&s);
		feed(&s, (struct str){ bytes.ptr, i });
		feed(&s, str_skip(bytes, i));
		assert_story(&s, expected);
	}
	for (i = 0; i < COUNT(steps); i++) {
		story_begin(&s);
		feed_room(&s, bytes, steps[i]);
		assert_story(&s, expected);
	}
}

static void test_frames_give_events(void **state)
{
	static const struct {
		struct str bytes;
		const char *events;
	} table[] = {
		{ ALL("\x81\x05"
		      "hello"),
		  "text(hello)" },
		{ ALL("\x82\x05"
		      "hello"),
		  "binary(hello)" },
		{ ALL("\x81\x00"), "text()" },
		/* The length in more bytes than it needs. */
		{ ALL("\x81\x7e\x00\x02"
		      "ab"),
		  "text(ab)" },
		{ ALL("\x82\x7f\0\0\0\0\0\0\0\x02"
		      "ab"),
		  "binary(ab)" },
		/* How an analyzer sends what does not fit into its buffer. */
		{ ALL("\x01\x03"
		      "abc"
		      "\x80\x00"),
		  "text(abc)" },
		{ ALL("\x02\x03"
		      "abc"
		      "\x00\x02"
		      "de"
		      "\x80\x01"
		      "f"),
		  "binary(abcdef)" },
		{ ALL("\x01\x00"
		      "\x00\x00"
		      "\x80\x00"),
		  "text()" },
		{ ALL("\x02\x00"
		      "\x80\x01"
		      "x"),
		  "binary(x)" },
		/* Control frames between fragments. */
		{ ALL("\x01\x02"
		      "ab"
		      "\x89\x00"
		      "\x80\x01"
		      "c"),
		  "ping()text(abc)" },
		{ ALL("\x01\x02"
		      "ab"
		      "\x89\x02"
		      "hi"
		      "\x00\x01"
		      "c"
		      "\x8a\x01"
		      "p"
		      "\x80\x00"),
		  "ping(hi)pong(p)text(abc)" },
		{ ALL("\x01\x02"
		      "ab"
		      "\x88\x02\x03\xe8"
		      "\x80\x00"),
		  "close1000(\x03\xe8)text(ab)" },
		/* One after the other; the kind is each message's own. */
		{ ALL("\x81\x01"
		      "a"
		      "\x82\x01"
		      "b"
		      "\x01\x01"
		      "c"
		      "\x80\x01"
		      "d"
		      "\x89\x00"),
		  "text(a)binary(b)text(cd)ping()" },
		{ ALL("\x88\x00"), "close0()" },
		{ ALL("\x88\x01"
		      "x"),
		  "close0(x)" },
		{ ALL("\x88\x05\x03\xea"
		      "bad"),
		  "close1002(\x03\xea"
		  "bad)" },
		{ ALL("\x8a\x00"), "pong()" },
		/* Not complete. */
		{ ALL("\x81"), "" },
		{ ALL("\x81\x05"
		      "hell"),
		  "" },
		{ ALL("\x81\x7f\0\0\0\0\0\0\0"), "" },
		{ ALL("\x01\x02"
		      "ab"),
		  "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		print_message("  %zu: %s\n", i, table[i].events);
		assert_events(table[i].bytes, table[i].events);
	}
}

static void test_frames_against_the_rules_are_refused(void **state)
{
	static const struct {
		struct str bytes;
		const char *events;
	} table[] = {
		{ ALL("\xc1\x01"
		      "a"),
		  "broken: a frame with a reserved bit" },
		{ ALL("\xa1\x01"
		      "a"),
		  "broken: a frame with a reserved bit" },
		{ ALL("\x91\x01"
		      "a"),
		  "broken: a frame with a reserved bit" },
		{ ALL("\xc9\x00"), "broken: a frame with a reserved bit" },
		{ ALL("\x81\x81\0\0\0\0"
		      "a"),
		  "broken: a masked frame from a server" },
		{ ALL("\x89\x80\0\0\0\0"), "broken: a masked frame from a server" },
		{ ALL("\x83\x00"), "broken: a frame with an unknown opcode" },
		{ ALL("\x87\x00"), "broken: a frame with an unknown opcode" },
		{ ALL("\x8b\x00"), "broken: a frame with an unknown opcode" },
		{ ALL("\x8f\x00"), "broken: a frame with an unknown opcode" },
		{ ALL("\x09\x00"),
		  "broken: a control frame that is fragmented or too long" },
		{ ALL("\x08\x00"),
		  "broken: a control frame that is fragmented or too long" },
		{ ALL("\x89\x7e\x00\x7e"),
		  "broken: a control frame that is fragmented or too long" },
		{ ALL("\x80\x00"), "broken: a continuation of nothing" },
		{ ALL("\x00\x01"
		      "a"),
		  "broken: a continuation of nothing" },
		{ ALL("\x81\x01"
		      "a"
		      "\x80\x00"),
		  "text(a)broken: a continuation of nothing" },
		{ ALL("\x01\x01"
		      "a"
		      "\x81\x01"
		      "b"),
		  "broken: a message inside a message" },
		{ ALL("\x01\x01"
		      "a"
		      "\x02\x00"),
		  "broken: a message inside a message" },
		{ ALL("\x82\x7f\0\0\0\0\0\x01\x11\x71"),
		  "broken: a message that is too long" },
		{ ALL("\x82\x7f\x80\0\0\0\0\0\0\0"),
		  "broken: a message that is too long" },
		{ ALL("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"),
		  "broken: a message that is too long" },
		/* A byte, and one more than is left of 70000. */
		{ ALL("\x02\x01"
		      "a"
		      "\x80\x7f\0\0\0\0\0\x01\x11\x70"),
		  "broken: a message that is too long" },
		{ ALL("\x02\x01"
		      "a"
		      "\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff"),
		  "broken: a message that is too long" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		print_message("  %zu: %s\n", i, table[i].events);
		assert_events(table[i].bytes, table[i].events);
	}
}

/* What is longer than a piece comes in pieces, wherever the network cuts it. */
static void test_long_messages_come_in_pieces(void **state)
{
	static const struct {
		struct str bytes;
		const char *events;
	} table[] = {
		{ ALL("\x81\x03"
		      "abc"),
		  "text(abc)" },
		{ ALL("\x82\x09"
		      "abcdefghi"),
		  "part of binary(abcd)part of binary(efgh)binary(i)" },
		{ ALL("\x81\x05"
		      "abcde"
		      "\x82\x01"
		      "f"),
		  "part of text(abcd)text(e)binary(f)" },
		/* In fragments, with a ping between, and as an analyzer ends them. */
		{ ALL("\x01\x03"
		      "abc"
		      "\x89\x00"
		      "\x00\x03"
		      "def"
		      "\x80\x00"),
		  "ping()part of text(abcd)text(ef)" },
		{ ALL("\x02\x04"
		      "abcd"
		      "\x80\x00"),
		  "part of binary(abcd)binary()" },
		{ ALL("\x02\x05"
		      "abcde"
		      "\x81\x01"
		      "f"),
		  "part of binary(abcd)broken: a message inside a message" },
	};
	static const size_t steps[] = { 1, 2, 7, 1000000 };
	struct story s;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		print_message("  %zu: %s\n", i, table[i].events);
		for (k = 1; k <= table[i].bytes.len; k++) {
			story_begin_pieces(&s, 4);
			feed(&s, (struct str){ table[i].bytes.ptr, k });
			feed(&s, str_skip(table[i].bytes, k));
			assert_story(&s, table[i].events);
		}
		for (k = 0; k < COUNT(steps); k++) {
			story_begin_pieces(&s, 4);
			feed_room(&s, table[i].bytes, steps[k]);
			assert_story(&s, table[i].events);
		}
	}
}

/* The limit of a message is that of all its pieces, which need no more memory than
 * one; and what is not taken is overwritten by the next. */
static void test_pieces_have_the_limit_of_a_message(void **state)
{
	struct buf bytes = BUF_INIT(1 << 20);
	struct websocket ws;
	size_t pieces = 0, left = MESSAGE_MAX;
	struct str rest;

	(void)state;
	buf_puts(&bytes, "\x02\x7f");
	buf_put(&bytes, (struct str){ "\0\0\0\0\0\x01\x11\x70", 8 }); /* 70000 */
	while (left--)
		buf_putc(&bytes, 'x');
	buf_put(&bytes, (struct str){ "\x80\x01y", 3 });
	websocket_init(&ws, MESSAGE_MAX, 1000);
	rest = buf_str(&bytes);
	while (websocket_feed(&ws, &rest) == WEBSOCKET_PIECE) {
		assert_int_equal(websocket_peek(&ws).len, 1000);
		assert_true(ws.room <= 1001);
		websocket_drop(&ws);
		pieces++;
	}
	assert_int_equal(pieces, 70);
	assert_non_null(ws.why);
	assert_string_equal(ws.why, "a message that is too long");
	websocket_fini(&ws);
	buf_fini(&bytes);
}

static void put_bytes(struct buf *b, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		buf_putc(b, (char)(i * 7 + i / 251));
}

/* The head of a frame of this length, as a server writes it. */
static void put_head(struct buf *b, unsigned first, size_t size)
{
	int shift;

	buf_putc(b, (char)first);
	if (size < 126) {
		buf_putc(b, (char)size);
		return;
	}
	buf_putc(b, size < 65536 ? 126 : 127);
	for (shift = size < 65536 ? 8 : 56; shift >= 0; shift -= 8)
		buf_putc(b, (char)((uint64_t)size >> shift));
}

static void test_lengths_of_every_form_are_read(void **state)
{
	static const size_t sizes[] = {
		0,	     1,	  124,	125,  126,   127,   128,
		255,	     256, 1024, 2077, 65535, 65536, MESSAGE_MAX - 1,
		MESSAGE_MAX,
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		struct buf bytes = BUF_INIT(1 << 20), payload = BUF_INIT(1 << 20);
		struct story expected;

		put_bytes(&payload, sizes[i]);
		put_head(&bytes, 0x02, sizes[i]);
		buf_put(&bytes, buf_str(&payload));
		buf_puts(&bytes, "\x89\x01p");
		put_head(&bytes, 0x80, 0);
		story_begin(&expected);
		buf_puts(&expected.text, "ping(p)binary");
		tell_bytes(&expected, buf_str(&payload).ptr, sizes[i]);
		assert_events(buf_str(&bytes), buf_str(&expected.text).ptr);
		story_end(&expected);
		buf_fini(&payload);
		buf_fini(&bytes);
	}
}

static void test_longest_control_frame_is_kept_whole(void **state)
{
	struct buf bytes = BUF_INIT(1024);
	struct websocket ws;
	struct str rest;

	(void)state;
	put_head(&bytes, 0x89, WEBSOCKET_CONTROL_MAX);
	put_bytes(&bytes, WEBSOCKET_CONTROL_MAX);
	websocket_init(&ws, MESSAGE_MAX, MESSAGE_MAX);
	rest = buf_str(&bytes);
	assert_int_equal(websocket_feed(&ws, &rest), WEBSOCKET_PING);
	assert_int_equal(rest.len, 0);
	assert_int_equal(ws.control_len, WEBSOCKET_CONTROL_MAX);
	assert_memory_equal(ws.control, bytes.ptr + 2, WEBSOCKET_CONTROL_MAX);
	websocket_fini(&ws);
	buf_fini(&bytes);
}

static void test_room_is_offered_only_inside_a_message(void **state)
{
	struct str rest = STR("\x89\x02");
	struct websocket ws;
	size_t size;

	(void)state;
	websocket_init(&ws, MESSAGE_MAX, MESSAGE_MAX);
	assert_null(websocket_room(&ws, &size));
	assert_int_equal(websocket_feed(&ws, &rest), WEBSOCKET_MORE);
	assert_null(websocket_room(&ws, &size));
	rest = STR("ab\x02\x05xy");
	assert_int_equal(websocket_feed(&ws, &rest), WEBSOCKET_PING);
	assert_int_equal(websocket_feed(&ws, &rest), WEBSOCKET_MORE);
	assert_non_null(websocket_room(&ws, &size));
	assert_int_equal(size, 3);
	memcpy(websocket_room(&ws, &size), "zzz", 3);
	assert_int_equal(websocket_wrote(&ws, 3), WEBSOCKET_MORE);
	assert_null(websocket_room(&ws, &size));
	websocket_fini(&ws); /* in the middle of a message */
}

static void test_sent_frames_are_masked(void **state)
{
	static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	struct buf b = BUF_INIT(1024), payload = BUF_INIT(1024);
	size_t i;

	(void)state;
	/* The example of RFC 6455, section 5.7. */
	websocket_put_frame(&b, OPCODE_TEXT, STR("Hello"), mask);
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.ptr, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
	buf_reset(&b);
	websocket_put_frame(&b, OPCODE_PONG, STR(""), mask);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.ptr, "\x8a\x80\x37\xfa\x21\x3d", 6);
	buf_reset(&b);
	websocket_put_close(&b, 1000, mask);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.ptr, "\x88\x82\x37\xfa\x21\x3d\x34\x12", 8);
	for (i = 125; i < 128; i++) {
		size_t head = i < 126 ? 2 : 4, k;

		buf_reset(&b);
		buf_reset(&payload);
		put_bytes(&payload, i);
		websocket_put_frame(&b, OPCODE_BINARY, buf_str(&payload), mask);
		assert_int_equal(b.len, head + 4 + i);
		assert_int_equal((unsigned char)b.ptr[1], 0x80 | (i < 126 ? i : 126));
		for (k = 0; k < i; k++)
			assert_int_equal((char)(b.ptr[head + 4 + k] ^ mask[k % 4]),
					 payload.ptr[k]);
	}
	buf_fini(&payload);
	buf_fini(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_give_events),
		cmocka_unit_test(test_frames_against_the_rules_are_refused),
		cmocka_unit_test(test_long_messages_come_in_pieces),
		cmocka_unit_test(test_pieces_have_the_limit_of_a_message),
		cmocka_unit_test(test_lengths_of_every_form_are_read),
		cmocka_unit_test(test_longest_control_frame_is_kept_whole),
		cmocka_unit_test(test_room_is_offered_only_inside_a_message),
		cmocka_unit_test(test_sent_frames_are_masked),
	};

	return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
