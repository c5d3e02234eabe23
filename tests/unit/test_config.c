/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - layers, conversions, and what a person is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "config/config.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_MAX    (1024 * 1024)

enum color { RED, GREEN, BLUE };

static const char *const colors[] = { "red", "green", "blue", NULL };

struct options {
	bool on;
	int64_t count, wait_ms, life_ms, room_bytes, share, level;
	uint16_t port;
	int64_t pin;
	struct str name, nested;
	struct strs list;
	struct map_of_str map, dotted;
	int color;
};

static const struct options defaults = {
	.count = 7,
	.name = { "default", 7 },
	.color = BLUE,
};

static const struct field option_fields[] = {
	OPTION(struct options, on, "on", 0, ""),
	OPTION(struct options, count, "count", 0, ""),
	OPTION(struct options, wait_ms, "wait", FIELD_SECONDS, ""),
	OPTION_RANGE(struct options, life_ms, "life", FIELD_DURATION, 1000, 7200000, ""),
	OPTION_RANGE(struct options, room_bytes, "room", FIELD_SIZE, 1024, INT64_MAX, ""),
	OPTION_RANGE(struct options, share, "share", 0, 1, 100, ""),
	OPTION_RANGE(struct options, level, "level", FIELD_SECONDS, 1000, INT64_MAX, ""),
	OPTION(struct options, port, "port", 0, ""),
	OPTION(struct options, name, "name", 0, ""),
	OPTION(struct options, pin, "pin", FIELD_SECRET, ""),
	OPTION(struct options, nested, "nested.name", 0, ""),
	OPTION(struct options, list, "list", 0, ""),
	OPTION(struct options, map, "map", 0, ""),
	OPTION(struct options, dotted, "dotted", FIELD_DOTTED, ""),
	OPTION_ENUM(struct options, color, "color", 0, colors, ""),
	{ .name = NULL },
};

static const struct shape option_shape = {
	"options",
	sizeof(struct options),
	option_fields,
	&defaults,
};

struct world {
	struct config *config;
	struct arena arena;
	struct problems problems;
	struct options options;
	size_t count; /* of problems */
};

static void open_world(struct world *w)
{
	*w = (struct world){ .arena = ARENA_INIT(ARENA_MAX), .problems = PROBLEMS_INIT };
	w->config = config_new();
	assert_non_null(w->config);
}

static void close_world(struct world *w)
{
	config_free(w->config);
	arena_fini(&w->arena);
	problems_fini(&w->problems);
}

static void add(struct world *w, const char *file, const char *text, bool environment)
{
	if (config_add(w->config, file, str_of(text), environment, &w->problems))
		fail_msg("%s", w->problems.text.ptr);
}

static const struct options *read_options(struct world *w)
{
	w->count = config_read(w->config, "a.b", &option_shape, &w->options, &w->arena,
			       &w->problems);
	return &w->options;
}

static void assert_problems(const struct world *w, const char *expected)
{
	assert_string_equal(buf_str(&w->problems.text).ptr, expected);
}

/* "x y" and "k=v l=w" of lists and maps. */
static const char *joined(const struct strs *names, const struct str *values)
{
	static char text[256];
	size_t used = 0, i;

	text[0] = '\0';
	for (i = 0; i < names->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s" STR_FMT "%s" STR_FMT, i ? "|" : "",
					 STR_ARG(names->item[i]), values ? "=" : "",
					 STR_ARG(values ? values[i] : STR("")));
	return text;
}

static const char *joined_map(const struct map_of_str *map)
{
	const struct strs names = { map->name, map->count };

	return joined(&names, map->value);
}

static void starts_from_defaults(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "a:\n  b:\n    name:\n    count: ~\n", false);
	read_options(&w);
	assert_int_equal(w.count, 0);
	assert_memory_equal(&w.options, &defaults, sizeof(defaults));
	close_world(&w);
}

