/* SPDX-License-Identifier: Apache-2.0 */
/* test_yaml.c - text to trees: what a scalar means, and what is refused why. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/buf.h"
#include "config/yaml.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_MAX    (64 * 1024 * 1024)

static const char *const kinds[] = {
	[YAML_NULL] = "null",	[YAML_BOOL] = "bool", [YAML_INT] = "int",
	[YAML_FLOAT] = "float", [YAML_STR] = "str",
};

/* A tree as one line: "{a=int 1 [str x]}", lines of keys after "@". */
static void dump(struct buf *b, const struct yaml_node *n)
{
	size_t i;

	if (n->kind != YAML_LIST && n->kind != YAML_MAP) {
		buf_printf(b, "%s " STR_FMT, kinds[n->kind], STR_ARG(n->text));
		return;
	}
	buf_putc(b, n->kind == YAML_LIST ? '[' : '{');
	for (i = 0; i < n->count; i++) {
		if (i)
			buf_puts(b, ", ");
		if (n->kind == YAML_MAP)
			buf_printf(b, STR_FMT "@%u=", STR_ARG(n->key[i]), n->key_line[i]);
		dump(b, n->item[i]);
	}
	buf_putc(b, n->kind == YAML_LIST ? ']' : '}');
}

static void makes_trees(void **state)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
		{ "", "null " },
		{ "# nothing\n", "null " },
		{ "---\n...\n", "null " },
		{ "a: 1\nb:\n  c: x\n", "{a@1=int 1, b@2={c@3=str x}}" },
		{ "a:\n- 1\n- two\n-\n", "{a@1=[int 1, str two, null ]}" },
		{ "{a: [], b: {}, c: }", "{a@1=[], b@1={}, c@1=null }" },
		{ "'1': \"2\"\n", "{1@1=str 2}" },
		{ "1: 2\ntrue: 3\n", "{1@1=int 2, true@2=int 3}" },
		{ "a: 1\nb: 2\na: 3\n", "{b@2=int 2, a@3=int 3}" },
		{ "a: |\n  x\n  y\n", "{a@1=str x\ny\n}" },
		{ "a: &x {k: 1}\nb: *x\n", "{a@1={k@1=int 1}, b@2={k@1=int 1}}" },
		{ "&k a: 1\nb: *k\n", "{a@1=int 1, b@2=str a}" },
		{ "a: &x 1\nb: &x 2\nc: *x\n", "{a@1=int 1, b@2=int 2, c@3=int 2}" },
		{ "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n",
		  "{a@1={k@1=int 1, l@1=int 2}, b@2={l@1=int 2, k@4=int 3}}" },
		{ "a: &x {k: 1}\nb: {k: 3, <<: *x}\n",
		  "{a@1={k@1=int 1}, b@2={k@2=int 3}}" },
		{ "<<: [{a: 1}, {a: 2, b: 3}]\n", "{a@1=int 1, b@1=int 3}" },
		{ "'<<': 1\n", "{<<@1=int 1}" },
		{ "a: 'it''s'\n", "{a@1=str it's}" },
		{ "a: x # comment\n", "{a@1=str x}" },
		{ "\xef\xbb\xbf"
		  "a: 1\n",
		  "{a@1=int 1}" },
		{ "\xef\xbb\xbf---\na: 1\n", "{a@2=int 1}" },
		{ "\xef\xbb\xbf", "null " },
		{ "a: 1\n---\n", "{a@1=int 1}" },
		{ "a: 1\n---", "{a@1=int 1}" },
		{ "a: 1\n...\n", "{a@1=int 1}" },
		{ "a: 1\n...\n---\n...\n---\n# nothing\n", "{a@1=int 1}" },
		{ "---\n---\na: 1\n", "{a@3=int 1}" },
		{ "---\n---\n", "null " },
		{ "%YAML 1.1\n---\na: 1\n", "{a@3=int 1}" },
		{ "%YAML 1.2\n---\na: 1\n...\n", "{a@3=int 1}" },
		{ "\xef\xbb\xbf%YAML 1.1\n---\na: 1\n", "{a@3=int 1}" },
		{ "a: 1\r\nb:\r\n  c: x\r\n", "{a@1=int 1, b@2={c@3=str x}}" },
		{ "a:\tb\n", "{a@1=str b}" },
		{ "\xc3\xa9: \xe2\x82\xac\n", "{\xc3\xa9@1=str \xe2\x82\xac}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;
		struct yaml_node *root;

		if (yaml_parse(str_of(cases[i].text), &arena, &root, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		dump(&b, root);
		assert_string_equal(b.ptr, cases[i].tree);
		buf_fini(&b);
		arena_fini(&arena);
	}
}

/* As some editors of Windows save it. */
static void reads_utf16(void **state)
{
	static const struct str texts[] = {
		{ "\xff\xfe"
		  "a\0:\0 \0x\0\n\0",
		  12 },
		{ "\xfe\xff"
		  "\0a\0:\0 \0x\0\n",
		  12 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;
		struct yaml_node *root;

		if (yaml_parse(texts[i], &arena, &root, &err))
			fail_msg("%s", err.text);
		dump(&b, root);
		assert_string_equal(b.ptr, "{a@1=str x}");
		buf_fini(&b);
		arena_fini(&arena);
	}
}

static void resolves_scalars_as_go_yaml_does(void **state)
{
	static const struct {
		const char *text;
		enum yaml_kind kind;
		double number; /* of a BOOL: 0 or 1 */
	} cases[] = {
		{ "~", YAML_NULL, 0 },
		{ "null", YAML_NULL, 0 },
		{ "NULL", YAML_NULL, 0 },
		{ "nULL", YAML_STR, 0 },
		{ "y", YAML_BOOL, 1 },
		{ "Yes", YAML_BOOL, 1 },
		{ "on", YAML_BOOL, 1 },
		{ "TRUE", YAML_BOOL, 1 },
		{ "n", YAML_BOOL, 0 },
		{ "no", YAML_BOOL, 0 },
		{ "OFF", YAML_BOOL, 0 },
		{ "False", YAML_BOOL, 0 },
		{ "yEs", YAML_STR, 0 },
		{ "\"yes\"", YAML_STR, 0 },
		{ "t", YAML_STR, 0 },
		{ "0", YAML_INT, 0 },
		{ "12", YAML_INT, 12 },
		{ "-12", YAML_INT, -12 },
		{ "+12", YAML_INT, 12 },
		{ "1_000", YAML_INT, 1000 },
		{ "010", YAML_INT, 8 },
		{ "0o10", YAML_INT, 8 },
		{ "0x1F", YAML_INT, 31 },
		{ "-0x1f", YAML_INT, -31 },
		{ "0b101", YAML_INT, 5 },
		{ "-0b101", YAML_INT, -5 },
		{ "0x", YAML_STR, 0 },
		{ "0b2", YAML_STR, 0 },
		{ "08", YAML_FLOAT, 8 },
		{ "1.50", YAML_FLOAT, 1.5 },
		{ "1e3", YAML_FLOAT, 1000 },
		{ "1.5E-1", YAML_FLOAT, 0.15 },
		{ ".5", YAML_FLOAT, 0.5 },
		{ "1.", YAML_FLOAT, 1 },
		{ "1_0.5", YAML_FLOAT, 10.5 },
		{ "1e999", YAML_STR, 0 },
		{ ".inf", YAML_FLOAT, (double)INFINITY },
		{ "-.Inf", YAML_FLOAT, -(double)INFINITY },
		{ "inf", YAML_STR, 0 },
		{ "nan", YAML_STR, 0 },
		{ "0x1p3", YAML_STR, 0 },
		{ "1:30", YAML_STR, 0 },
		{ "2019-01-01", YAML_STR, 0 },
		{ "2019-01-01T00:00:00Z", YAML_STR, 0 },
		{ "10.0.0.1", YAML_STR, 0 },
		{ "10.0.0.0/8", YAML_STR, 0 },
		{ "+", YAML_STR, 0 },
		{ "-1-", YAML_STR, 0 },
		{ ".", YAML_STR, 0 },
		{ "60s", YAML_STR, 0 },
		{ "9223372036854775807", YAML_INT, 9223372036854775807.0 },
		{ "9223372036854775808", YAML_STR, 0 },
		{ "-9223372036854775808", YAML_INT, -9223372036854775808.0 },
		{ "!!str 12", YAML_STR, 0 },
		{ "! 12", YAML_STR, 0 },
		{ "!!int \"12\"", YAML_INT, 12 },
		{ "!!float 12", YAML_FLOAT, 12 },
		{ "!!bool yes", YAML_BOOL, 1 },
		{ "!!null ''", YAML_NULL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct err err = ERR_INIT;
		struct yaml_node *n;
		double number;

		if (yaml_parse(str_of(cases[i].text), &arena, &n, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		number = n->kind == YAML_BOOL  ? (double)n->boolean
			 : n->kind == YAML_STR ? 0
					       : n->number;
		if (n->kind != cases[i].kind || number < cases[i].number ||
		    number > cases[i].number)
			fail_msg("%s: kind %d, %g", cases[i].text, (int)n->kind, number);
		if (n->kind == YAML_INT)
			assert_true((double)n->integer >= number);
		arena_fini(&arena);
	}
}

static void says_what_is_wrong_and_where(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "a:\n\tb: 1\n", "line 2: a tab; YAML is indented with blanks" },
		{ "a: 1\n  b: 2\n", "line 2: a value after ':' is not allowed here; is "
				    "the "
				    "indentation right, or are quotes missing?" },
		{ "a:\n  b: 1\n c: 2\n",
		  "line 3: no key where one is expected; is the "
		  "indentation right? (while parsing a block mapping that begins "
		  "in line 1)" },
		{ "a: @x\n", "line 1: a value cannot begin with this character; put it "
			     "in quotes (while scanning for the next token)" },
		{ "a: 1\nb\n", "line 3: a key without ':' (while scanning a simple key "
			       "that begins in line 2)" },
		{ "a: \"x\n", "line 2: the text ends too early (while scanning a quoted "
			      "scalar that begins in line 1)" },
		{ "a: 1\nb: \xff\n", "line 2: not UTF-8 text" },
		{ "a: 1\n\nb: \xc3(\n", "line 3: not UTF-8 text" },
		{ "a: \x01\n", "line 1: a control character; is this a text file?" },
		{ "a: 1\n---\nb: 2\n",
		  "line 2: a second document begins; only one is read" },
		{ "a: 1\n---\n---\nb: 2\n",
		  "line 3: a second document begins; only one is read" },
		{ "a: 1\n---\n~\n---\n''\n",
		  "line 2: a second document begins; only one is read" },
		{ "a: *x\n", "line 1: an alias (\"*...\") without an anchor (\"&...\") "
			     "that ends before it" },
		{ "a: &x\n  b: *x\n", "line 2: an alias (\"*...\") without an anchor "
				      "(\"&...\") that ends before it" },
		{ "[a]: 1\n", "line 1: a list or a map cannot be a key" },
		{ "a:\n  <<: 1\n",
		  "line 2: \"<<\" must be followed by a map or a list of "
		  "maps" },
		{ "<<: [{a: 1}, 2]\n",
		  "line 1: \"<<\" must be followed by a map or a list "
		  "of maps" },
		{ "a: !!int x\n",
		  "line 1: a tag (\"!...\") that is unknown or does not fit "
		  "its value" },
		{ "a: !x y\n", "line 1: a tag (\"!...\") that is unknown or does not fit "
			       "its value" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena arena = ARENA_INIT(ARENA_MAX);
		struct err err = ERR_INIT;
		struct yaml_node *root;

		assert_int_equal(yaml_parse(str_of(cases[i].text), &arena, &root, &err),
				 -EINVAL);
		assert_string_equal(err.text, cases[i].reason);
		assert_int_equal(yaml_parse(str_of(cases[i].text), &arena, &root, NULL),
				 -EINVAL);
		arena_fini(&arena);
	}
}

static void refuses_what_expands_without_bound(void **state)
{
	struct buf b = BUF_INIT(64 * 1024);
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct err err = ERR_INIT;
	struct yaml_node *root;
	int i;

	(void)state;
	buf_puts(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (i = 1; i < 10; i++)
		buf_printf(&b,
			   "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, "
			   "*a%d, *a%d, *a%d]\n",
			   i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
			   i - 1, i - 1);
	assert_int_equal(yaml_parse(buf_str(&b), &arena, &root, &err), -EINVAL);
	assert_string_equal(err.text,
			    "line 6: aliases expand to more than 1000000 values");
	assert_true(arena.size < 1024 * 1024);
	arena_fini(&arena);
	buf_fini(&b);
}

static void refuses_deep_nesting(void **state)
{
	struct buf b = BUF_INIT(64 * 1024);
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct err err = ERR_INIT;
	struct yaml_node *root;
	int i;

	(void)state;
	for (i = 0; i < 64; i++)
		buf_putc(&b, '[');
	for (i = 0; i < 64; i++)
		buf_putc(&b, ']');
	assert_int_equal(yaml_parse(buf_str(&b), &arena, &root, &err), 0);
	buf_reset(&b);
	for (i = 0; i < 10000; i++)
		buf_putc(&b, '[');
	assert_int_equal(yaml_parse(buf_str(&b), &arena, &root, &err), -EINVAL);
	assert_string_equal(err.text, "line 1: nested deeper than 64 levels");
	/* Each line nests the one before: 100 levels without any depth of text. */
	buf_reset(&b);
	buf_puts(&b, "a0: &a0 [x]\n");
	for (i = 1; i < 100; i++)
		buf_printf(&b, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_int_equal(yaml_parse(buf_str(&b), &arena, &root, &err), -EINVAL);
	assert_string_equal(err.text, "line 64: nested deeper than 64 levels");
	arena_fini(&arena);
	buf_fini(&b);
}

static void reports_a_full_arena(void **state)
{
	struct arena arena = ARENA_INIT(20 * 1024);
	struct buf b = BUF_INIT(64 * 1024);
	struct err err = ERR_INIT;
	struct yaml_node *root;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_printf(&b, "k%d: v\n", i);
	assert_int_equal(yaml_parse(buf_str(&b), &arena, &root, &err), -EINVAL);
	assert_non_null(strstr(err.text, ": the document is too large"));
	arena_fini(&arena);
	buf_fini(&b);
}

static void keeps_a_thousand_keys_in_order(void **state)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct buf b = BUF_INIT(1024 * 1024);
	struct yaml_node *root;
	size_t i;

	(void)state;
	for (i = 0; i < 10000; i++)
		buf_printf(&b, "k%zu: %zu\n", i * 7919 % 5000, i);
	assert_int_equal(yaml_parse(buf_str(&b), &arena, &root, NULL), 0);
	assert_int_equal(root->count, 5000);
	for (i = 0; i < root->count; i++)
		assert_int_equal(root->item[i]->integer, i + 5000);
	arena_fini(&arena);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_trees),
		cmocka_unit_test(reads_utf16),
		cmocka_unit_test(resolves_scalars_as_go_yaml_does),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(refuses_what_expands_without_bound),
		cmocka_unit_test(refuses_deep_nesting),
		cmocka_unit_test(reports_a_full_arena),
		cmocka_unit_test(keeps_a_thousand_keys_in_order),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
