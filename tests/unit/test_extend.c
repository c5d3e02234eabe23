/* SPDX-License-Identifier: Apache-2.0 */
/* test_extend.c - which members the operator's templates give a record, and what
 * is asked for them, when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "format/json_write.h"
#include "stage/extend.h"
#include "stage/secadvisor.h"
#include "fake_answers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ITEMS_MAX    8

#define FACT(question, reply)                                                            \
	{                                                                                \
		question,                                                                \
		{                                                                        \
			.value = TEXT(reply)                                             \
		}                                                                        \
	}

static const struct fake_fact facts[] = {
	FACT("Q 10.0.0.1", "one"),
	FACT("Q 10.0.0.2", "two"),
	FACT("R one", "r1"),
	FACT("R two", "r2"),
	FACT("R <no value>", "nothing"),
	FACT("E", ""),
	FACT("T veth", "device"),
	FACT("old.Values('Host')", "plain host"),
	FACT("old.Values(\"ID\")", "plain id"),
	FACT("new.Values('@Host')", "new host"),
	FACT("new.Values(\"@Host\")", "new host"),
	FACT("new.Values('@ID')", "new id"),
	FACT("new.Values('@Origin')", "new origin"),
	{ "none.Values('Host')", { .count = 0 } }, /* [] */
};

struct world {
	struct fake_answers fake;
	struct queries queries;
	struct extends *extends;
	struct secadvisor record;
	struct buf text;
};

static struct extends *read_extends(const char *const *items,
				    enum attribute_names attributes, struct err *err)
{
	struct str item[ITEMS_MAX];
	struct strs list = { item, 0 };

	while (list.count < ITEMS_MAX && items[list.count]) {
		item[list.count] = str_of(items[list.count]);
		list.count++;
	}
	return extends_new(&list, &secadvisor_shape, attributes, err);
}

static void open_world(struct world *w, const char *const *items,
		       enum attribute_names attributes)
{
	struct err err = ERR_INIT;

	*w = (struct world){
		.fake = fake_answers_of(facts, COUNT(facts)),
		.extends = read_extends(items, attributes, &err),
		.text = BUF_INIT(1 << 20),
	};
	if (!w->extends)
		fail_msg("%s", err.text);
	assert_int_equal(queries_init(&w->queries, &w->fake.answers), 0);
	w->record.network = &w->record.network_layer;
	w->record.network_layer.a = STR("10.0.0.1");
	w->record.network_layer.b = STR("10.0.0.2");
}

static void close_world(struct world *w)
{
	extends_free(w->extends);
	queries_fini(&w->queries);
	buf_fini(&w->fake.asked);
	buf_fini(&w->text);
}

static enum found fill(struct world *w, bool is_complete)
{
	queries_pass(&w->queries, 0);
	return extends_fill(w->extends, &w->queries, &w->record, is_complete,
			    &w->record.extend);
}

/* "A=one B=two": the map. */
static const char *members(struct world *w)
{
	const struct map_of_str *map = &w->record.extend;
	size_t i;

	buf_reset(&w->text);
	for (i = 0; i < map->count; i++)
		buf_printf(&w->text, "%s" STR_FMT "=" STR_FMT, i ? " " : "",
			   STR_ARG(map->name[i]), STR_ARG(map->value[i]));
	return w->text.len ? w->text.ptr : "";
}

static const char *asked(struct world *w)
{
	return fake_asked(&w->fake, &w->text);
}