static void converts_numbers(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		int64_t value;
	} cases[] = {
		{ "count: 12", offsetof(struct options, count), 12 },
		{ "count: 12.7", offsetof(struct options, count), 12 },
		{ "count: -12.7", offsetof(struct options, count), -12 },
		{ "count: yes", offsetof(struct options, count), 1 },
		{ "count: '0x10'", offsetof(struct options, count), 16 },
		{ "count: '010'", offsetof(struct options, count), 8 },
		{ "count: 010", offsetof(struct options, count), 8 },
		{ "count: '-5'", offsetof(struct options, count), -5 },
		{ "wait: 60", offsetof(struct options, wait_ms), 60000 },
		{ "wait: '60'", offsetof(struct options, wait_ms), 60000 },
		{ "wait: -1", offsetof(struct options, wait_ms), -1000 },
		{ "life: 90", offsetof(struct options, life_ms), 90000 },
		{ "life: 90s", offsetof(struct options, life_ms), 90000 },
		{ "life: 1500ms", offsetof(struct options, life_ms), 1500 },
		{ "life: 5m", offsetof(struct options, life_ms), 300000 },
		{ "life: 2h", offsetof(struct options, life_ms), 7200000 },
		{ "room: 4096", offsetof(struct options, room_bytes), 4096 },
		{ "room: 64KiB", offsetof(struct options, room_bytes), 65536 },
		{ "room: 1MB", offsetof(struct options, room_bytes), 1000000 },
		{ "room: 10GiB", offsetof(struct options, room_bytes), 10737418240 },
		{ "share: 100", offsetof(struct options, share), 100 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char text[64];
		int64_t got;
		struct world w;

		open_world(&w);
		snprintf(text, sizeof(text), "a.b.%s\n", cases[i].text);
		add(&w, "f", text, false);
		read_options(&w);
		assert_problems(&w, "");
		memcpy(&got, (const char *)&w.options + cases[i].offset, sizeof(got));
		if (got != cases[i].value)
			fail_msg("%s: %lld", cases[i].text, (long long)got);
		close_world(&w);
	}
}

static void converts_text(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "x", "x" },
		{ "9100", "9100" },
		{ "1.50", "1.50" },
		{ "0x1F", "0x1F" },
		{ "0123", "0123" },
		{ "012345678901", "012345678901" },
		{ "1e3", "1e3" },
		{ "1_000", "1_000" },
		{ "+1", "+1" },
		{ "2019-02-26", "2019-02-26" },
		{ "1:30", "1:30" },
		{ "true", "true" },
		{ "TRUE", "TRUE" },
		{ "on", "on" },
		{ "yes", "yes" },
		{ "No", "No" },
		{ "'1.50'", "1.50" },
		{ "''", "" },
		{ ".inf", ".inf" },
		{ "-0.25", "-0.25" },
		{ "1e23", "1e23" },
		{ "123456789012345678901", "123456789012345678901" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char text[64];
		struct world w;

		open_world(&w);
		snprintf(text, sizeof(text), "a: {b: {name: %s}}\n", cases[i].text);
		add(&w, "f", text, false);
		read_options(&w);
		assert_problems(&w, "");
		assert_string_equal(w.options.name.ptr, cases[i].name);
		close_world(&w);
	}
}

