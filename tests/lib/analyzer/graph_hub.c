/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_hub.h"

#include "edit.h"
#include "message.h"

#include <stdlib.h>
#include <string.h>

struct graph_job {
	struct graph_job *next;
	struct message *msg;
	unsigned what;
	struct graph_seat *seat; /* of GRAPH_REPLY */
};

void graph_hub_init(struct graph_hub *hub, size_t queue_size, const struct graph_ops *ops)
{
	hub->queue_size = queue_size;
	hub->ops = *ops;
	counters_init(&hub->count);
}

static void job_free(struct graph_job *job)
{
	message_unref(job->msg);
	free(job);
}

static void jobs_free(struct graph_job **jobs)
{
	struct graph_job *job;

	while ((job = *jobs)) {
		*jobs = job->next;
		job_free(job);
	}
}

static void jobs_append(struct graph_job **jobs, struct graph_job *job)
{
	while (*jobs)
		jobs = &(*jobs)->next;
	job->next = NULL;
	*jobs = job;
}

/* Nobody waits for the answer any more. */
static void jobs_forget(struct graph_job **jobs, const struct graph_seat *seat)
{
	struct graph_job *job;

	while ((job = *jobs)) {
		if (job->seat != seat) {
			jobs = &job->next;
			continue;
		}
		*jobs = job->next;
		job_free(job);
	}
}

static void seat_free(struct graph_hub *hub, struct graph_seat *seat)
{
	for (; seat->queued; seat->queued--) {
		message_unref(seat->queue[seat->head]);
		seat->head = (seat->head + 1) % hub->queue_size;
	}
	bytes_free(&seat->heard);
	free(seat->queue);
	free(seat->host_id);
	free(seat);
}

void graph_hub_fini(struct graph_hub *hub)
{
	struct graph_seat *seat;

	jobs_free(&hub->jobs);
	jobs_free(&hub->held);
	while ((seat = hub->seats)) {
		hub->seats = seat->next;
		seat_free(hub, seat);
	}
	graph_clear(&hub->graph);
	counters_fini(&hub->count);
}

static void push(struct graph_hub *hub, struct graph_seat *seat, struct message *msg)
{
	size_t tail = (seat->head + seat->queued) % hub->queue_size;

	seat->queue[tail] = message_ref(msg);
	if (++seat->queued > hub->count.queued_max)
		hub->count.queued_max = seat->queued;
	if (seat->owner)
		hub->ops.queued(seat->owner);
}

static bool all_have_room(const struct graph_hub *hub)
{
	const struct graph_seat *seat;

	for (seat = hub->seats; seat; seat = seat->next)
		if (seat->listens && seat->queued == hub->queue_size)
			return false;
	return true;
}

static void tell(struct graph_hub *hub, struct message *event, bool verbatim)
{
	struct telling telling = verbatim ? telling_verbatim(event)
					  : telling_of(&hub->graph, event);
	struct graph_seat *seat;
	struct message *msg;

	for (seat = hub->seats; seat; seat = seat->next) {
		msg = seat->partial ? telling.partial : telling.full;
		if (msg && seat->listens)
			push(hub, seat, msg);
	}
	telling_end(&telling);
	hub->events++;
}

/* Skydive analyzer: a question about another time is refused by the memory
 * backend. Filters are not played here. */
static struct message *make_reply(struct graph_hub *hub, const struct message *request)
{
	struct text asked = { request->obj, request->obj_len };
	struct bytes obj = { .data = NULL };
	struct message *msg;
	bool refused = edit_find(asked, "Time").len ||
		       edit_find(asked, "GremlinFilter").len;

	if (refused)
		bytes_addf(&obj, "null");
	else
		graph_dump(&hub->graph, &obj);
	msg = message_new((struct text){ "Graph", 5 }, (struct text){ "SyncReply", 9 },
			  (struct text){ request->uuid, strlen(request->uuid) }, obj.data,
			  obj.len);
	msg->status = refused ? 400 : 200;
	hub->replies++;
	return msg;
}

static bool do_reply(struct graph_hub *hub, const struct graph_job *job)
{
	struct message *msg;

	if (job->seat->queued == hub->queue_size)
		return false;
	msg = make_reply(hub, job->msg);
	push(hub, job->seat, msg);
	message_unref(msg);
	return true;
}

/* False: it blocks. */
static bool do_job(struct graph_hub *hub, const struct graph_job *job)
{
	unsigned tells = job->what & (GRAPH_TELL | GRAPH_VERBATIM);

	if (job->what & GRAPH_REPLY)
		return do_reply(hub, job);
	if (tells && !all_have_room(hub))
		return false;
	if (tells)
		tell(hub, job->msg, tells & GRAPH_VERBATIM);
	if (job->what & GRAPH_APPLY)
		graph_apply(&hub->graph, job->msg);
	return true;
}

