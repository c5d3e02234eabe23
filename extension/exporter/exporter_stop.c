/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_stop.c - what is in memory becomes objects, what can be stored is.
 * See exporter_stop() in exporter.h.
 */
#include <poll.h>
#include "exporter/exporter_private.h"
#include "sys/clock.h"

#define POLL_MS 5 /* between looks at what a stop waits for */

static bool is_finishing(struct exporter *e)
{
	bool is_finishing = false;
	struct tenant *t;
	size_t i;

	pthread_mutex_lock(&e->lock);
	for (i = 0; (t = exporter_nth_tenant(e, i)); i++)
		is_finishing = is_finishing || !tenant_is_finished(t);
	pthread_mutex_unlock(&e->lock);
	return is_finishing;
}

/* Whether something may still be stored: a degraded store is not waited for. */
static bool is_draining(struct exporter *e)
{
	bool is_draining = false;
	struct tenant *t;
	size_t i;

	pthread_mutex_lock(&e->lock);
	for (i = 0; (t = exporter_nth_tenant(e, i)); i++)
		is_draining = is_draining ||
			      (tenant_backlog(t) && !tenant_is_degraded(t));
	pthread_mutex_unlock(&e->lock);
	return is_draining;
}

static bool may_go_on(struct exporter *e, int64_t until_ms)
{
	return !atomic_load(&e->is_cut_short) && clock_now().mono_ms < until_ms;
}

size_t exporter_stop(struct exporter *e)
{
	int64_t until_ms = clock_now().mono_ms + e->settings->stop_timeout_ms;
	struct tenant *t;
	size_t left, i;

	log_write(e->log, LOG_INFO, "state=stopping");
	pthread_mutex_lock(&e->lock);
	atomic_store(&e->is_stopping, true);
	for (i = 0; i < e->sources; i++)
		source_instance_halt(e->source[i]);
	pthread_mutex_unlock(&e->lock);
	topology_halt(e->topology);
	/* Whose number only a reload changes, and it opens nothing any more. */
	for (i = 0; i < e->sources; i++)
		source_instance_stop(e->source[i]);
	pthread_mutex_lock(&e->lock);
	for (i = 0; (t = exporter_nth_tenant(e, i)); i++)
		tenant_finish(t);
	pthread_mutex_unlock(&e->lock);
	while (is_finishing(e) && may_go_on(e, until_ms))
		poll(NULL, 0, POLL_MS);
	while (is_draining(e) && may_go_on(e, until_ms))
		poll(NULL, 0, POLL_MS);
	pthread_mutex_lock(&e->lock);
	left = exporter_backlog(e);
	pthread_mutex_unlock(&e->lock);
	if (left)
		log_write(e->log, LOG_WARNING,
			  "state=stopped objects_left=%zu they stay in the spool; the "
			  "next start uploads them",
			  left);
	else
		log_write(e->log, LOG_INFO, "state=stopped");
	return left;
}

void exporter_cut_short(struct exporter *e)
{
	atomic_store(&e->is_cut_short, true);
}
