/* SPDX-License-Identifier: Apache-2.0 */
/* test_reply_splitter.c - elements of a reply, however its bytes are cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "graph/reply_splitter.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct taken {
	struct buf text;
	int left; /* elements, before the error */
	int error;
};

static int take(void *context, enum reply_list list, struct str json, struct err *err)
{
	struct taken *t = context;

	if (t->error && !t->left--)
		return t->error == -EINVAL ? err_set(err, "as told") : t->error;
	buf_puts(&t->text, list == LIST_NODES ? "n" : list == LIST_EDGES ? "e" : "?");
	buf_put(&t->text, json);
	buf_putc(&t->text, ' ');
	return 0;
}

static const char *const cases[][2] = {
	{ "{\"Nodes\":[{\"a\":1},{}],\"Edges\":[{\"b\":2}]}",
	  "n{\"a\":1} n{} e{\"b\":2} " },
	{ "{\"Edges\":[{}],\"Nodes\":[{}]}", "e{} n{} " },
	{ "{\"Nodes\":[],\"Edges\":[]}", "" },
	{ "{\"Nodes\":null,\"Edges\":null}", "" },
	{ "{}", "" },
	{ " { \"Nodes\" : [ { \"a\" : 1 } , { } ] , \"Edges\" : [ { } ] } ",
	  "n{ \"a\" : 1 } n{ } e{ } " },
	{ "{\"Nodes\":[{\"a\":\"]}\"},{\"b\":\"\\\"]}\"},{\"c\":\"\\\\\"}]}",
	  "n{\"a\":\"]}\"} n{\"b\":\"\\\"]}\"} n{\"c\":\"\\\\\"} " },
	{ "{\"Nodes\":[{\"a\":{\"b\":[[{}],{\"Edges\":[{}]}]}}]}",
	  "n{\"a\":{\"b\":[[{}],{\"Edges\":[{}]}]}} " },
	{ "{\"Other\":[{\"a\":1}],\"Nodes\":[{}],\"NodesX\":[{}],\"Node\":[{}],"
	  "\"nodes\":[{}],\"\":[{}],\"NodesEdges\":[{}]}",
	  "n{} " },
	{ "{\"a\\\"\":[{}],\"Nodes\":[{}]}", "n{} " },
	{ "{\"Nodes\":{\"a\":{}},\"Edges\":{\"b\":[{}]}}", "" },
	{ "{\"Nodes\":[1,\"x\",null,true],\"Edges\":[{}]}", "e{} " },
	{ "{\"Nodes\":[[1],[]]}", "n[1] n[] " },
	{ "{\"x\":\"Nodes\",\"y\":5,\"Edges\":[{}]}", "e{} " },
	{ "{\"Nodes\":[{}]}}}]]{\"Nodes\":[{}]}", "n{} " },
	{ "{\"Nodes\":[{}],\"Nodes\":[{\"a\":\"\\u005d\"}]}",
	  "n{} n{\"a\":\"\\u005d\"} " },
};

/* In pieces of so many bytes, the first one shorter. */
static int feed(struct reply_splitter *s, const char *text, size_t first, size_t size,
		struct taken *t, struct err *err)
{
	struct str rest = str_of(text), piece = { text, first };
	int error = 0;

	buf_reset(&t->text);
	buf_puts(&t->text, "");
	reply_splitter_reset(s);
	while (!error && rest.len) {
		if (piece.len > rest.len)
			piece.len = rest.len;
		error = reply_splitter_feed(s, piece, take, t, err);
		rest = str_skip(rest, piece.len);
		piece = (struct str){ rest.ptr, size };
	}
	return error;
}

static void test_cuts(void **state)
{
	struct taken t = { .text = BUF_INIT(4096) };
	struct err err = ERR_INIT;
	struct reply_splitter s;
	size_t i, first, size;

	(void)state;
	reply_splitter_init(&s);
	for (i = 0; i < COUNT(cases); i++) {
		for (size = 1; size < 120; size += size / 8 + 1)
			for (first = 0; first < size; first += size / 16 + 1) {
				assert_int_equal(feed(&s, cases[i][0], first, size, &t,
						      &err),
						 0);
				if (strcmp(t.text.ptr, cases[i][1]) != 0)
					fail_msg("%s: %s", cases[i][0], t.text.ptr);
				assert_true(s.has_ended);
			}
	}
	assert_string_equal(err.text, "");
	reply_splitter_fini(&s);
	buf_fini(&t.text);
}

