/* SPDX-License-Identifier: Apache-2.0 */
/* recent.c - see recent.h. */
#include <stdio.h>
#include <stdlib.h>
#include "tenant/recent.h"

void recent_init(struct recent *r)
{
	*r = (struct recent){ .count = 0 };
	pthread_mutex_init(&r->lock, NULL);
}

void recent_fini(struct recent *r)
{
	size_t i;

	for (i = 0; i < RECENT_OBJECTS; i++)
		free(r->object[i].place);
	pthread_mutex_destroy(&r->lock);
}

void recent_note(struct recent *r, const struct sealed *sealed, struct now now)
{
	size_t size = sealed->dirname.len + sealed->key.len + 2;
	struct recent_object *object;
	char *place = malloc(size);

	if (place)
		snprintf(place, size, STR_FMT "/" STR_FMT, STR_ARG(sealed->dirname),
			 STR_ARG(sealed->key));
	pthread_mutex_lock(&r->lock);
	object = &r->object[r->count++ % RECENT_OBJECTS];
	free(object->place);
	*object = (struct recent_object){ place, sealed->records, sealed->size,
					  now.wall_ms };
	r->stored_ms = now.wall_ms;
	pthread_mutex_unlock(&r->lock);
}

int64_t recent_stored_ms(struct recent *r)
{
	int64_t stored_ms;

	pthread_mutex_lock(&r->lock);
	stored_ms = r->stored_ms;
	pthread_mutex_unlock(&r->lock);
	return stored_ms;
}

void recent_each(struct recent *r,
		 void (*visit)(void *context, const struct recent_object *),
		 void *context)
{
	size_t i;

	pthread_mutex_lock(&r->lock);
	for (i = 0; i < RECENT_OBJECTS && i < r->count; i++)
		visit(context, &r->object[(r->count - 1 - i) % RECENT_OBJECTS]);
	pthread_mutex_unlock(&r->lock);
}