static void converts_the_rest(void **state)
{
	static const struct {
		const char *text;
		bool on;
		const char *list;
		enum color color;
	} cases[] = {
		{ "on: true", true, "", BLUE },
		{ "on: Off", false, "", BLUE },
		{ "on: 2", true, "", BLUE },
		{ "on: 0.5", true, "", BLUE },
		{ "on: 0", false, "", BLUE },
		{ "on: 'T'", true, "", BLUE },
		{ "on: 'False'", false, "", BLUE },
		{ "list: []", false, "", BLUE },
		{ "list: [x, 1.50, 'y z']", false, "x|1.50|y z", BLUE },
		{ "list: ' x   y,z '", false, "x|y,z", BLUE },
		{ "list: 9100", false, "9100", BLUE },
		{ "list: ''", false, "", BLUE },
		{ "color: green", false, "", GREEN },
		{ "color: RED", false, "", RED },
		{ "color: Green", false, "", GREEN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char text[64];
		struct world w;

		open_world(&w);
		snprintf(text, sizeof(text), "a.b:\n  %s\n", cases[i].text);
		add(&w, "f", text, false);
		read_options(&w);
		assert_problems(&w, "");
		assert_int_equal(w.options.on, cases[i].on);
		assert_string_equal(joined(&w.options.list, NULL), cases[i].list);
		assert_int_equal(w.options.color, cases[i].color);
		close_world(&w);
	}
}

/* However it is written, a name with dots is one name. */
static void names_may_have_dots(void **state)
{
	static const char *const texts[] = {
		"a.b:\n  dotted: {x.y: 1, z: 2}\n",
		"a.b:\n  dotted: {x: {y: 1}, z: 2}\n",
		"a.b.dotted.x.y: 1\na.b.dotted.z: 2\n",
		"a:\n  b.dotted:\n    x:\n      y: 1\n    z: 2\n",
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		open_world(&w);
		add(&w, "f", texts[i], false);
		read_options(&w);
		assert_problems(&w, "");
		assert_string_equal(joined_map(&w.options.dotted), "x.y=1|z=2");
		close_world(&w);
	}
}

static void refuses_what_does_not_fit(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{ "wait: 60s",
		  "wait: \"60s\" is not a whole number of seconds; write 60" },
		{ "wait: 2m",
		  "wait: \"2m\" is not a whole number of seconds; write 120" },
		{ "wait: 5ms", "wait: \"5ms\" is not a whole number of seconds" },
		{ "wait: 9223372036854775807",
		  "wait: 9223372036854775807 does not fit 64 "
		  "bits" },
		{ "count: many", "count: \"many\" is not a whole number" },
		{ "count: ''", "count: \"\" is not a whole number" },
		{ "count: [1]", "count: a list is not a whole number" },
		{ "count: {x: 1}", "count: a map is not a whole number" },
		{ "count: .nan", "count: .nan does not fit 64 bits" },
		{ "count: 1e30", "count: 1e30 does not fit 64 bits" },
		{ "count: 9223372036854775808", "count: \"9223372036854775808\" does not "
						"fit 64 bits" },
		{ "count: \"a\\nb\"", "count: \"a?b\" is not a whole number" },
		{ "life: 1.5", "life: 1.5 is not a duration; write seconds, or a number "
			       "with a unit as in 500ms, 90s, 5m, 2h or 7d" },
		{ "life: -1",
		  "life: -1 is not a duration; write seconds, or a number with "
		  "a unit as in 500ms, 90s, 5m, 2h or 7d" },
		{ "life: 500ms", "life: \"500ms\" is out of range; write 1s to 2h" },
		{ "life: 3h", "life: \"3h\" is out of range; write 1s to 2h" },
		{ "room: 1", "room: 1 is out of range; write 1KiB or more" },
		{ "room: 64 KiB",
		  "room: \"64 KiB\" is not a size; write bytes, or a number "
		  "with a unit as in 64KiB or 10GiB" },
		{ "share: 0", "share: 0 is out of range; write 1 to 100" },
		{ "share: 99999999999999999999",
		  "share: \"99999999999999999999\" is out of "
		  "range; write 1 to 100" },
		{ "level: 0", "level: 0 is out of range; write 1 or more" },
		{ "port: 65536", "port: 65536 is out of range; write 0 to 65535" },
		{ "on: 'yes'", "on: \"yes\" is not true or false; write true" },
		{ "on: 'OFF'", "on: \"OFF\" is not true or false; write false" },
		{ "on: perhaps", "on: \"perhaps\" is not true or false" },
		{ "on: [true]", "on: a list where true or false is expected" },
		{ "name: [x]", "name: a list where one value is expected" },
		{ "name: {x: 1}", "name: a map where one value is expected" },
		{ "list: {x: 1}", "list: a map where one value is expected" },
		{ "list: [x, [y]]", "list[1]: a list where one value is expected" },
		{ "list: [x, ]", NULL },
		{ "map: 5", "map: 5 where a map of names and values is expected" },
		{ "map: [x]", "map: a list where a map of names and values is expected" },
		{ "color: gren",
		  "color: \"gren\" is none of red, green, blue (did you mean "
		  "\"green\"?)" },
		{ "color: gre", "color: \"gre\" is none of red, green, blue" },
		{ "color: 7", "color: 7 is none of red, green, blue" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char text[64], expected[256] = "";
		struct world w;

		open_world(&w);
		snprintf(text, sizeof(text), "a.b:\n  %s\n", cases[i].text);
		if (cases[i].problem)
			snprintf(expected, sizeof(expected), "etc/x.yml:2: a.b.%s\n",
				 cases[i].problem);
		add(&w, "etc/x.yml", text, false);
		read_options(&w);
		assert_problems(&w, expected);
		assert_int_equal(w.count, cases[i].problem != NULL);
		close_world(&w);
	}
}

static void names_the_line_of_a_list_item(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "a.b.list:\n- x\n-\n", false);
	read_options(&w);
	assert_problems(&w, "f:3: a.b.list[1]: an item without a value\n");
	close_world(&w);
	open_world(&w);
	add(&w, "f", "a.b.list:\n- [a]\n- ok\n- {b: 1}\n", false);
	read_options(&w);
	assert_problems(&w, "f:2: a.b.list[0]: a list where one value is expected\n"
			    "f:4: a.b.list[2]: a map where one value is expected\n");
	close_world(&w);
}