static void test_members_are_the_first_strings_of_the_replies(void **state)
{
	static const struct {
		const char *items[ITEMS_MAX];
		const char *members, *asked;
	} cases[] = {
		{ { "A=Q {{.Network.A}}", "B=Q {{.Network.B}}" },
		  "A=one B=two",
		  "Q 10.0.0.1\nQ 10.0.0.2\n" },
		{ { "A=Q {{.Network.B}}", "B=Q {{.Network.B}}" },
		  "A=two B=two",
		  "Q 10.0.0.2\n" },
		{ { "N=Q 9" }, "N=", "Q 9\n" },
		{ { "E=E" }, "E=", "E\n" },
		{ { " A = b=E" }, " A =", " b=E\n" },
		{ { "=E" }, "=", "E\n" },
		/* The names are sorted, byte by byte. */
		{ { "b=E", "a=E", "B=E", "ab=E", "\xc3\xa9=E", "=E", "a_=E" },
		  "= B= a= a_= ab= b= \xc3\xa9=",
		  "E\n" },
		/* What cannot be rendered is not there. */
		{ { "A=Q {{.Transport.A}}", "B=E", "C={{.Nope}}" }, "B=", "E\n" },
		{ { "A=Q {{.Context.A.Name}}" }, "", "" },
		/* Of one name twice, the last that has a value. */
		{ { "A=Q {{.Network.A}}", "A=Q {{.Network.B}}" },
		  "A=two",
		  "Q 10.0.0.1\nQ 10.0.0.2\n" },
		{ { "A=Q {{.Network.A}}", "A=Q 9" }, "A=", "Q 10.0.0.1\nQ 9\n" },
		{ { "A=Q {{.Network.A}}", "A={{.Nope}}" }, "A=one", "Q 10.0.0.1\n" },
		/* Those that stand before can be used. */
		{ { "X=Q {{.Network.A}}", "A=R {{.Extend.X}}" },
		  "A=r1 X=one",
		  "Q 10.0.0.1\nR one\n" },
		{ { "A=R {{.Extend.X}}", "X=Q {{.Network.A}}" },
		  "A=nothing X=one",
		  "R <no value>\nQ 10.0.0.1\n" },
		{ { "X={{.Nope}}", "A=R {{.Extend.X}}" }, "A=nothing", "R <no value>\n" },
		{ { "X=Q {{.Network.A}}", "A=R {{.Extend.X}}", "X=Q {{.Network.B}}",
		    "B=R {{.Extend.X}}" },
		  "A=r1 B=r2 X=two",
		  "Q 10.0.0.1\nR one\nQ 10.0.0.2\nR two\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct world w;
		enum found found;

		open_world(&w, cases[i].items, ATTRIBUTES_AUTO);
		found = fill(&w, true);
		assert_int_equal(found, FOUND);
		assert_string_equal(members(&w), cases[i].members);
		assert_string_equal(asked(&w), cases[i].asked);
		/* Another time, the same. */
		assert_int_equal(fill(&w, true), FOUND);
		assert_string_equal(members(&w), cases[i].members);
		assert_string_equal(asked(&w), "");
		close_world(&w);
	}
}

static void test_without_extends_nothing_is_asked(void **state)
{
	static const char *const none[] = { NULL };
	struct world w;

	(void)state;
	open_world(&w, none, ATTRIBUTES_AUTO);
	assert_int_equal(fill(&w, true), ABSENT);
	assert_int_equal(w.record.extend.count, 0);
	assert_false(w.queries.is_used);
	close_world(&w);
	extends_free(NULL);
}

static void test_a_wrong_item_is_named(void **state)
{
	static const struct {
		const char *items[ITEMS_MAX];
		const char *key, *error;
	} cases[] = {
		{ { "A" }, "extend[0]", "\"A\" has no \"=\"; write NAME=QUERY" },
		{ { "A=E", "" }, "extend[1]", "\"\" has no \"=\"; write NAME=QUERY" },
		{ { "A=E", "B=E", "C={{end}}" }, "extend[2]", "{{end}} without {{if}}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err err = ERR_INIT;

		assert_null(read_extends(cases[i].items, ATTRIBUTES_AUTO, &err));
		assert_string_equal(err.key, cases[i].key);
		assert_string_equal(err.text, cases[i].error);
	}
}

/* What is independent goes out together; the rest as soon as it can. */
static void test_questions_are_asked_in_the_first_pass_they_can(void **state)
{
	static const char *const items[] = {
		"A=Q {{.Network.A}}",
		"T=T {{.NodeType}}",
		"C={{if .Context}}{{end}}C",
		"N=N {{.Network.AName}}",
		"X=R {{.Extend.A}}",
		"B=Q {{.Network.B}}",
		NULL,
	};
	struct world w;

	(void)state;
	open_world(&w, items, ATTRIBUTES_AUTO);
	w.fake.is_silent = true;
	assert_int_equal(fill(&w, false), PENDING);
	assert_string_equal(asked(&w), "Q 10.0.0.1\nQ 10.0.0.2\n");
	w.fake.is_silent = false;
	assert_int_equal(fill(&w, false), PENDING);
	assert_string_equal(asked(&w), "Q 10.0.0.1\nQ 10.0.0.2\n");
	/* The rest of the record is known now. */
	w.record.node_type = STR("veth");
	w.record.network_layer.a_name = STR("a");
	w.fake.is_silent = true;
	assert_int_equal(fill(&w, true), PENDING);
	assert_string_equal(asked(&w), "T veth\nC\nN a\n");
	w.fake.is_silent = false;
	assert_int_equal(fill(&w, true), FOUND);
	assert_string_equal(asked(&w), "T veth\nC\nN a\nR one\n");
	assert_string_equal(members(&w), "A=one B=two C= N= T=device X=r1");
	close_world(&w);
}

static void test_attributes_are_asked_for_with_an_at_too(void **state)
{
	static const struct {
		enum attribute_names attributes;
		const char *items[ITEMS_MAX];
		const char *members, *asked;
	} cases[] = {
		{ ATTRIBUTES_AUTO,
		  { "A=new.Values('Host')" },
		  "A=new host",
		  "new.Values('Host')\nnew.Values('@Host')\n" },
		{ ATTRIBUTES_AUTO,
		  { "A=new.Values(\"Host\")" },
		  "A=new host",
		  "new.Values(\"Host\")\nnew.Values(\"@Host\")\n" },
		/* What gave a value is remembered. */
		{ ATTRIBUTES_AUTO,
		  { "A=new.Values('Host')", "B=new.Values('ID')",
		    "C=new.Values('Origin')", "D=x.Values('Host')" },
		  "A=new host B=new id C=new origin D=",
		  "new.Values('Host')\nnew.Values('@Host')\nnew.Values('@ID')\n"
		  "new.Values('@Origin')\nx.Values('@Host')\n" },
		{ ATTRIBUTES_AUTO,
		  { "A=old.Values('Host')", "B=x.Values('Host')",
		    "C=old.Values(\"ID\")" },
		  "A=plain host B= C=plain id",
		  "old.Values('Host')\nx.Values('Host')\nold.Values(\"ID\")\n" },
		/* What gave none is not. */
		{ ATTRIBUTES_AUTO,
		  { "A=x.Values('Host')", "B=old.Values('Host')" },
		  "A= B=plain host",
		  "x.Values('Host')\nx.Values('@Host')\nold.Values('Host')\n" },
		/* A list without a string is an answer. */
		{ ATTRIBUTES_AUTO,
		  { "A=none.Values('Host')" },
		  "A=",
		  "none.Values('Host')\n" },
		/* Other questions stay as they are. */
		{ ATTRIBUTES_AUTO,
		  { "A=new.Values('host')", "B=new.Values('Host') ",
		    "C=new.Values('@Host')", "D=new.Values('Host','ID')", "E=Host" },
		  "A= B= C=new host D= E=",
		  "new.Values('host')\nnew.Values('Host') \nnew.Values('@Host')\n"
		  "new.Values('Host','ID')\nHost\n" },
		{ ATTRIBUTES_LITERAL,
		  { "A=new.Values('Host')", "B=old.Values('Host')" },
		  "A= B=plain host",
		  "new.Values('Host')\nold.Values('Host')\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct world w;

		open_world(&w, cases[i].items, cases[i].attributes);
		assert_int_equal(fill(&w, true), FOUND);
		assert_string_equal(members(&w), cases[i].members);
		assert_string_equal(asked(&w), cases[i].asked);
		close_world(&w);
	}
}

/* The form outlives the batch, the question with the @ waits as any other. */
static void test_the_at_form_is_remembered_for_the_next_batch(void **state)
{
	static const char *const items[] = { "A=new.Values('Host')", NULL };
	struct world w;

	(void)state;
	open_world(&w, items, ATTRIBUTES_AUTO);
	w.fake.is_silent = true;
	assert_int_equal(fill(&w, true), PENDING);
	assert_string_equal(asked(&w), "new.Values('Host')\n");
	w.fake.is_silent = false;
	assert_int_equal(fill(&w, true), FOUND);
	assert_string_equal(asked(&w), "new.Values('Host')\nnew.Values('@Host')\n");
	queries_reset(&w.queries);
	assert_int_equal(fill(&w, true), FOUND);
	assert_string_equal(members(&w), "A=new host");
	assert_string_equal(asked(&w), "new.Values('@Host')\n");
	close_world(&w);
}

static void test_nobody_to_ask_is_an_empty_value_that_teaches_nothing(void **state)
{
	static const char *const items[] = { "A=new.Values('Host')", NULL };
	struct world w;

	(void)state;
	open_world(&w, items, ATTRIBUTES_AUTO);
	w.fake.is_down = true;
	assert_int_equal(fill(&w, true), FOUND);
	assert_string_equal(members(&w), "A=");
	assert_string_equal(asked(&w), "new.Values('Host')\n");
	queries_reset(&w.queries);
	w.fake.is_down = false;
	assert_int_equal(fill(&w, true), FOUND);
	assert_string_equal(members(&w), "A=new host");
	close_world(&w);
}

static void test_a_value_with_a_quote_is_not_asked_about(void **state)
{
	static const struct {
		const char *value;
		uint64_t refused;
		const char *asked;
	} cases[] = {
		{ "a'b", 1, "E\n" },
		{ "\"", 1, "E\n" },
		{ "a`b", 0, "Q 'a`b'\nE\n" },
	};
	static const char *const items[] = { "A=Q '{{.Network.A}}'", "B=E", NULL };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct world w;

		open_world(&w, items, ATTRIBUTES_AUTO);
		w.record.network_layer.a = str_of(cases[i].value);
		assert_int_equal(fill(&w, true), FOUND);
		assert_int_equal(w.queries.refused, cases[i].refused);
		assert_string_equal(members(&w), "A= B=");
		assert_string_equal(asked(&w), cases[i].asked);
		close_world(&w);
	}
}

/* A record that goes as it is, because its time is up, has what is known. */
static void test_what_is_still_pending_is_not_in_the_record(void **state)
{
	static const char *const items[] = { "A=E", "T=T {{.NodeType}}", NULL };
	struct buf out = BUF_INIT(4096);
	struct world w;

	(void)state;
	open_world(&w, items, ATTRIBUTES_AUTO);
	w.record.network = NULL;
	assert_int_equal(fill(&w, false), PENDING);
	json_put_record(&out, &secadvisor_shape, &w.record,
			(struct json_style){ false, 0 });
	assert_string_equal(out.ptr, "{\"Start\":0,\"Last\":0,\"UpdateCount\":0,"
				     "\"Extend\":{\"A\":\"\"}}");
	buf_fini(&out);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_are_the_first_strings_of_the_replies),
		cmocka_unit_test(test_without_extends_nothing_is_asked),
		cmocka_unit_test(test_a_wrong_item_is_named),
		cmocka_unit_test(test_questions_are_asked_in_the_first_pass_they_can),
		cmocka_unit_test(test_attributes_are_asked_for_with_an_at_too),
		cmocka_unit_test(test_the_at_form_is_remembered_for_the_next_batch),
		cmocka_unit_test(
			test_nobody_to_ask_is_an_empty_value_that_teaches_nothing),
		cmocka_unit_test(test_a_value_with_a_quote_is_not_asked_about),
		cmocka_unit_test(test_what_is_still_pending_is_not_in_the_record),
	};

	return cmocka_run_group_tests_name("extend", tests, NULL, NULL);
}
