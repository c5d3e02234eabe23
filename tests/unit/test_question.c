/* SPDX-License-Identifier: Apache-2.0 */
/* test_question.c - questions as text, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "pipeline/question.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct question constant = QUESTION(HAS_MATCH("IPV4", 0), PATH_TO("TID", 1),
						 DEDUP(), IN_IS("Type", "netns"), OUT(),
						 HAS_IS("Type", "container"),
						 AND_IS("Name", "x"), HAS_KEY("ID"));
static const struct question single = {
	.step = (const struct question_step[]){ HAS_IS("EncapType", "ether") },
	.steps = 1,
	.quote = '\'',
};

static void test_constants(void **state)
{
	const struct str values[] = { STR("10.0.0.1/.*"), STR("t-1") };
	const struct str bad[] = { STR("10.0.0.1/.*"), STR("t'1") };
	struct buf b = BUF_INIT(4096);

	(void)state;
	assert_true(question_put(&b, &constant, values));
	assert_string_equal(
		b.ptr, "G.V().Has(\"IPV4\", Regex(\"10.0.0.1/.*\"))"
		       ".ShortestPathTo(Metadata(\"TID\", \"t-1\")).Dedup()"
		       ".In(\"Type\", \"netns\").Out()"
		       ".Has(\"Type\", \"container\", \"Name\", \"x\").HasKey(\"ID\")");
	assert_false(question_put(&b, &constant, bad));
	buf_reset(&b);
	assert_true(question_put(&b, &single, NULL));
	assert_string_equal(b.ptr, "G.V().Has('EncapType', 'ether')");
	buf_fini(&b);
}

/* What is read is written in our way: in the second column, if that differs. */
static void test_texts(void **state)
{
	static const char *const texts[][2] = {
		{ "G.V()" },
		{ "G.V().Has(\"TID\", \"t\")" },
		{ " G . V ( ) . Has( 'TID' ,\n't' ) ", "G.V().Has(\"TID\", \"t\")" },
		{ "g.v().has('TID','t').values('Name')",
		  "G.V().Has(\"TID\", \"t\").Values(\"Name\")" },
		{ "G.V().Has(\"A\", \"1\", \"B\", Regex(\".*\")).Limit(3)" },
		{ "G.V().In(\"A\", \"1\", \"B\", \"2\").Out().Both(\"C\", \"3\")" },
		{ "G.V().Has(\"MTU\", 1500).Has(\"N\", -2)" },
		{ "G.V().Has(\"Type\", Within(\"a\", 'b', 3))",
		  "G.V().Has(\"Type\", Within(\"a\", \"b\", 3))" },
		{ "G.V().Has(\"A\", \"\").ShortestPathTo(Metadata(\"TID\", \"t\")).Dedup()" },
		{ "G.V().HasKey('').Values('')", "G.V().HasKey(\"\").Values(\"\")" },
		{ "G.V().HasKey(\"A.B\").Values(\"@Host\").Limit(1)" },
	};
	struct question_parsed parsed;
	struct buf b = BUF_INIT(4096);
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		buf_reset(&b);
		err.text[0] = '\0';
		question_parse(str_of(texts[i][0]), &parsed, &err);
		assert_string_equal(err.text, "");
		assert_true(question_put(&b, &parsed.question, NULL));
		assert_string_equal(b.ptr, texts[i][texts[i][1] ? 1 : 0]);
	}
	buf_fini(&b);
}

/* It cannot be written, whatever it was read from. */
static void test_quotes(void **state)
{
	static const char *const texts[] = {
		"G.V().Has('a\"b', 'c')",
		"G.V().Has('a', 'b\"c')",
		"G.V().Has(\"a'b\", 'c')",
		"G.V().HasKey('a\"')",
		"G.V().Values('\"a')",
		"G.V().Out('a\"', 'b')",
		"G.V().ShortestPathTo(Metadata('a\"', 'b'))",
	};
	struct question_parsed parsed;
	struct buf b = BUF_INIT(4096);
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		assert_int_equal(question_parse(str_of(texts[i]), &parsed, &err), 0);
		if (question_put(&b, &parsed.question, NULL))
			fail_msg("%s", texts[i]);
	}
	buf_fini(&b);
}

static void test_what_is_no_question(void **state)
{
	static const char *const texts[][2] = {
		{ "", "G.V()" },
		{ "G", "G.V()" },
		{ "G.V", "G.V()" },
		{ "G.V('id')", "G.V()" },
		{ "G.E()", "G.V()" },
		{ "G.V().", "step ()" },
		{ "G.V().Flows()", "step Flows()" },
		{ "G.V().Has('A')", "\",\" is missing" },
		{ "G.V().Has('A',)", "neither" },
		{ "G.V().Has('A', b)", "b()" },
		{ "G.V().Has('A', Ne('b'))", "Ne()" },
		{ "G.V().Has('A', Regex('b', 'c'))", "\")\" is missing" },
		{ "G.V().Has('A', 'b'", "\")\" is missing" },
		{ "G.V().Has('A', 'b", "neither" },
		{ "G.V().Has(A, 'b')", "key" },
		{ "G.V().Has('A', 'b') x", "\"x\" follows" },
		{ "G.V().Values('A').Has('A', 'b')", "follows Values()" },
		{ "G.V().ShortestPathTo('TID', 't')", "Metadata()" },
		{ "G.V().ShortestPathTo(Metadata('TID', 't'), Metadata('R', 'x'))",
		  "\")\" is missing" },
		{ "G.V().Limit('a')", "number" },
		{ "G.V().Limit(-1)", "number" },
		{ "G.V().In().In().In().In().In().In().In().In().In().In().In().In().In()"
		  ".In().In().In().In()",
		  "16 steps" },
		{ "G.V().Has('A', Within(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,"
		  "21,22,23,24,25,26,27,28,29,30,31,32,33))",
		  "too many" },
	};
	struct question_parsed parsed;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(question_parse(str_of(texts[i][0]), &parsed, &err), -22);
		if (!strstr(err.text, texts[i][1]))
			fail_msg("%s: %s", texts[i][0], err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_what_is_no_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