/* Without its end, none has ended, and nothing is taken twice. */
static void test_ends(void **state)
{
	struct taken t = { .text = BUF_INIT(4096) };
	struct err err = ERR_INIT;
	struct reply_splitter s;
	char text[256];
	size_t i, len;

	(void)state;
	reply_splitter_init(&s);
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i][0]);
		for (len = strlen(text); len--;) {
			bool is_whole;

			assert_int_equal(feed(&s, text, 7, 7, &t, &err), 0);
			is_whole = s.has_ended;
			text[len] = '\0';
			feed(&s, text, 7, 7, &t, &err);
			assert_true(is_whole || !s.has_ended);
			assert_int_equal(strncmp(t.text.ptr, cases[i][1], t.text.len), 0);
		}
		assert_false(s.has_ended);
	}
	reply_splitter_fini(&s);
	buf_fini(&t.text);
}

static void test_what_is_not_json(void **state)
{
	static const char *const texts[] = { "}", "]", " ]{\"Nodes\":[{}]}", "null}" };
	struct taken t = { .text = BUF_INIT(4096) };
	struct err err = ERR_INIT;
	struct reply_splitter s;
	size_t i;

	(void)state;
	reply_splitter_init(&s);
	for (i = 0; i < COUNT(texts); i++) {
		assert_int_equal(feed(&s, texts[i], 0, 1, &t, &err), -EINVAL);
		assert_string_equal(err.text, "not JSON");
		assert_int_equal(t.text.len, 0);
	}
	reply_splitter_fini(&s);
	buf_fini(&t.text);
}

/* Whoever takes an element and fails ends it. */
static void test_failures(void **state)
{
	static const char text[] = "{\"Nodes\":[{},{},{}],\"Edges\":[{}]}";
	struct taken t = { .text = BUF_INIT(4096) };
	struct err err = ERR_INIT;
	struct reply_splitter s;
	size_t size;
	int left;

	(void)state;
	reply_splitter_init(&s);
	for (left = 0; left < 4; left++)
		for (size = 1; size < 40; size++) {
			t.left = left;
			t.error = size % 2 ? -EINVAL : -ENOMEM;
			assert_int_equal(feed(&s, text, 0, size, &t, &err), t.error);
			assert_int_equal(t.text.len, 4 * left);
		}
	assert_string_equal(err.text, "as told");
	reply_splitter_fini(&s);
	buf_fini(&t.text);
}

static int count_bytes(void *context, enum reply_list list, struct str json,
		       struct err *err)
{
	(void)list;
	(void)err;
	*(size_t *)context += json.len;
	return 0;
}

/* An element that is as long as may be, and one that is longer; whole and in pieces. */
static void test_long_elements(void **state)
{
	struct reply_splitter s;
	struct buf b = BUF_INIT(ELEMENT_MAX + 100);
	struct err err = ERR_INIT;
	size_t whole, longer, taken;
	struct str rest;
	int error;

	(void)state;
	reply_splitter_init(&s);
	for (whole = 0; whole < 2; whole++)
		for (longer = 0; longer < 2; longer++) {
			buf_reset(&b);
			buf_puts(&b, "{\"Nodes\":[{\"");
			memset(buf_room(&b, ELEMENT_MAX - 4 + longer), 'x',
			       ELEMENT_MAX - 4 + longer);
			buf_added(&b, ELEMENT_MAX - 4 + longer);
			buf_puts(&b, "\"}],\"Edges\":[{}]}");
			rest = buf_str(&b);
			reply_splitter_reset(&s);
			for (error = 0, taken = 0; !error && rest.len;) {
				struct str piece = { rest.ptr,
						     whole ? rest.len : 1000000 };

				if (piece.len > rest.len)
					piece.len = rest.len;
				rest = str_skip(rest, piece.len);
				error = reply_splitter_feed(&s, piece, count_bytes,
							    &taken, &err);
			}
			assert_int_equal(error, longer ? -EINVAL : 0);
			assert_int_equal(taken, longer ? 0 : ELEMENT_MAX + 2);
		}
	assert_string_equal(err.text, "a node or an edge of more than 16 MiB");
	buf_fini(&b);
	reply_splitter_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_what_is_not_json),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_long_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
