/* SPDX-License-Identifier: Apache-2.0 */
/* torture_format.c - YAML, configuration, JSON, numbers. */
#include <errno.h>
#include "config/config.h"
#include "format/json_write.h"
#include "format/number.h"
#include "config/yaml.h"
#include "torture.h"

#define ARENA_MAX ((size_t)4 << 20)

static const char document[] =
	"base: &base {list: [1, 0x1F, 1.5, yes, ~, 'quoted', \"es\\u00e9\"], deep: {a: {b: c}}}\n"
	"other:\n"
	"  <<: *base\n"
	"  deep: |\n"
	"    some\n"
	"    lines\n"
	"again: *base\n"
	"again: last\n";

static void put_node(struct outcome *o, const struct yaml_node *node)
{
	size_t i;

	outcome_put_i64(o, node->kind);
	outcome_put(o, node->text);
	for (i = 0;
	     (node->kind == YAML_LIST || node->kind == YAML_MAP) && i < node->count;
	     i++) {
		if (node->kind == YAML_MAP)
			outcome_put(o, node->key[i]);
		put_node(o, node->item[i]);
	}
}

static int parse_yaml(struct outcome *o)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct yaml_node *root = NULL;
	struct err err = ERR_INIT;
	int error = yaml_parse(str_of(document), &arena, &root, &err);

	if (!error)
		put_node(o, root);
	arena_fini(&arena);
	return error;
}

struct options {
	struct str name;
	struct strs list;
	struct map_of_str map;
	int64_t age_ms, size_bytes;
	bool is_on;
};

static const struct shape options_shape = {
	.name = "options",
	.size = sizeof(struct options),
	.fields =
		(const struct field[]){
			OPTION(struct options, name, "name", 0, "a name"),
			OPTION(struct options, list, "list", 0, "a list"),
			OPTION(struct options, map, "map", 0, "a map"),
			OPTION(struct options, age_ms, "age", FIELD_DURATION, "an age"),
			OPTION(struct options, size_bytes, "size", FIELD_SIZE, "a size"),
			OPTION(struct options, is_on, "is_on", 0, "a switch"),
			{ 0 },
		},
};

static const char drop_in[] = "a.b: {name: drop-in, map: {One: 1}}\n";
static const char main_file[] =
	"a:\n  b:\n    list: [x, 1.50, 0x10]\n    map: {two: 2}\n    age: 5m\n"
	"    size: 64KiB\n";
static const char wrong_file[] =
	"a:\n  b:\n    age: never\n    size: -1x\n    list: {a: b}\n    nmae: x\n";

static int put_options(struct outcome *o, const struct options *options)
{
	struct buf text = BUF_INIT(1 << 16);
	int error;

	json_put_record(&text, &options_shape, options, (struct json_style){ true, 0 });
	outcome_put(o, buf_str(&text));
	error = buf_error(&text);
	buf_fini(&text);
	return error;
}

static int add_files(struct config *config, const char *lower, struct problems *problems)
{
	int error = config_add(config, "drop-in.yml", str_of(drop_in), false, problems);

	return error ? error
		     : config_add(config, "main.yml", str_of(lower), true, problems);
}

/* Short of memory there is a problem, too. */
static int read_config(struct outcome *o, const char *lower, struct problems *problems)
{
	char *const environment[] = { (char[]){ "SKYDIVE_A_B_IS_ON=true" }, NULL };
	const struct config_section section = { "a.b", &options_shape };
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct options options = { .is_on = false };
	struct config *config = config_new();
	int error = -ENOMEM;

	if (config) {
		config_environment(config, environment);
		error = add_files(config, lower, problems);
	}
	if (!error) {
		config_check(config, "a", &section, 1, problems);
		if (config_read(config, "a.b", &options_shape, &options, &arena,
				problems) == 0)
			error = put_options(o, &options);
	}
	arena_fini(&arena);
	config_free(config);
	return error;
}

static int read_good_config(struct outcome *o)
{
	struct problems problems = PROBLEMS_INIT;
	int error = read_config(o, main_file, &problems);

	if (problems.count)
		error = -ENOMEM;
	problems_fini(&problems);
	return error;
}

/* How many there are may differ, and their texts; that there are some may not. */
static int read_wrong_config(struct outcome *o)
{
	struct problems problems = PROBLEMS_INIT;
	int error = read_config(o, wrong_file, &problems);

	outcome_puts(o, problems.count ? "refused" : "taken");
	problems_fini(&problems);
	return error;
}

static int write_numbers(struct outcome *o)
{
	struct buf b = BUF_INIT(1 << 16);
	int error;

	number_put_float(&b, 1.0 / 3);
	number_put_float(&b, 1e300);
	number_put_duration(&b, 7200000);
	number_put_size(&b, 65536);
	json_put_string(&b, STR("text <with> \xff\n"));
	json_put_raw(&b, STR("{\"a\":[1,{}]}"), (struct json_style){ true, 1 });
	error = buf_error(&b);
	outcome_put(o, buf_str(&b));
	buf_fini(&b);
	return error;
}

const struct operation torture_format[] = {
	{ .name = "format/yaml", .run = parse_yaml },
	{ .name = "format/config", .run = read_good_config },
	{ .name = "format/config, wrong", .run = read_wrong_config },
	{ .name = "format/number, json", .run = write_numbers },
	{ 0 },
};
