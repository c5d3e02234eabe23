/* SPDX-License-Identifier: Apache-2.0 */
/* tenant_config.c - see tenant_config.h. */
#include <errno.h>
#include <stdlib.h>
#include "tenant_config.h"

#define ARENA_MAX	((size_t)4 << 20)

struct capture {
	struct str capture_id;
};

static const struct shape capture_shape = {
	.name = "subscriber",
	.size = sizeof(struct capture),
	.fields = (const struct field[]){
		OPTION(struct capture, capture_id, "capture_id", 0,
		       "only the flows of this capture"),
		{ 0 }
	},
};

static const struct store *choose_store(const struct config *config, struct arena *arena,
					struct problems *problems)
{
	struct registry_type type = { .type = STR("") };
	struct err err = ERR_INIT;
	const struct store *store;

	if (config_read(config, "pipeline.write", &registry_type_shape, &type, arena,
			problems))
		return NULL;
	store = type.type.len ? store_find(type.type) : &store_s3;
	if (store)
		return store;
	err_set_key(&err, "type", "\"" STR_FMT "\" is not supported; there are: s3, file, "
		    "stdout", STR_ARG(type.type));
	config_problem(config, "pipeline.write", &err, problems);
	return NULL;
}

static void *new_state(const struct store *store)
{
	void *state = calloc(1, store->state->size);

	if (state && store->state->defaults)
		memcpy(state, store->state->defaults, store->state->size);
	return state;
}

/* Initializes the writer once, to find what is wrong with its keys. */
static void check_store(struct tenant_config *tc, const struct config *config,
			struct problems *problems)
{
	struct err err = ERR_INIT;
	int error = tc->store->init ? tc->store->init(tc->store_state, NULL, &err) : 0;

	if (error)
		config_problem(config, tc->store->section, &err, problems);
	if (tc->store->fini)
		tc->store->fini(tc->store_state);
}

static void read_store(struct tenant_config *tc, const struct config *config,
		       struct problems *problems)
{
	tc->store = choose_store(config, &tc->arena, problems);
	if (!tc->store)
		return;
	tc->store_state = new_state(tc->store);
	if (!tc->store_state) {
		problems_add(problems, "out of memory");
		return;
	}
	if (config_read(config, tc->store->section, tc->store->state, tc->store_state,
			&tc->arena, problems) == 0)
		check_store(tc, config, problems);
}

void tenant_config_read(struct tenant_config *tc, const struct config *config,
			struct log *log, struct problems *problems)
{
	struct capture capture = { .capture_id = STR("") };

	*tc = (struct tenant_config){ .arena = ARENA_INIT(ARENA_MAX) };
	config_read(config, "pipeline.subscriber", &capture_shape, &capture, &tc->arena,
		    problems);
	tc->capture_id = capture.capture_id;
	stage_set_read(&tc->stages, config, &tc->arena, problems);
	read_store(tc, config, problems);
	store_limits_read(&tc->limits, config, tc->store == &store_stdout, &tc->arena,
			  problems);
	tc->account = account_read(config, &tc->arena, log, problems);
}

void tenant_config_fini(struct tenant_config *tc)
{
	account_free(tc->account);
	stage_set_fini(&tc->stages);
	free(tc->store_state);
	arena_fini(&tc->arena);
}

int tenant_config_redirect(struct tenant_config *tc, struct str directory)
{
	void *state;

	if (tc->store == &store_stdout)
		return 0;
	state = new_state(&store_file);
	if (!state)
		return -ENOMEM;
	free(tc->store_state);
	tc->store = &store_file;
	tc->store_state = state;
	*(struct str *)((char *)state + shape_find(store_file.state, STR("directory"))->offset) =
		arena_str(&tc->arena, directory);
	return 0;
}

static void append(struct config_section *sections, size_t max, size_t *count,
		   const char *path, const struct shape *shape)
{
	if (*count < max)
		sections[*count] = (struct config_section){ path, shape };
	(*count)++;
}

size_t tenant_config_sections(struct config_section *sections, size_t max)
{
	const struct store *const *store;
	size_t count = registry_sections(sections, max);

	append(sections, max, &count, "pipeline.subscriber", &capture_shape);
	append(sections, max, &count, "pipeline.write", &registry_type_shape);
	for (store = store_all; *store; store++)
		append(sections, max, &count, (*store)->section, (*store)->state);
	count += store_limits_sections(sections + count, count < max ? max - count : 0);
	count += account_sections(sections + count, count < max ? max - count : 0);
	return count;
}
