/* SPDX-License-Identifier: Apache-2.0 */
/* test_projection.c - what is kept for which questions. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "graph/projection.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int add(struct projection *p, const char *text, bool reads_metric, struct err *err)
{
	struct question_parsed parsed;

	assert_int_equal(question_parse(str_of(text), &parsed, err), 0);
	parsed.question.reads_metric = reads_metric;
	return projection_add(p, &parsed.question, err);
}

static struct projection *project(const char *text, bool reads_metric)
{
	struct projection *p = projection_new();
	struct err err = ERR_INIT;

	assert_non_null(p);
	assert_int_equal(add(p, text, reads_metric, &err), 0);
	return p;
}

/* The key, and whether nodes are found by it. */
static void test_indexes(void **state)
{
	static const struct {
		const char *text, *key;
		bool is_indexed, is_address;
	} cases[] = {
		{ "G.V().Has('TID','t')", "TID", true, false },
		{ "G.V().Has('TID',Within('t','u'))", "TID", false, false },
		{ "G.V().Has('IPV4',Regex('1.2.3.4/.*'))", "IPV4", true, true },
		{ "G.V().Has('IPV6',Regex('fe80::aB/.*'))", "IPV6", true, true },
		{ "G.V().HasKey('TID')", "TID", false, false },
		{ "G.V().Values('TID')", "TID", false, false },
		{ "G.V().Has('Type','x').Has('TID','t')", "TID", false, false },
		{ "G.V().Has('Type','x','TID','t')", "Type", true, false },
		{ "G.V().In('TID','t')", "TID", false, false },
		{ "G.V().ShortestPathTo(Metadata('TID','t'))", "TID", true, false },
		{ "G.V().In().ShortestPathTo(Metadata('A.B','t'))", "A.B", true, false },
		{ "G.V().Dedup().Limit(1)", "@ID", true, false },
		{ "G.V().Dedup().Limit(1)", "@Host", false, false },
		{ "G.V().Has('@Host','h')", "@Host", true, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct projection *p = project(cases[i].text, false);
		int path = projection_find(p, str_of(cases[i].key));

		assert_in_range(path, 0, p->paths - 1);
		if (p->path[path].is_indexed != cases[i].is_indexed ||
		    p->path[path].is_address != cases[i].is_address)
			fail_msg("%s", cases[i].text);
		projection_free(p);
	}
	projection_free(NULL);
}

static void test_what_cannot_be_answered(void **state)
{
	static const char *const cases[][2] = {
		{ "G.V().Has('Name',Regex('a.*'))", "Regex()" },
		{ "G.V().Has('IPV4',Regex('10.0.0.1'))", "Regex()" },
		{ "G.V().Has('IPV4',Regex('10.0.0.1.*'))", "Regex()" },
		{ "G.V().Has('IPV4',Regex('/.*'))", "Regex()" },
		{ "G.V().Has('IPV4',Regex('10.[0-9]/.*'))", "Regex()" },
		{ "G.V().Has('Type','x').Has('IPV4',Regex('10.0.0.1/.*'))", "Regex()" },
		{ "G.V().ShortestPathTo(Metadata('TID',Within('a','b')))",
		  "ShortestPathTo()" },
	};
	struct projection *p = projection_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(add(p, cases[i][0], false, &err), -EINVAL);
		if (!strstr(err.text, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], err.text);
	}
	projection_free(p);
}

static const struct question by_value = QUESTION(HAS_MATCH("IPV4", 0));

/* A pattern that stands for a value is known when it is asked. */
static void test_value_as_pattern(void **state)
{
	struct projection *p = projection_new();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(projection_add(p, &by_value, &err), 0);
	assert_true(p->path[projection_find(p, STR("IPV4"))].is_address);
	projection_free(p);
}

static void test_addresses(void **state)
{
	static const char *const patterns[][2] = {
		{ "10.0.0.1/.*", "10.0.0.1" },
		{ "fe80::AF/.*", "fe80::AF" },
		{ "1/.*", "1" },
		{ "/.*", NULL },
		{ "", NULL },
		{ "10.0.0.1", NULL },
		{ "10.0.0.1/*", NULL },
		{ "10.0.0.1/..", NULL },
		{ "10.0.0.1/24/.*", NULL },
		{ "10.0.0.1|.*/.*", NULL },
		{ "g/.*", NULL },
	};
	struct str address;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(patterns); i++) {
		bool is_it = pattern_address(str_of(patterns[i][0]), &address);

		assert_int_equal(is_it, patterns[i][1] != NULL);
		if (is_it)
			assert_true(str_is(address, patterns[i][1]));
	}
}

