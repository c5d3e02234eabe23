/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_yaml.c - YAML text as a tree. */
#include "config/yaml.h"
#include "fuzz.h"

#define ARENA_MAX ((size_t)512 << 20)
#define NODES_MAX 20000
#define DEPTH_MAX 65

struct tree {
	struct buf text;
	size_t nodes;
};

/* The tree as text, as much as NODES_MAX nodes show; aliases are followed. */
static void put_node(struct tree *t, const struct yaml_node *node, unsigned depth)
{
	size_t i;

	fuzz_check(depth <= DEPTH_MAX, "nesting is bounded");
	if (t->nodes++ > NODES_MAX)
		return;
	buf_printf(&t->text, "%d %u ", (int)node->kind, node->line);
	fuzz_check(node->line >= 1, "lines are counted from 1");
	if (node->kind == YAML_LIST || node->kind == YAML_MAP) {
		for (i = 0; i < node->count && t->nodes <= NODES_MAX; i++) {
			if (node->kind == YAML_MAP)
				buf_put(&t->text, node->key[i]);
			put_node(t, node->item[i], depth + 1);
		}
		return;
	}
	buf_put(&t->text, node->text);
	if (node->kind == YAML_INT)
		buf_put_i64(&t->text, node->integer);
}

static int parse(struct str text, struct buf *tree)
{
	struct arena arena = ARENA_INIT(ARENA_MAX);
	struct tree t = { .text = BUF_INIT(FUZZ_MEMORY) };
	struct yaml_node *root = NULL;
	struct err err = ERR_INIT;
	int error = yaml_parse(text, &arena, &root, &err);

	if (error)
		fuzz_check(strncmp(err.text, "line ", 5) == 0, "errors name their line");
	else
		put_node(&t, root, 0);
	*tree = t.text;
	arena_fini(&arena);
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, twice;

	fuzz_check(parse(fuzz_str(data, size), &once) ==
				   parse(fuzz_str(data, size), &twice) &&
			   str_equal(buf_str(&once), buf_str(&twice)),
		   "the same text gives the same tree");
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
