/* SPDX-License-Identifier: Apache-2.0 */
/* router.c - see router.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/map.h"
#include "source/router.h"

#define CAPTURES_MAX ((size_t)1 << 20)

/* Who wants the flows of one capture. */
struct route {
	struct receiver **receiver;
	size_t receivers, room;

	/* Of the batch at hand. */
	uint64_t batch; /* its number: an older one is of no meaning */
	uint32_t *index;
	size_t count;
	struct route *next; /* routes that have flows in it */
};

struct router {
	struct map *routes; /* capture id -> struct route */
	struct route all;
	uint64_t batches;
};

static void route_free(void *value)
{
	struct route *route = value;

	free(route->receiver);
	free(route);
}

struct router *router_new(void)
{
	struct router *router = calloc(1, sizeof(*router));

	if (!router)
		return NULL;
	router->routes = map_new(CAPTURES_MAX, SIZE_MAX, route_free);
	if (router->routes)
		return router;
	free(router);
	return NULL;
}

void router_free(struct router *router)
{
	if (!router)
		return;
	map_free(router->routes);
	free(router->all.receiver);
	free(router);
}

static struct route *route_of(struct router *router, struct str capture_id)
{
	struct route *route;

	if (capture_id.len == 0)
		return &router->all;
	route = map_get(router->routes, capture_id, 0);
	if (route)
		return route;
	route = calloc(1, sizeof(*route));
	if (!route ||
	    map_put(router->routes, capture_id, route, sizeof(*route), INT64_MAX) < 0)
		return NULL;
	return route;
}

int router_add(struct router *router, struct receiver *receiver, struct str capture_id)
{
	struct route *route = route_of(router, capture_id);
	struct receiver **more;

	if (!route)
		return -ENOMEM;
	if (route->receivers == route->room) {
		size_t room = route->room ? route->room * 2 : 4;

		more = realloc(route->receiver, room * sizeof(struct receiver *));
		if (!more)
			return -ENOMEM;
		route->receiver = more;
		route->room = room;
	}
	route->receiver[route->receivers++] = receiver;
	return 0;
}

/* Notes flow number i for its capture's route. */
static void sort_one(struct router *router, struct batch *batch, size_t i,
		     struct route **touched)
{
	struct route *route = map_get(router->routes, batch->flows[i].capture_id, 0);

	if (!route)
		return;
	if (route->batch != router->batches) {
		route->batch = router->batches;
		route->count = 0;
		/* Room for all that may follow: four bytes a flow and route. */
		route->index = arena_alloc(&batch->arena,
					   (batch->count - i) * sizeof(*route->index));
		route->next = *touched;
		*touched = route;
	}
	if (route->index)
		route->index[route->count++] = (uint32_t)i;
}

static void offer(const struct route *route, const struct parcel *parcel)
{
	size_t i;

	for (i = 0; i < route->receivers; i++)
		route->receiver[i]->offer(route->receiver[i], parcel);
}

static void lose(const struct route *route, int64_t flows)
{
	size_t i;

	for (i = 0; i < route->receivers; i++)
		if (route->receiver[i]->lose)
			route->receiver[i]->lose(route->receiver[i], flows);
}

static bool lose_each(void *flows, struct str capture_id, void *route)
{
	(void)capture_id;
	lose(route, *(const int64_t *)flows);
	return true;
}

void router_lose(struct router *router, int64_t flows)
{
	lose(&router->all, flows);
	map_each(router->routes, lose_each, &flows);
}

bool router_deliver(struct router *router, struct batch *batch)
{
	struct route *touched = NULL, *route;
	struct parcel *parcels;
	size_t routes = 1, i;

	router->batches++;
	if (map_count(router->routes))
		for (i = 0; i < batch->count; i++)
			sort_one(router, batch, i, &touched);
	for (route = touched; route; route = route->next)
		routes++;
	parcels = arena_alloc(&batch->arena, routes * sizeof(*parcels));
	batch_done(batch);
	if (parcels && batch->count) {
		parcels[0] = (struct parcel){ batch, NULL, batch->count };
		offer(&router->all, &parcels[0]);
		for (route = touched, i = 1; route; route = route->next, i++) {
			parcels[i] = (struct parcel){ batch, route->index, route->count };
			offer(route, &parcels[i]);
		}
	}
	batch_unref(batch);
	return parcels != NULL;
}
