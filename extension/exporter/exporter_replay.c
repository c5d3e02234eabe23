/* SPDX-License-Identifier: Apache-2.0 */
/* exporter_replay.c - the exporter on a recording's clock. See exporter.h. */
#include <poll.h>
#include <stdlib.h>
#include "exporter/exporter_private.h"
#include "sys/clock.h"

#define POLL_MS 5 /* between looks at what the end waits for */

/* Everything that is due up to a time, in order. */
static void run_until(struct exporter *e, int64_t time_ms)
{
	int64_t next_ms = workers_run(e->workers, e->replay_now);

	while (next_ms <= time_ms) {
		if (next_ms > e->replay_now.mono_ms)
			e->replay_now = (struct now){ next_ms, next_ms };
		next_ms = workers_run(e->workers, e->replay_now);
	}
	if (time_ms > e->replay_now.mono_ms)
		e->replay_now = (struct now){ time_ms, time_ms };
}

void exporter_replay(struct exporter *e, char *message, size_t size,
		     enum recording_kind kind, int64_t time_ms)
{
	if (!e->replay_has_begun)
		e->replay_now = (struct now){ time_ms, time_ms };
	e->replay_has_begun = true;
	run_until(e, time_ms - 1);
	e->replay_now = (struct now){ time_ms, time_ms };
	if (e->sources)
		source_instance_deliver(e->source[0], message, size, kind);
	else
		free(message);
	workers_run(e->workers, e->replay_now);
}

static size_t replay_backlog(const struct exporter *e)
{
	size_t objects = 0, i;

	for (i = 0; i < e->tenants; i++)
		objects += tenant_backlog(e->running[i].tenant);
	return objects;
}

size_t exporter_replay_end(struct exporter *e, int64_t time_ms)
{
	int64_t begun_ms = clock_now().mono_ms;
	int64_t until_ms = begun_ms + e->settings->stop_timeout_ms;
	size_t i;

	run_until(e, time_ms);
	for (i = 0; i < e->tenants; i++)
		tenant_finish(e->running[i].tenant);
	workers_run(e->workers, e->replay_now);
	/* A store on the network answers in its own time. */
	while (replay_backlog(e) && clock_now().mono_ms < until_ms) {
		poll(NULL, 0, POLL_MS);
		run_until(e, time_ms + clock_now().mono_ms - begun_ms);
	}
	return replay_backlog(e);
}
