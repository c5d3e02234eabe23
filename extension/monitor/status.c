/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - see status.h. All but start, serve and stop runs on the thread of
 * the HTTP server. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include "net/httpd.h"
#include "monitor/snapshot.h"
#include "monitor/status.h"
#include "sys/clock.h"

struct status {
	struct httpd *httpd;
	_Atomic(struct exporter *) exporter; /* NULL: not started yet */
	struct history history;
	const struct status_site *site;
	struct status_orders orders;
};

struct look {
	struct history *history;
	int64_t mono_ms;
};

static void status_look_at(void *context, struct tenant *t)
{
	const struct look *look = context;
	const struct stats *stats = tenant_stats(t);
	int64_t value[STAT_COUNT], noted[HISTORY_KINDS];
	int id;

	for (id = 0; id < STAT_COUNT; id++)
		value[id] = stats_get(stats, (enum stat_id)id);
	noted[HISTORY_FLOWS] = value[STAT_FLOWS_RECEIVED];
	noted[HISTORY_RECORDS] = value[STAT_RECORDS_ENCODED];
	noted[HISTORY_LOST_FLOWS] = stats_sum(value, FLOWS_LOST);
	noted[HISTORY_LOST_RECORDS] = stats_sum(value, RECORDS_LOST);
	history_note(look->history, tenant_name(t), noted, look->mono_ms);
}

static void status_on_tick(void *context)
{
	struct status *s = context;
	struct exporter *e = atomic_load(&s->exporter);
	struct look look = { &s->history, clock_now().mono_ms };

	if (!e)
		return;
	exporter_each_tenant(e, status_look_at, &look);
	history_tick(&s->history, look.mono_ms);
}

/* Without a snapshot, which waits for a lock. */
static bool put_stuck(struct exporter *e, struct buf *body)
{
	struct now now = clock_now();
	struct exporter_busy busy;
	struct trouble stuck;

	exporter_look_busy(e, &busy);
	if (!troubles_find_stuck(&busy, now, &stuck))
		return false;
	trouble_put(&stuck, now.wall_ms, body);
	buf_putc(body, '\n');
	return true;
}

/* What has not that weight is said, too. */
static int put_troubles(const struct snapshot *snapshot, enum trouble_weight weight,
			struct buf *body)
{
	if (troubles_put(snapshot, weight, body))
		return 503;
	buf_puts(body, "ok\n");
	troubles_put(snapshot, TROUBLE_WARNS, body);
	return 200;
}

static int put_page(struct status *s, struct exporter *e,
		    const struct httpd_request *request, struct httpd_answer *answer)
{
	struct str path = request->path;
	struct buf *body = answer->body;
	struct snapshot snapshot;
	const struct status_view view = { &snapshot, e, request };
	int status = 200;

	snapshot_take(&snapshot, e, &s->history, clock_now());
	if (snapshot.is_short) {
		buf_puts(body, "out of memory\n");
		status = 503;
	} else if (str_is(path, "/metrics")) {
		answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
		snapshot_put_metrics(&snapshot, body);
	} else if (str_is(path, "/status")) {
		answer->content_type = "application/json";
		snapshot_put_json(&snapshot, body);
	} else if (s->site->has(path)) {
		status = s->site->put(&view, answer);
	} else {
		status = put_troubles(&snapshot,
				      str_is(path, "/readyz") ? TROUBLE_UNREADY
							      : TROUBLE_UNHEALTHY,
				      body);
	}
	snapshot_fini(&snapshot);
	return status;
}

/* Monitors may have any name for a server that listens everywhere. */
static bool status_is_for_us(const struct httpd_request *request)
{
	return request->is_addressed ||
	       (request->is_everywhere &&
		(str_is(request->path, "/metrics") || str_is(request->path, "/healthz") ||
		 str_is(request->path, "/readyz")));
}

static bool status_has(const struct status *s, struct str path)
{
	return str_is(path, "/metrics") || str_is(path, "/status") ||
	       str_is(path, "/readyz") || str_is(path, "/reload") || s->site->has(path);
}

/* The page says who may; a host that has its own way is asked in that way. */
static int status_order(const struct status *s, const struct httpd_request *request,
			struct buf *body)
{
	if (!str_is(request->path, "/reload")) {
		buf_puts(body, "only GET and HEAD are understood\n");
		return 405;
	}
	if (!s->orders.reload) {
		buf_puts(body, "SIGHUP makes this process reload\n");
		return 501;
	}
	if (!request->is_by_owner) {
		buf_puts(body, "only its user and root may tell it to reload, over the "
			       "unix socket of status.listen\n");
		return 403;
	}
	s->orders.reload(s->orders.context);
	buf_puts(body, "it reloads\n");
	return 202;
}

static int status_page(void *context, const struct httpd_request *request,
		       struct httpd_answer *answer)
{
	struct status *s = context;
	struct exporter *e = atomic_load(&s->exporter);
	struct str path = request->path;
	struct buf *body = answer->body;
	bool is_health = str_is(path, "/healthz");

	if (!status_is_for_us(request)) {
		buf_puts(body,
			 "this server is not called that: ask for localhost, for its "
			 "address, or for the name in status.listen\n");
		return 421;
	}
	if (request->is_post)
		return status_order(s, request, body);
	if (is_health && !e) {
		buf_puts(body, "ok\n");
		return 200;
	}
	if (is_health && put_stuck(e, body))
		return 503;
	if (e && str_is(path, "/reload")) {
		answer->content_type = "application/json";
		reload_report_put_json(exporter_reload_report(e), body);
		return 200;
	}
	if (!is_health && !status_has(s, path)) {
		buf_printf(body,
			   "there is: /metrics /healthz /readyz /reload /status %s\n",
			   s->site->paths);
		return 404;
	}
	if (e)
		return put_page(s, e, request, answer);
	buf_puts(body, "starting\n");
	return 503;
}

int status_start(const char *listen, const struct status_site *site,
		 const struct status_orders *orders, struct status **out, struct err *err)
{
	struct status *s = calloc(1, sizeof(*s));
	const struct httpd_options options = {
		.listen = listen,
		.page = status_page,
		.tick = status_on_tick,
		.takes_orders = true,
		.context = s,
	};
	int error;

	if (!s || history_init(&s->history) < 0) {
		free(s);
		err_set(err, "out of memory");
		return -ENOMEM;
	}
	s->site = site;
	s->orders = *orders;
	error = httpd_start(&options, &s->httpd, err);
	if (!error) {
		*out = s;
		return 0;
	}
	history_fini(&s->history);
	free(s);
	return error;
}

void status_serve(struct status *s, struct exporter *e)
{
	if (!s)
		return;
	atomic_store(&s->exporter, e);
}

void status_stop(struct status *s)
{
	if (!s)
		return;
	httpd_stop(s->httpd);
	history_fini(&s->history);
	free(s);
}
