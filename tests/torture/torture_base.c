/* SPDX-License-Identifier: Apache-2.0 */
/* torture_base.c - bytes, arenas, maps, prefixes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/base64.h"
#include "base/cidr.h"
#include "base/map.h"
#include "base/now.h"
#include "torture.h"

static int grow_buf(struct outcome *o)
{
	struct buf b = BUF_INIT(1 << 20);
	char *room;
	int i, error;

	for (i = 0; i < 200; i++) {
		buf_printf(&b, "%d:%0*d ", i, i, i);
		buf_put_i64(&b, i);
		buf_putc(&b, ' ');
		base64_put(&b, STR("bytes"));
	}
	room = buf_room(&b, 5000);
	if (room) {
		memset(room, 'x', 5000);
		buf_added(&b, 5000);
	}
	error = buf_error(&b);
	outcome_put(o, buf_str(&b));
	buf_fini(&b);
	return error;
}

static int fill_arena(struct outcome *o)
{
	struct arena arena = ARENA_INIT(1 << 20);
	struct str text[100] = { { NULL, 0 } };
	char line[64];
	int i, error;

	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "line %d ", i);
		text[i] = arena_str(&arena, str_of(line));
		arena_alloc(&arena, (size_t)i * 20);
		arena_bytes(&arena, i == 50 ? 100000 : 3);
	}
	error = arena_error(&arena);
	for (i = 0; i < 100; i++)
		outcome_put(o, text[i]);
	arena_reset(&arena);
	if (!error && arena_alloc(&arena, 16) == NULL)
		error = arena_error(&arena);
	arena_fini(&arena);
	return error;
}

static bool add_entry(struct map *map, int number)
{
	char *value = malloc(16), key[16];

	if (!value)
		return false;
	snprintf(key, sizeof(key), "key %d", number % 60);
	snprintf(value, 16, "%d ", number);
	return map_put(map, str_of(key), value, 16, NEVER_MS) == 0;
}

static bool put_entry(void *context, struct str key, void *value)
{
	outcome_put(context, key);
	outcome_puts(context, value);
	return true;
}

static int fill_map(struct outcome *o)
{
	struct map *map = map_new(50, SIZE_MAX, free);
	int i, error = map ? 0 : -ENOMEM;

	for (i = 0; !error && i < 150; i++)
		error = add_entry(map, i) ? 0 : -ENOMEM;
	if (map) {
		map_remove(map, STR("key 20"));
		map_each(map, put_entry, o);
		outcome_put_i64(o, (int64_t)map_count(map));
	}
	map_free(map);
	return error;
}

static int parse_prefixes(struct outcome *o)
{
	struct str item[] = { STR("10.0.0.0/8"), STR("fd00::/8"), STR("1.2.3.4/32") };
	const struct strs texts = { item, 3 };
	struct cidr_set set;
	struct address address;
	struct err err = ERR_INIT;
	int error = cidr_set_parse(&set, &texts, "masks", &err);

	address_parse(STR("10.1.2.3"), &address);
	outcome_put_i64(o, cidr_set_contains(&set, &address));
	cidr_set_fini(&set);
	return error;
}

const struct operation torture_base[] = {
	{ .name = "base/buf", .run = grow_buf },
	{ .name = "base/arena", .run = fill_arena },
	{ .name = "base/map", .run = fill_map },
	{ .name = "base/cidr", .run = parse_prefixes },
	{ 0 },
};
