/* SPDX-License-Identifier: Apache-2.0 */
/* check_connect.c - see check_connect.h. */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "command/check_captures.h"
#include "command/check_connect.h"
#include "net/http.h"
#include "settings/destination.h"
#include "sys/clock.h"
#include "sys/io.h"
#include "writer/writer_instance.h"

#define WAIT_MS 15000
#define POLL_MS 20

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

static void ignore_line(void *context, enum skydive_log_level level, const char *line)
{
	(void)context;
	(void)level;
	(void)line;
}

static bool check_stream(const struct settings *s, const struct source_options *source)
{
	const struct skydive_host host = { .size = sizeof(host), .log = ignore_line };
	struct session_identity identity = source_auth_identity(&source->auth,
								&s->identity);
	struct err remark = ERR_INIT;
	struct source_parts parts = {
		.url = source->url,
		.options = source->own,
		.identity = &identity,
		.log = log_new(&host, LOG_DEBUG, &remark),
	};
	bool is_fine = parts.log && source->source->probe(&parts, &remark) == 0;

	log_free(parts.log);
	return connect_say(is_fine, "stream", source->url.shown, remark.text);
}

static bool is_first_of_url(const struct settings *s, size_t at)
{
	struct str url = s->pipeline[at]->source.url.text;
	size_t i;

	for (i = 0; i < at; i++)
		if (!s->pipeline[i]->is_disabled &&
		    str_equal(s->pipeline[i]->source.url.text, url))
			return false;
	return true;
}

static bool check_streams(const struct settings *s)
{
	bool is_fine = true;
	size_t i;

	for (i = 0; i < s->pipelines; i++) {
		const struct source_options *o = &s->pipeline[i]->source;

		if (o->source->probe && !s->pipeline[i]->is_disabled &&
		    is_first_of_url(s, i))
			is_fine = check_stream(s, o) && is_fine;
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

static void say_step(void *context, const char *what, bool is_fine, const char *why)
{
	const struct buf *place = context;

	connect_say(is_fine, what, buf_str(place), why);
}

static bool check_stores(const struct settings *s, struct http *http)
{
	bool is_fine = true;
	size_t i;

	for (i = 0; i < s->pipelines; i++) {
		const struct pipeline_settings *p = s->pipeline[i];
		struct buf place = BUF_INIT(8192);
		const struct probe_report report = { say_step, &place };
		const struct writer_around around = { .http = http, .tenant = p->name };

		if (p->is_disabled)
			continue;
		buf_printf(&place, "%s ", p->name);
		destination_describe(p, &place);
		is_fine = writer_instance_probe(&p->writer, p->store.dirname,
						p->store.bucket.prefix, &around,
						&report) &&
			  is_fine;
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
	is_fine = check_captures(s, http, connect_say) && is_fine;
	is_fine = check_stores(s, http) && is_fine;
	http_free(http);
	return is_fine;
}
