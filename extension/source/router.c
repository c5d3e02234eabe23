/* SPDX-License-Identifier: Apache-2.0 */
/* router.c - see router.h. */
#include <errno.h>
#include <stdlib.h>
#include "base/grow.h"
#include "base/prefetch.h"
#include "base/map.h"
#include "source/router.h"

#define CAPTURES_MAX   ((size_t)1 << 20)
#define RECEIVER_BYTES 256 /* that a parcel takes a look at, more or less */

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
	struct route **of_flow; /* of each flow of the batch at hand, or NULL */
	size_t room;
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
	free(router->of_flow);
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

	if (!route || !grow(route->receiver, route->room, route->receivers + 1))
		return -ENOMEM;
	route->receiver[route->receivers++] = receiver;
	return 0;
}

/* How many flows each capture's route gets. */
static void count_flows(struct router *router, const struct batch *batch,
			struct route **touched)
{
	size_t i;

	for (i = 0; i < batch->count; i++) {
		struct route *route = map_get(router->routes, batch->flows[i].capture_id,
					      0);

		router->of_flow[i] = route;
		if (route && route->batch != router->batches) {
			route->batch = router->batches;
			route->count = 0;
			route->next = *touched;
			*touched = route;
		}
		if (route)
			route->count++;
	}
}

/* All indices are parts of one, so they take four bytes a flow. false: no memory. */
static bool router_sort(struct router *router, struct batch *batch,
			struct route **touched)
{
	uint32_t *index = arena_alloc(&batch->arena, batch->count * sizeof(*index));
	struct route *route;
	size_t i;

	if (!index || !grow(router->of_flow, router->room, batch->count))
		return false;
	count_flows(router, batch, touched);
	for (route = *touched; route; route = route->next) {
		route->index = index;
		index += route->count;
		route->count = 0;
	}
	for (i = 0; i < batch->count; i++) {
		route = router->of_flow[i];
		if (route)
			route->index[route->count++] = (uint32_t)i;
	}
	return true;
}

static void router_offer(const struct route *route, const struct parcel *parcel)
{
	size_t i;

	for (i = 0; i < route->receivers; i++)
		route->receiver[i]->offer(route->receiver[i], parcel);
}

/* Of the receiver that comes next. */
static void prefetch_route(const struct route *route)
{
	if (route)
		prefetch(route->receiver[0], RECEIVER_BYTES);
}

static void router_lose_parcel(const struct route *route, int64_t flows)
{
	size_t i;

	for (i = 0; i < route->receivers; i++)
		if (route->receiver[i]->lose)
			route->receiver[i]->lose(route->receiver[i], flows);
}

static bool lose_each(void *flows, struct str capture_id, void *route)
{
	(void)capture_id;
	router_lose_parcel(route, *(const int64_t *)flows);
	return true;
}

void router_lose(struct router *router, int64_t flows)
{
	router_lose_parcel(&router->all, flows);
	map_each(router->routes, lose_each, &flows);
}

/* A visit to each receiver. */
struct visit {
	void (*call)(void *context, struct receiver *, struct str capture_id);
	void *context;
};

static bool visit_each(void *visit, struct str capture_id, void *of)
{
	const struct visit *v = visit;
	const struct route *route = of;
	size_t i;

	for (i = 0; i < route->receivers; i++)
		v->call(v->context, route->receiver[i], capture_id);
	return true;
}

void router_each(const struct router *router,
		 void (*visit)(void *context, struct receiver *, struct str capture_id),
		 void *context)
{
	struct visit v = { visit, context };

	visit_each(&v, STR(""), (void *)(uintptr_t)&router->all);
	map_each(router->routes, visit_each, &v);
}

static void add_to_sum(void *sum, struct receiver *receiver, struct str capture_id)
{
	uint64_t hash = (uint64_t)(uintptr_t)receiver ^
			((uint64_t)receiver->version << 48);
	size_t i;

	for (i = 0; i < capture_id.len; i++)
		hash = (hash ^ (unsigned char)capture_id.ptr[i]) * 1099511628211u;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	*(uint64_t *)sum += hash ^ hash >> 29;
}

uint64_t router_sum(const struct router *router)
{
	uint64_t sum = 0;

	router_each(router, add_to_sum, &sum);
	return sum;
}

bool router_deliver(struct router *router, struct batch *batch)
{
	struct route *touched = NULL, *route;
	struct parcel *parcels = NULL;
	size_t routes = 1, i;
	bool ok = true;

	router->batches++;
	if (map_count(router->routes) && batch->count)
		ok = router_sort(router, batch, &touched);
	for (route = touched; route; route = route->next)
		routes++;
	if (ok)
		parcels = arena_alloc(&batch->arena, routes * sizeof(*parcels));
	batch_done(batch);
	if (parcels && batch->count) {
		parcels[0] = (struct parcel){ batch, NULL, batch->count };
		router_offer(&router->all, &parcels[0]);
		for (route = touched, i = 1; route; route = route->next, i++) {
			prefetch_route(route->next);
			parcels[i] = (struct parcel){ batch, route->index, route->count };
			router_offer(route, &parcels[i]);
		}
	}
	batch_unref(batch);
	return parcels != NULL;
}