static void go_on(struct graph_hub *hub)
{
	bool was_locked = hub->locked;
	struct graph_job *job;

	while ((job = hub->jobs) && do_job(hub, job)) {
		hub->jobs = job->next;
		job_free(job);
	}
	hub->locked = hub->jobs != NULL;
	if (was_locked && !hub->locked)
		hub->ops.unlocked(hub->ops.ctx);
}

static void add_job(struct graph_hub *hub, struct graph_job **jobs, struct message *msg,
		    unsigned what, struct graph_seat *seat)
{
	struct graph_job *job = mem_zalloc(sizeof(*job));

	*job = (struct graph_job){ .msg = message_ref(msg), .what = what, .seat = seat };
	jobs_append(jobs, job);
	go_on(hub);
}

void graph_hub_event(struct graph_hub *hub, struct message *msg, unsigned what)
{
	add_job(hub, &hub->jobs, msg, what, NULL);
}

void graph_hub_request(struct graph_hub *hub, struct graph_seat *seat,
		       struct message *request)
{
	hub->requests++;
	add_job(hub, hub->hold ? &hub->held : &hub->jobs, request, GRAPH_REPLY, seat);
	hub->ops.progress(hub->ops.ctx);
}

void graph_hub_hold(struct graph_hub *hub, bool hold)
{
	struct graph_job *job;

	hub->hold = hold;
	while (!hold && (job = hub->held)) {
		hub->held = job->next;
		jobs_append(&hub->jobs, job);
	}
	go_on(hub);
	hub->ops.progress(hub->ops.ctx);
}

struct message *graph_hub_pop(struct graph_hub *hub, struct graph_seat *seat)
{
	struct message *msg;

	if (!seat->queued)
		return NULL;
	msg = seat->queue[seat->head];
	seat->head = (seat->head + 1) % hub->queue_size;
	seat->queued--;
	seat->writing = true;
	go_on(hub);
	hub->ops.progress(hub->ops.ctx);
	return msg;
}

struct graph_seat *graph_hub_join(struct graph_hub *hub, const char *host_id,
				  bool partial, bool listens, void *owner)
{
	struct graph_seat *seat = mem_zalloc(sizeof(*seat)), **link = &hub->seats;

	*seat = (struct graph_seat){ .host_id = mem_strndup(host_id, strlen(host_id)),
				     .partial = partial,
				     .listens = listens,
				     .owner = owner };
	seat->queue = mem_zalloc(hub->queue_size * sizeof(*seat->queue));
	while (*link)
		link = &(*link)->next;
	*link = seat;
	return seat;
}

void graph_hub_leave(struct graph_hub *hub, struct graph_seat *seat)
{
	struct graph_seat **link = &hub->seats;

	seat->owner = NULL;
	seat->writing = false;
	jobs_forget(&hub->held, seat);
	if (graph_hub_locked(hub) && seat->queued == hub->queue_size)
		return;
	jobs_forget(&hub->jobs, seat);
	while (*link != seat)
		link = &(*link)->next;
	*link = seat->next;
	seat_free(hub, seat);
	go_on(hub);
	hub->ops.progress(hub->ops.ctx);
}

bool graph_hub_has_host(const struct graph_hub *hub, const char *host_id)
{
	const struct graph_seat *seat;

	for (seat = hub->seats; seat; seat = seat->next)
		if (seat->owner && !strcmp(seat->host_id, host_id))
			return true;
	return false;
}

bool graph_hub_locked(const struct graph_hub *hub)
{
	return hub->locked;
}

bool graph_hub_has_room(const struct graph_hub *hub, size_t window)
{
	const struct graph_seat *seat;

	for (seat = hub->seats; seat; seat = seat->next)
		if (seat->owner &&
		    (seat->queued >= window || seat->queued == hub->queue_size))
			return false;
	return !hub->locked && graph_hub_subscribers(hub) > 0;
}

bool graph_hub_empty(const struct graph_hub *hub)
{
	const struct graph_seat *seat;

	for (seat = hub->seats; seat; seat = seat->next)
		if (seat->writing || (seat->queued && seat->owner))
			return false;
	return !hub->locked;
}

size_t graph_hub_subscribers(const struct graph_hub *hub)
{
	const struct graph_seat *seat;
	size_t count = 0;

	for (seat = hub->seats; seat; seat = seat->next)
		count += seat->owner != NULL;
	return count;
}