static void keeps_secrets(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "a.b.pin: hunter2\n", false);
	read_options(&w);
	assert_problems(&w, "f:1: a.b.pin: the value is not a whole number\n");
	close_world(&w);
}

static void finds_keys_in_any_form(void **state)
{
	static const char *const texts[] = {
		"a:\n  b:\n    nested:\n      name: x\n",
		"a.b.nested.name: x\n",
		"a:\n  b.nested:\n    name: x\n",
		"A.b:\n  Nested.NAME: x\n",
		"a.b:\n  nested: ~\na:\n  b:\n    nested.name: x\n",
		"a.b.nested.name: x\na:\n  b:\n    nested:\n      name: y\n",
		"a:\n  b:\n    nested:\n      name: y\n      NAME: x\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct world w;

		open_world(&w);
		add(&w, "f", texts[i], false);
		read_options(&w);
		assert_string_equal(w.options.nested.ptr, "x");
		close_world(&w);
	}
}

static void layers_cover_each_other(void **state)
{
	struct world w;
	const struct options *o;

	(void)state;
	open_world(&w);
	add(&w, "top", "a.b: {name: top, list: [x], map: {K: 1, l: , n: [1]}, count: }\n",
	    false);
	add(&w, "base",
	    "a: {b: {name: base, list: [y, z], count: 3, "
	    "map: {k: 2, l: 3, m: 4}}}\na.b.map.o: 5\n",
	    false);
	o = read_options(&w);
	assert_problems(&w, "");
	assert_string_equal(o->name.ptr, "top");
	assert_int_equal(o->count, 3);
	assert_string_equal(joined(&o->list, NULL), "x");
	assert_string_equal(joined_map(&o->map), "k=1|l=3|n=|m=4|o=5");
	close_world(&w);
}

