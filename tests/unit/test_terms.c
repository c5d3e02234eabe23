/* SPDX-License-Identifier: Apache-2.0 */
/* test_terms.c - values of a graph: each is stored once, found again, and gone. */
#include "graph/graph_private.h"
#include "graph_house.h"

static const char *const questions[] = { "G.V().Has('IPV4',Regex('1/.*'))",
					 "G.V().Has('TID','')" };

static struct graph_house h;
static int tid, ipv4;

static int open_terms(void **state)
{
	(void)state;
	house_open(&h, questions, COUNT(questions), PLENTY);
	tid = projection_find(h.projection, STR("TID"));
	ipv4 = projection_find(h.projection, STR("IPV4"));
	return 0;
}

static int close_terms(void **state)
{
	(void)state;
	house_close(&h);
	return 0;
}

/* A UUID in small letters takes 16 bytes; anything else is text. */
static void test_uuids(void **state)
{
	static const struct {
		const char *text;
		enum term_kind kind;
	} cases[] = {
		{ "01234567-89ab-cdef-0123-456789abcdef", TERM_UUID },
		{ "00000000-0000-0000-0000-000000000000", TERM_UUID },
		{ "99999999-aaaa-ffff-9999-ffffffffffff", TERM_UUID },
		{ "01234567-89AB-cdef-0123-456789abcdef", TERM_TEXT },
		{ "01234567-89ab-cdef-0123-456789abcdeF", TERM_TEXT },
		{ "0123456789ab-cdef-0123-456789abcdef--", TERM_TEXT },
		{ "01234567089ab-cdef-0123-456789abcdef", TERM_TEXT },
		{ "01234567-89ab0cdef-0123-456789abcdef", TERM_TEXT },
		{ "01234567-89ab-cdef00123-456789abcdef", TERM_TEXT },
		{ "01234567-89ab-cdef-01230456789abcdef", TERM_TEXT },
		{ "01234567-89ab-cdef-0123-456789abcde", TERM_TEXT },
		{ "01234567-89ab-cdef-0123-456789abcdef0", TERM_TEXT },
		{ "g1234567-89ab-cdef-0123-456789abcdef", TERM_TEXT },
		{ "0g234567-89ab-cdef-0123-456789abcdef", TERM_TEXT },
		{ "/1234567-89ab-cdef-0123-456789abcdef", TERM_TEXT },
		{ ":1234567-89ab-cdef-0123-456789abcdef", TERM_TEXT },
		{ "`1234567-89ab-cdef-0123-456789abcdef", TERM_TEXT },
		{ "", TERM_TEXT },
	};
	char room[UUID_TEXT];
	uint32_t term;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		term = term_get(h.graph, tid, TERM_TEXT, str_of(cases[i].text));
		if (term_kind(term_at(h.graph, term)) != cases[i].kind)
			fail_msg("%s", cases[i].text);
		assert_true(
			str_is(term_text(term_at(h.graph, term), room), cases[i].text));
		assert_int_equal(term_find(h.graph, tid, TERM_TEXT,
					   str_of(cases[i].text)),
				 term);
	}
	assert_int_equal(h.graph->terms, COUNT(cases));
}

/* The same text of another path or kind is another term. */
static void test_each_once(void **state)
{
	uint32_t text, number, other;

	(void)state;
	text = term_get(h.graph, tid, TERM_TEXT, STR("5"));
	number = term_get(h.graph, tid, TERM_NUMBER, STR("5"));
	other = term_get(h.graph, ipv4, TERM_TEXT, STR("5"));
	assert_int_not_equal(text, number);
	assert_int_not_equal(text, other);
	assert_int_equal(term_get(h.graph, tid, TERM_TEXT, STR("5")), text);
	assert_int_equal(term_find(h.graph, tid, TERM_MARK, STR("5")), 0);
	assert_int_equal(term_find(h.graph, tid, TERM_TEXT, STR("")), 0);
	term_put(h.graph, text);
	assert_int_equal(term_find(h.graph, tid, TERM_TEXT, STR("5")), text);
	term_put(h.graph, text | IN_LIST);
	assert_int_equal(term_find(h.graph, tid, TERM_TEXT, STR("5")), 0);
	assert_int_equal(term_find(h.graph, tid, TERM_NUMBER, STR("5")), number);
	assert_int_equal(h.graph->terms, 2);
}

static void test_many(void **state)
{
	static uint32_t term[9000];
	char text[32];
	int i;

	(void)state;
	for (i = 0; i < 9000; i++) {
		snprintf(text, sizeof(text), i % 2 ? "10.0.%d.1/24" : "%d", i);
		term[i] = term_get(h.graph, i % 3 ? tid : ipv4, TERM_TEXT, str_of(text));
		assert_int_not_equal(term[i], 0);
	}
	assert_int_equal(h.graph->terms, 9000);
	assert_in_range(h.graph->slots, 9000, 2 * 9000);
	for (i = 0; i < 9000; i++) {
		snprintf(text, sizeof(text), i % 2 ? "10.0.%d.1/24" : "%d", i);
		assert_int_equal(term_find(h.graph, i % 3 ? tid : ipv4, TERM_TEXT,
					   str_of(text)),
				 term[i]);
		term_put(h.graph, term[i]);
		assert_int_equal(term_find(h.graph, i % 3 ? tid : ipv4, TERM_TEXT,
					   str_of(text)),
				 0);
	}
	assert_int_equal(h.graph->terms, 0);
}

static void add_text(void *context, uint32_t term)
{
	char room[UUID_TEXT];

	buf_put(context, term_text(term_at(h.graph, term), room));
	buf_putc(context, ' ');
}

static void test_addresses(void **state)
{
	static const char *const texts[] = { "10.0.0.1/24", "10.0.0.1/8",  "10.0.0.1",
					     "10.0.0.1/",   "10.0.0.12/8", "10.0.0.2/24",
					     "110.0.0.1/8" };
	struct buf found = BUF_INIT(4096);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++)
		term_get(h.graph, ipv4, TERM_TEXT, str_of(texts[i]));
	term_get(h.graph, ipv4, TERM_NUMBER, STR("10.0.0.1/7"));
	term_get(h.graph, tid, TERM_TEXT, STR("10.0.0.1/6"));
	term_each_of_address(h.graph, ipv4, STR("10.0.0.1"), add_text, &found);
	assert_int_equal(found.len, strlen("10.0.0.1/24 10.0.0.1/8 10.0.0.1/ "));
	for (i = 0; i < 2; i++)
		assert_non_null(strstr(found.ptr, texts[i]));
	buf_reset(&found);
	term_each_of_address(h.graph, ipv4, STR("10.0.0.3"), add_text, &found);
	assert_int_equal(found.len, 0);
	buf_fini(&found);
}

#define TERM_TEST(name) cmocka_unit_test_setup_teardown(name, open_terms, close_terms)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TERM_TEST(test_uuids),
		TERM_TEST(test_each_once),
		TERM_TEST(test_many),
		TERM_TEST(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
