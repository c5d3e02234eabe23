/* SPDX-License-Identifier: Apache-2.0 */
/* check_connect.c - see check_connect.h. */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "command/check_connect.h"
#include "sys/clock.h"
#include "sys/io.h"

#define STREAM_MS 30000 /* longer than any time-out of a connection */
#define WAIT_MS	  15000
#define POLL_MS	  20

#define LOGGED_IN "the user had to log in, with POST /login, and was accepted"

/* why it failed, or what else is to be said of what is fine. */
static bool connect_say(bool is_fine, const char *what, struct str which, const char *why)
{
	struct buf line = BUF_INIT(8192);

	buf_printf(&line, "%s " STR_FMT ": %s%s%s\n", what, STR_ARG(which),
		   is_fine ? "fine" : "failed", is_fine && !*why ? "" : ": ", why);
	io_write(STDOUT_FILENO, buf_str(&line));
	buf_fini(&line);
	return is_fine;
}

/* What becomes of the subscriber's first attempt. */
struct attempt {
	atomic_bool has_ended;
	char why[256]; /* written before that */
};

static void note_end(void *context, const char *why)
{
	struct attempt *a = context;

	if (atomic_load(&a->has_ended))
		return;
	snprintf(a->why, sizeof(a->why), "%s", why);
	atomic_store(&a->has_ended, true);
}

static enum heard connect_ignore(void *context, char *message, size_t size,
				 enum framing framing)
{
	(void)context;
	(void)size;
	(void)framing;
	free(message);
	return HEARD_OTHER;
}

static void ignore_line(void *context, enum skydive_log_level level, const char *line)
{
	(void)context;
	(void)level;
	(void)line;
}

/* Accepted, and the first ping came. */
static bool check_stream(const struct tenant_settings *t)
{
	const struct skydive_host host = { .size = sizeof(host), .log = ignore_line };
	struct attempt attempt = { .why = "no answer" };
	struct subscriber_options options = t->source;
	int64_t until_ms = clock_now().mono_ms + STREAM_MS;
	struct err err = ERR_INIT;
	struct subscriber *s;
	const char *why = attempt.why;
	bool is_fine = false;

	options.log = log_new(&host, LOG_DEBUG, &err);
	options.deliver = connect_ignore;
	options.ended = note_end;
	options.context = &attempt;
	s = options.log ? subscriber_start(&options, &err) : NULL;
	while (s && !is_fine && !atomic_load(&attempt.has_ended) &&
	       clock_now().mono_ms < until_ms) {
		poll(NULL, 0, POLL_MS);
		is_fine = subscriber_stats(s)->connects > 0;
	}
	if (is_fine)
		why = subscriber_stats(s)->logins ? LOGGED_IN : "";
	subscriber_stop(s);
	log_free(options.log);
	return connect_say(is_fine, "stream", t->url, s ? why : err.text);
}

static bool check_streams(const struct settings *s)
{
	bool is_fine = true;
	size_t i, j;

	for (i = 0; i < s->tenants; i++) {
		for (j = 0; j < i && !str_equal(s->tenant[j].url, s->tenant[i].url); j++)
			;
		if (j == i && source_url_is_websocket(&s->tenant[i].source.url))
			is_fine = check_stream(&s->tenant[i]) && is_fine;
	}
	return is_fine;
}

static void connect_wake(void *context)
{
	atomic_store((atomic_bool *)context, true);
}

static bool check_analyzer(const struct settings *s, struct str analyzer,
			   struct http *http)
{
	struct topology_options options = s->topology;
	struct topology_counters counters = { 0 };
	int64_t until_ms = clock_now().mono_ms + WAIT_MS;
	struct err err = ERR_INIT;
	struct topology *topology;
	atomic_bool is_answered = false;
	struct asker asker;

	options.analyzers = (struct strs){ &analyzer, 1 };
	topology = topology_new(&options, http, &err);
	if (!topology)
		return connect_say(false, "topology", analyzer, err.text);
	asker_init(&asker, topology, connect_wake, &is_answered);
	asker.answers.find(&asker.answers,
			   STR("G.V().Has(\"TID\", \"skydive-exporter\")"));
	while (!atomic_load(&is_answered) && clock_now().mono_ms < until_ms)
		poll(NULL, 0, POLL_MS);
	asker_fini(&asker);
	topology_count(topology, &counters);
	topology_free(topology);
	if (atomic_load(&is_answered) && !counters.failed)
		return connect_say(true, "topology", analyzer,
				   counters.logins ? LOGGED_IN : "");
	return connect_say(false, "topology", analyzer,
			   *counters.error ? counters.error : "no answer");
}

static bool check_rest(const struct settings *s, struct http *http)
{
	bool is_fine = true;
	size_t i;

	for (i = 0; i < s->topology.analyzers.count; i++)
		is_fine = check_analyzer(s, s->topology.analyzers.item[i], http) &&
			  is_fine;
	return is_fine;
}

static void say_step(void *context, const char *what, const char *why)
{
	const struct buf *place = context;

	connect_say(!why, what, buf_str(place), why ? why : "");
}

static bool check_stores(const struct settings *s, struct http *http)
{
	bool is_fine = true;
	size_t i;

	for (i = 0; i < s->tenants; i++) {
		struct buf place = BUF_INIT(8192);
		const struct probe_report report = { say_step, &place };

		buf_printf(&place, "%s ", s->tenant[i].name);
		tenant_destination(s->tenant[i].tenant, &place);
		is_fine = tenant_probe(s->tenant[i].tenant, http, &report) && is_fine;
		buf_fini(&place);
	}
	return is_fine;
}

bool check_connect(struct settings *s)
{
	struct err err = ERR_INIT;
	struct http *http = http_new(&err);
	bool is_fine;

	if (!http)
		return connect_say(false, "http", STR("client"), err.text);
	is_fine = check_streams(s);
	is_fine = check_rest(s, http) && is_fine;
	is_fine = check_stores(s, http) && is_fine;
	http_free(http);
	return is_fine;
}