static void variables_stand_above_their_layer(void **state)
{
	static char *const variables[] = {
		(char *)"PATH=/bin",
		(char *)"SKYDIVE_A_B_COUNT=12",
		(char *)"SKYDIVE_A_B_NAME=variable",
		(char *)"SKYDIVE_A_B_LIST=x y,z",
		(char *)"SKYDIVE_A_B_COLOR=",
		(char *)"SKYDIVE_A_B_NESTED=hides nothing",
		(char *)"SKYDIVE_A_B_NESTED_NAME=n",
		(char *)"SKYDIVE_A_B_ON=yes",
		(char *)"SKYDIVE_A_B_MAP={\"K\": \"v\\u0041\", \"n\": 1, \"o\": null}",
		NULL,
	};
	struct world w;
	const struct options *o;

	(void)state;
	open_world(&w);
	config_environment(w.config, variables);
	add(&w, "top", "a.b: {name: top, map: {t: 1}}\n", false);
	add(&w, "base", "a.b: {name: base, count: 3, color: red, map: {k: 2}}\n", true);
	o = read_options(&w);
	assert_problems(&w, "SKYDIVE_A_B_ON: a.b.on: \"yes\" is not true or false; "
			    "write true\n");
	assert_string_equal(o->name.ptr, "top");
	assert_int_equal(o->count, 12);
	assert_string_equal(o->nested.ptr, "n");
	assert_string_equal(joined(&o->list, NULL), "x|y,z");
	assert_int_equal(o->color, RED);
	assert_string_equal(joined_map(&o->map), "t=1|K=vA|n=1|o=");
	close_world(&w);
}

static void refuses_a_variable_that_is_no_object(void **state)
{
	static const char *const values[] = {
		"x", "[]", "{", "{\"k\":1,}", "{\"k\":}", "{\"k\":1} {", "{k:1}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++) {
		char variable[64], expected[128];
		char *const variables[] = { variable, NULL };
		struct world w;

		snprintf(variable, sizeof(variable), "SKYDIVE_A_B_MAP=%s", values[i]);
		snprintf(expected, sizeof(expected),
			 "SKYDIVE_A_B_MAP: a.b.map: \"%s\" is "
			 "not a JSON object\n",
			 values[i]);
		open_world(&w);
		config_environment(w.config, variables);
		add(&w, "f", "", true);
		read_options(&w);
		assert_problems(&w, expected);
		close_world(&w);
	}
}

struct needy {
	struct str name;
};

static const struct field needy_fields[] = {
	OPTION(struct needy, name, "name", FIELD_REQUIRED, ""),
	{ .name = NULL },
};

static const struct shape needy_shape = {
	"needy",
	sizeof(struct needy),
	needy_fields,
	NULL,
};

static void misses_required_keys(void **state)
{
	struct needy needy;
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "x: 1\na:\n  b:\n    c: 1\nd.e: {name: here}\n", false);
	assert_int_equal(config_read(w.config, "a.b", &needy_shape, &needy, &w.arena,
				     &w.problems),
			 1);
	assert_int_equal(config_read(w.config, "q", &needy_shape, &needy, &w.arena,
				     &w.problems),
			 1);
	assert_int_equal(config_read(w.config, "", &needy_shape, &needy, &w.arena,
				     &w.problems),
			 1);
	assert_int_equal(config_read(w.config, "d.e", &needy_shape, &needy, &w.arena,
				     &w.problems),
			 0);
	assert_problems(&w, "f:3: a.b.name: must be set\nf: q.name: must be set\n"
			    "f:1: name: must be set\n");
	close_world(&w);
}

struct header {
	struct map_of_str all;
};

static const struct field header_fields[] = {
	OPTION(struct header, all, "*", 0, ""),
	{ .name = NULL },
};

static const struct shape header_shape = {
	"header",
	sizeof(struct header),
	header_fields,
	NULL,
};

static void takes_all_keys_of_a_section(void **state)
{
	struct header header;
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "h: {Crn: 0x10, b: , 'c.d': x}\nh.e: w\n", false);
	assert_int_equal(config_read(w.config, "h", &header_shape, &header, &w.arena,
				     &w.problems),
			 0);
	assert_string_equal(joined_map(&header.all), "crn=0x10|b=|c.d=x|e=w");
	close_world(&w);
}