static void test_branches(void **state)
{
	static const struct {
		const char *key;
		bool is_there;
		const char *path; /* of it, or NULL */
	} cases[] = {
		{ "A", true, NULL },	    { "A.B", true, "A.B" },
		{ "A.B.C", true, "A.B.C" }, { "A.B.D", false, NULL },
		{ "A.", false, NULL },	    { "A.B.", true, "A.B." },
		{ "", false, NULL },	    { ".", false, NULL },
		{ ".A", false, NULL },	    { "B", false, NULL },
		{ "TID", true, "TID" },	    { "@ID", false, NULL },
		{ "Host", false, NULL },    { "K8s.Extra", true, NULL },
	};
	struct projection
		*p = project("G.V().Has('A.B','').Has('A.B.C','').Has('A.B.','')", false);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct branch *branch = projection_branch(p, str_of(cases[i].key));

		if (!branch != !cases[i].is_there)
			fail_msg("\"%s\"", cases[i].key);
		if (branch && branch->path < 0)
			assert_null(cases[i].path);
		else if (branch)
			assert_true(str_is(p->path[branch->path].name, cases[i].path));
	}
	projection_free(p);
}

/* What has the second column keeps all that the first one needs. */
static void test_covers(void **state)
{
	static const struct {
		const char *needs, *has;
		bool needs_metric, has_metric, is_covered;
	} cases[] = {
		{ "G.V().Has('A','')", "G.V().Has('A','')", false, false, true },
		{ "G.V().Has('A','')", "G.V().Has('A','').Has('B','')", false, false,
		  true },
		{ "G.V().Has('A','').Has('B','')", "G.V().Has('A','')", false, false,
		  false },
		{ "G.V().HasKey('A')", "G.V().Has('A','')", false, false, true },
		{ "G.V().Has('A','')", "G.V().HasKey('A')", false, false, false },
		{ "G.V().Has('A','')", "G.V().Has('A',Regex('1/.*'))", false, false,
		  true },
		{ "G.V().Has('A',Regex('1/.*'))", "G.V().Has('A','')", false, false,
		  false },
		{ "G.V().Dedup()", "G.V().Dedup()", true, false, false },
		{ "G.V().Dedup()", "G.V().Dedup()", false, true, true },
		{ "G.V().Dedup()", "G.V().Dedup()", true, true, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct projection *p = project(cases[i].has, cases[i].has_metric);
		struct projection *other = project(cases[i].needs, cases[i].needs_metric);

		if (projection_covers(p, other) != cases[i].is_covered)
			fail_msg("%s by %s", cases[i].needs, cases[i].has);
		projection_free(p);
		projection_free(other);
	}
}

static void test_too_many_keys(void **state)
{
	struct projection *p = projection_new();
	struct err err = ERR_INIT;
	char text[64];
	int i, error = 0;

	(void)state;
	for (i = 0; !error && i < 2 * PATHS_MAX; i++) {
		snprintf(text, sizeof(text), "G.V().Has('key-%d','')", i);
		error = add(p, text, true, &err);
	}
	assert_int_equal(error, -EINVAL);
	assert_string_equal(err.text, "more than 1024 keys are asked for");
	assert_int_equal(p->paths, PATHS_MAX);
	assert_int_equal(add(p, "G.V().Has('key-5','')", true, &err), 0);
	projection_free(p);
}

/* A key may have any byte in it. */
static void test_odd_keys(void **state)
{
	struct operand operand = { .value = -1 };
	struct question_step step = { .kind = STEP_HAS,
				      .key = { "a\0b.c", 5 },
				      .operand = &operand,
				      .operands = 1 };
	struct question q = { .step = &step, .steps = 1 };
	struct projection *p = projection_new();
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(projection_add(p, &q, &err), 0);
	assert_in_range(projection_find(p, step.key), 1, p->paths - 1);
	assert_int_equal(projection_find(p, STR("a")), -1);
	assert_int_equal(projection_branch(p, step.key)->path,
			 projection_find(p, step.key));
	projection_free(p);
}

/* Each member of a node has a path; those of its counters only if they are read. */
static void test_members(void **state)
{
	struct projection *p = project("G.V().Has('TID','')", false);
	struct err err = ERR_INIT;
	const struct field *field;
	int i, with_field = 0, members = 0;

	(void)state;
	for (field = node_shape.fields; field->name; field++)
		members += field->kind == FIELD_KIND_I64   ? 0
			   : field->kind == FIELD_KIND_MAP ? 2
							   : 1;
	for (i = 0; i < p->paths; i++)
		with_field += p->path[i].field != NULL;
	assert_int_equal(with_field, members);
	assert_int_equal(projection_find(p, STR("Metric.RxBytes")), -1);
	assert_int_equal(add(p, "G.V().Has('TID','')", true, &err), 0);
	assert_in_range(projection_find(p, STR("Metric.RxBytes")), 1, p->paths - 1);
	assert_int_equal(p->path[projection_find(p, STR("@Host"))].field->offset,
			 offsetof(struct node, host));
	projection_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indexes),
		cmocka_unit_test(test_what_cannot_be_answered),
		cmocka_unit_test(test_value_as_pattern),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_branches),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_too_many_keys),
		cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
