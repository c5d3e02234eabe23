/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - see writer.h. */
#include <errno.h>
#include <stdlib.h>
#include "writer.h"

#define ARENA_MAX	((size_t)1 << 20)

int writer_new(struct writer *w, const struct store *store)
{
	*w = (struct writer){ .store = store, .arena = ARENA_INIT(ARENA_MAX) };
	w->state = calloc(1, store->state->size);
	if (!w->state)
		return -ENOMEM;
	if (store->state->defaults)
		memcpy(w->state, store->state->defaults, store->state->size);
	return 0;
}

/* A string of the state by its key, or NULL. */
static struct str *place_of(const struct writer *w, const char *key)
{
	const struct field *field = shape_find(w->store->state, str_of(key));

	return field ? (struct str *)((char *)w->state + field->offset) : NULL;
}

int writer_new_file(struct writer *w, struct str directory)
{
	int error = writer_new(w, &store_file);

	if (!error)
		*place_of(w, "directory") = arena_str(&w->arena, directory);
	return error;
}

int writer_init(struct writer *w, struct http *http, struct err *err)
{
	int error = w->store->init ? w->store->init(w->state, http, err) : 0;

	w->is_ready = true;
	return error;
}

void writer_release(struct writer *w)
{
	if (w->is_ready && w->store->fini)
		w->store->fini(w->state);
	w->is_ready = false;
}

void writer_fini(struct writer *w)
{
	if (!w->store)
		return;
	writer_release(w);
	free(w->state);
	arena_fini(&w->arena);
	*w = (struct writer){ 0 };
}

void writer_put_place(const struct writer *w, struct buf *b)
{
	const struct str *place = place_of(w, "endpoint");

	if (!place)
		place = place_of(w, "directory");
	buf_printf(b, "%s ", w->store->name);
	if (place)
		buf_put(b, *place);
}