static void finds_unknown_keys(void **state)
{
	static const struct config_section sections[] = {
		{ "a.b", &option_shape },
		{ "a.h", &header_shape },
	};
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{ "a: {b: {name: x, map: {y: 1}}, h: {any: 1}}", NULL },
		{ "other: {nmae: x}", NULL },
		{ "ab: 1", NULL },
		{ "a:", NULL },
		{ "a: {typo: , b: }", NULL },
		{ "a.b.nested: {name: x}", NULL },
		{ "a.h.x.y: 1", NULL },
		{ "a.b.map.x: 1", NULL },
		{ "A.B.Name: 1", NULL },
		{ "a: {b: {nmae: x}}",
		  "unknown key \"a.b.nmae\" (did you mean \"name\"?)" },
		{ "a.b.nmae: x", "unknown key \"a.b.nmae\" (did you mean \"name\"?)" },
		{ "a.b.nested.nam: x", "unknown key \"a.b.nested.nam\" (did you mean "
				       "\"name\"?)" },
		{ "a: {b: {nestd: {name: x}}}",
		  "unknown section \"a.b.nestd\" (did you mean "
		  "\"nested\"?)" },
		{ "a.b.nestd.name: x", "unknown key \"a.b.nestd.name\" (did you mean "
				       "\"nested\"?)" },
		{ "a.b.something: x", "unknown key \"a.b.something\"" },
		{ "a.b.name.x: y", "unknown key \"a.b.name.x\"" },
		{ "a: {c: 1}", "unknown key \"a.c\"" },
		{ "a: 1", "a: keys are expected below this, not a value" },
		{ "a: {b: [x]}", "a.b: keys are expected below this, not a value" },
		{ "a.b.nested: x",
		  "a.b.nested: keys are expected below this, not a value" },
		{ "a.h: x", NULL },
		{ "a.h: {x: [1]}", "a.h.x: a list where one value is expected" },
		{ "a.h: {x: {y: 1}}", "a.h.x: a map where one value is expected" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char expected[256] = "";
		struct world w;

		open_world(&w);
		add(&w, "f", cases[i].text, false);
		if (cases[i].problem)
			snprintf(expected, sizeof(expected), "f:1: %s\n",
				 cases[i].problem);
		config_check(w.config, "a", sections, COUNT(sections), &w.problems);
		assert_problems(&w, expected);
		close_world(&w);
	}
}

static void checks_below_a_deeper_key(void **state)
{
	static const struct config_section section = { "a.b", &needy_shape };
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "a: {x: 1, b: {y: 1}}\n", false);
	add(&w, "g", "a: 5\n", false);
	config_check(w.config, "a.b", &section, 1, &w.problems);
	assert_problems(&w, "f:1: unknown key \"a.b.y\"\n"
			    "g:1: a: keys are expected below this, not a value\n");
	close_world(&w);
}

static void suggests_the_section_of_the_same_name(void **state)
{
	static const struct field outer_fields[] = {
		OPTION(struct header, all, "outer", 0, ""),
		{ .name = NULL },
	};
	static const struct shape outer = { "outer", sizeof(struct header), outer_fields,
					    NULL };
	static const struct config_section sections[] = {
		{ "a.limits", &needy_shape },
		{ "limits", &outer },
		{ "", &needy_shape },
	};
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "a: {limits: {name: x, Outer: y}}\nlimits.name: x\na.name: 1\n",
	    false);
	config_check(w.config, "a", sections, COUNT(sections), &w.problems);
	config_check(w.config, "limits", sections, COUNT(sections), &w.problems);
	assert_problems(&w, "f:1: unknown key \"a.limits.Outer\" (did you mean "
			    "\"limits.outer\" at the top level?)\n"
			    "f:3: unknown key \"a.name\" (did you mean \"name\" at the "
			    "top level?)\n"
			    "f:2: unknown key \"limits.name\" (did you mean "
			    "\"a.limits.name\" at the top level?)\n");
	close_world(&w);
}

