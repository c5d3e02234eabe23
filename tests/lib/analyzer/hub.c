/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"

#include "bytes.h"
#include "message.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void nsset_add(struct nsset *set, const char *name)
{
	if (nsset_has(set, name))
		return;
	set->names = mem_realloc(set->names, (set->count + 1) * sizeof(*set->names));
	set->names[set->count++] = mem_strndup(name, strlen(name));
}

bool nsset_has(const struct nsset *set, const char *name)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (!strcmp(set->names[i], name))
			return true;
	return false;
}

void nsset_clear(struct nsset *set)
{
	while (set->count)
		free(set->names[--set->count]);
	free(set->names);
	set->names = NULL;
}

void hub_init(struct hub *hub, struct counters *count, size_t queue_size,
	      const struct hub_ops *ops)
{
	*hub = (struct hub){ .count = count, .queue_size = queue_size, .ops = *ops };
}

struct speaker *hub_speaker_new(const char *host_id, bool protobuf, void *owner)
{
	struct speaker *speaker = mem_zalloc(sizeof(*speaker));

	speaker->host_id = mem_strndup(host_id, strlen(host_id));
	speaker->protobuf = protobuf;
	speaker->owner = owner;
	return speaker;
}

static void speaker_free(struct hub *hub, struct speaker *speaker)
{
	for (; speaker->queued; speaker->queued--) {
		struct message *msg = speaker->queue[speaker->head];

		hub->count->lost_flows += msg->flow_count;
		message_unref(msg);
		speaker->head = (speaker->head + 1) % hub->queue_size;
	}
	free(speaker->queue);
	nsset_clear(&speaker->filter);
	free(speaker->host_id);
	free(speaker);
}

static void batch_end(struct hub *hub)
{
	size_t i;

	for (i = 0; i < hub->batch_count; i++)
		message_unref(hub->batch[i]);
	free(hub->batch);
	hub->batch = NULL;
	hub->batch_count = 0;
}

static void list_free(struct hub *hub, struct speaker *speaker)
{
	struct speaker *next;

	for (; speaker; speaker = next) {
		next = speaker->next;
		speaker_free(hub, speaker);
	}
}

void hub_fini(struct hub *hub)
{
	batch_end(hub);
	list_free(hub, hub->pool);
	list_free(hub, hub->waiting);
	nsset_clear(&hub->gate);
}

static bool due(const struct speaker *speaker, int64_t now)
{
	return speaker->leave_at_us && speaker->leave_at_us <= now;
}

bool hub_idle(const struct hub *hub)
{
	return !hub->batch_count;
}

/* Somebody who wants to leave counts as a writer who waits, too. */
bool hub_readable(const struct hub *hub)
{
	const struct speaker *speaker;

	if (hub_idle(hub))
		return true;
	for (speaker = hub->pool; speaker; speaker = speaker->next)
		if (speaker->cleaned)
			return false;
	return !hub->waiting;
}

bool hub_has_host(const struct hub *hub, const char *host_id)
{
	const struct speaker *speaker;

	for (speaker = hub->pool; speaker; speaker = speaker->next)
		if (!strcmp(speaker->host_id, host_id))
			return true;
	return false;
}

static void list_append(struct speaker **list, struct speaker *speaker)
{
	while (*list)
		list = &(*list)->next;
	speaker->next = NULL;
	*list = speaker;
}

static void list_remove(struct speaker **list, const struct speaker *speaker)
{
	while (*list != speaker)
		list = &(*list)->next;
	*list = speaker->next;
}

bool hub_join(struct hub *hub, struct speaker *speaker)
{
	speaker->queue = mem_zalloc(hub->queue_size * sizeof(*speaker->queue));
	speaker->waiting = !hub_idle(hub);
	list_append(speaker->waiting ? &hub->waiting : &hub->pool, speaker);
	return !speaker->waiting;
}

/* Once for each who leaves, and without asking for the lock. */
static void empty_gate(struct hub *hub, int64_t now)
{
	struct speaker *speaker;

	for (speaker = hub->pool; speaker; speaker = speaker->next) {
		if (!due(speaker, now) || speaker->cleaned)
			continue;
		nsset_clear(&hub->gate);
		speaker->cleaned = true;
	}
}

/* What had to wait for the lock, in the order of the real thing: first who
 * leaves, so that a host id is free again for who comes. */
static void unlock(struct hub *hub, int64_t now)
{
	struct speaker **link = &hub->pool, *speaker;

	while ((speaker = *link)) {
		if (!due(speaker, now)) {
			link = &speaker->next;
			continue;
		}
		*link = speaker->next;
		speaker_free(hub, speaker);
	}
	while ((speaker = hub->waiting)) {
		hub->waiting = speaker->next;
		speaker->waiting = false;
		list_append(&hub->pool, speaker);
		hub->ops.joined(speaker->owner);
	}
}

