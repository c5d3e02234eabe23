/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - see watch.h. */
#include <stdio.h>
#include "monitor/snapshot.h"
#include "monitor/watch.h"
#include "sys/clock.h"

#define TEXT_MAX 1024

static const struct trouble *first_of(const struct snapshot *s, enum trouble_kind kind)
{
	size_t i = 0;

	while (s->trouble[i].kind != kind)
		i++;
	return &s->trouble[i];
}

static void say_begin(const struct snapshot *s, enum trouble_kind kind, struct log *log)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	trouble_put(first_of(s, kind), s->now.wall_ms, &text);
	log_write(log, LOG_WARNING, "trouble=%s error=\"%s\"", trouble_kinds[kind].name,
		  LOG_QUOTED(buf_str(&text).ptr));
	buf_fini(&text);
}

static void tell_log(struct watch *w, const struct snapshot *s, struct log *log)
{
	int kind;

	for (kind = 0; kind < TROUBLES; kind++) {
		int64_t count = s->trouble_count[kind], before = w->before[kind];

		w->before[kind] = count;
		if (!trouble_kinds[kind].is_logged || !count == !before)
			continue;
		if (count)
			say_begin(s, (enum trouble_kind)kind, log);
		else
			log_write(log, LOG_INFO, "trouble=%s is over",
				  trouble_kinds[kind].name);
	}
}

/* The first one is the heaviest. */
static void sum_up(struct watch *w, const struct snapshot *s)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	size_t count = 0;

	while (count < s->troubles &&
	       trouble_kinds[s->trouble[count].kind].weight >= TROUBLE_WARNS)
		count++;
	w->line[0] = '\0';
	if (!count)
		return;
	trouble_put(&s->trouble[0], s->now.wall_ms, &text);
	snprintf(w->line, sizeof(w->line), " troubles=%zu: %s", count,
		 buf_str(&text).ptr);
	buf_fini(&text);
}

void watch_put(struct watch *w, struct exporter *e, struct log *log, struct buf *line)
{
	struct now now = clock_now();
	struct snapshot snapshot;

	if (!exporter_is_busy(e) &&
	    (!w->looked_ms || now.mono_ms - w->looked_ms >= WATCH_MS)) {
		w->looked_ms = now.mono_ms;
		snapshot_take(&snapshot, e, NULL, now);
		if (!snapshot.is_short) {
			tell_log(w, &snapshot, log);
			sum_up(w, &snapshot);
		}
		snapshot_fini(&snapshot);
	}
	buf_puts(line, w->line);
}