static void tells_where_a_value_comes_from(void **state)
{
	static char *const variables[] = { (char *)"SKYDIVE_A_B_COUNT=12", NULL };
	static const struct {
		const char *path, *key, *where;
	} cases[] = {
		{ "a.b", "name", "f:3" },
		{ "a.b", "list[1]", "f:6" },
		{ "a.b", "list[9]", "f:4" },
		{ "a.b", "count", "SKYDIVE_A_B_COUNT" },
		{ "a.b", NULL, "f:2" },
		{ "a", "", "f:1" },
		{ "c", "", "f:7" },
		{ "c", "d", "f:7" },
		{ "e", "", "f" },
		{ "e", "x", "f" },
	};
	struct buf where = BUF_INIT(100);
	struct world w;
	size_t i;

	(void)state;
	open_world(&w);
	config_where(w.config, "a", "", &where);
	assert_string_equal(where.ptr, "configuration");
	config_environment(w.config, variables);
	add(&w, "f", "a:\n  b:\n    name: x\n    list:\n    - x\n    - y\nc.d: 1\ne:\n",
	    true);
	for (i = 0; i < COUNT(cases); i++) {
		buf_reset(&where);
		config_where(w.config, cases[i].path, cases[i].key, &where);
		assert_string_equal(where.ptr, cases[i].where);
	}
	assert_true(config_is_set(w.config, "a.b.name"));
	assert_true(config_is_set(w.config, "a.b"));
	assert_true(config_is_set(w.config, "a.b.count"));
	assert_true(config_is_set(w.config, "c"));
	assert_false(config_is_set(w.config, "e"));
	assert_false(config_is_set(w.config, "a.x"));
	buf_fini(&where);
	close_world(&w);
}

static void reports_for_a_reader(void **state)
{
	struct err err = ERR_INIT;
	struct world w;

	(void)state;
	open_world(&w);
	add(&w, "f", "a.b.list: [x]\n", false);
	err_set_key(&err, "list[0]", "is no network");
	config_problem(w.config, "a.b", &err, &w.problems);
	err_set(&err, "does not fit");
	config_problem(w.config, "a.b", &err, &w.problems);
	assert_problems(&w, "f:1: a.b.list[0]: is no network\nf:1: a.b: does not fit\n");
	assert_int_equal(w.problems.count, 2);
	close_world(&w);
}

static void refuses_documents(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(config_add(w.config, "f", STR("a: 1\n\tb"), false, &w.problems),
			 -EINVAL);
	assert_int_equal(config_add(w.config, "g", STR("- a\n"), false, &w.problems),
			 -EINVAL);
	assert_problems(&w,
			"f:2: a tab; YAML is indented with blanks\ng:1: the file must "
			"consist of keys and values, \"key: value\"\n");
	close_world(&w);
}

static void reports_a_full_arena(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.arena.limit = 64;
	add(&w, "f",
	    "a.b.name: more than sixty-four bytes, which is all that the arena "
	    "of this test may hold\n",
	    false);
	read_options(&w);
	assert_problems(&w, "a.b: too large a configuration\n");
	assert_int_equal(w.count, 1);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_from_defaults),
		cmocka_unit_test(converts_numbers),
		cmocka_unit_test(converts_text),
		cmocka_unit_test(converts_the_rest),
		cmocka_unit_test(names_may_have_dots),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(names_the_line_of_a_list_item),
		cmocka_unit_test(keeps_secrets),
		cmocka_unit_test(finds_keys_in_any_form),
		cmocka_unit_test(layers_cover_each_other),
		cmocka_unit_test(variables_stand_above_their_layer),
		cmocka_unit_test(refuses_a_variable_that_is_no_object),
		cmocka_unit_test(misses_required_keys),
		cmocka_unit_test(takes_all_keys_of_a_section),
		cmocka_unit_test(finds_unknown_keys),
		cmocka_unit_test(suggests_the_section_of_the_same_name),
		cmocka_unit_test(checks_below_a_deeper_key),
		cmocka_unit_test(tells_where_a_value_comes_from),
		cmocka_unit_test(reports_for_a_reader),
		cmocka_unit_test(refuses_documents),
		cmocka_unit_test(reports_a_full_arena),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