void hub_leave(struct hub *hub, struct speaker *speaker)
{
	int64_t now = clock_us();

	speaker->owner = NULL;
	speaker->writing = false;
	if (speaker->waiting) {
		nsset_clear(&hub->gate);
		list_remove(&hub->waiting, speaker);
		speaker_free(hub, speaker);
		return;
	}
	speaker->leave_at_us = now + hub->leave_delay_us;
	hub_tick(hub, now);
}

void hub_tick(struct hub *hub, int64_t now_us)
{
	empty_gate(hub, now_us);
	if (hub_idle(hub))
		unlock(hub, now_us);
	hub->ops.progress(hub->ops.ctx);
}

bool hub_has_room(const struct hub *hub, size_t window)
{
	const struct speaker *speaker;

	for (speaker = hub->pool; speaker; speaker = speaker->next)
		if (speaker->owner && speaker->queued >= window)
			return false;
	return hub_subscribers(hub) > 0;
}

static void push(struct hub *hub, struct speaker *speaker, struct message *msg)
{
	size_t tail = (speaker->head + speaker->queued) % hub->queue_size;

	speaker->queue[tail] = message_ref(msg);
	if (++speaker->queued > hub->count->queued_max)
		hub->count->queued_max = speaker->queued;
	if (!speaker->owner)
		return;
	hub->delivered = true;
	hub->ops.queued(speaker->owner);
}

/* Puts batch[batch_at] on the queues; false if it blocks on one of them. */
static bool deliver(struct hub *hub)
{
	struct message *msg = hub->batch[hub->batch_at];
	struct speaker *speaker;

	if (!hub->started) {
		bool open = !hub->silent && nsset_has(&hub->gate, msg->ns) &&
			    !(hub->without_stats && !strcmp(msg->ns, "stats"));

		hub->speaker_at = open ? hub->pool : NULL;
		hub->started = true;
		hub->delivered = false;
	}
	for (; (speaker = hub->speaker_at); hub->speaker_at = speaker->next) {
		if (!nsset_has(&speaker->filter, msg->ns) &&
		    !nsset_has(&speaker->filter, "*"))
			continue;
		if (speaker->queued == hub->queue_size)
			return false;
		push(hub, speaker, msg);
	}
	hub->started = false;
	if (!strcmp(msg->ns, "flow")) {
		hub->count->broadcast_flows += msg->flow_count;
		if (!hub->delivered)
			hub->count->missed_flows += msg->flow_count;
	}
	return true;
}

static void go_on(struct hub *hub)
{
	int64_t now;

	while (hub->batch_at < hub->batch_count) {
		if (!deliver(hub)) {
			if (!hub->blocked_since_us)
				hub->blocked_since_us = clock_us();
			return;
		}
		hub->batch_at++;
	}
	batch_end(hub);
	if (!hub->blocked_since_us)
		return;
	now = clock_us();
	hub->count->blocked_us += (uint64_t)(now - hub->blocked_since_us);
	hub->blocked_since_us = 0;
	empty_gate(hub, now);
	unlock(hub, now);
}

void hub_broadcast(struct hub *hub, struct message *msg)
{
	struct message *part;
	size_t i;

	hub->batch = mem_zalloc((hub->gate.count + 1) * sizeof(*hub->batch));
	hub->batch[0] = message_ref(msg);
	hub->batch_count = 1;
	hub->batch_at = 0;
	for (i = 0; !strcmp(msg->ns, "flow") && i < hub->gate.count; i++) {
		if (strncmp(hub->gate.names[i], "flow/", 5))
			continue;
		part = message_pick(msg, hub->gate.names[i] + 5);
		if (part)
			hub->batch[hub->batch_count++] = part;
	}
	go_on(hub);
}

struct message *hub_pop(struct hub *hub, struct speaker *speaker)
{
	bool blocked_here = !hub_idle(hub) && hub->speaker_at == speaker;
	struct message *msg;

	if (!speaker->queued)
		return NULL;
	msg = speaker->queue[speaker->head];
	speaker->head = (speaker->head + 1) % hub->queue_size;
	speaker->queued--;
	speaker->writing = true;
	if (blocked_here)
		go_on(hub);
	hub->ops.progress(hub->ops.ctx);
	return msg;
}

bool hub_empty(const struct hub *hub)
{
	const struct speaker *speaker;

	for (speaker = hub->pool; speaker; speaker = speaker->next)
		if (speaker->writing || (speaker->queued && speaker->owner))
			return false;
	return hub_idle(hub);
}

size_t hub_subscribers(const struct hub *hub)
{
	const struct speaker *speaker;
	size_t count = 0;

	for (speaker = hub->pool; speaker; speaker = speaker->next)
		count += speaker->owner != NULL;
	return count;
}

size_t hub_queued(const struct hub *hub)
{
	const struct speaker *speaker;
	size_t count = 0;

	for (speaker = hub->pool; speaker; speaker = speaker->next)
		count += speaker->queued;
	return count;
}
