/* SPDX-License-Identifier: Apache-2.0 */
/* extension.c - the exported table: calls of the host become calls of the
 * exporter. Everything a host may rely on is said in skydive/extension.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "command/command.h"
#include "exporter/exporter.h"
#include "monitor/status.h"
#include "monitor/watch.h"
#include "page/pages.h"
#include "sys/c_locale.h"
#include "sys/clock.h"
#include "sys/thread.h"
#include "base/version.h"

#define STATE_MS       1000
#define STOP_MARGIN_MS 10000 /* for what is done after the waiting */
#define CHANGES_MAX    ((size_t)1 << 20)
#define PATIENCE_MS    5000 /* a subscription is in place with the analyzer's first ping */

extern char **environ;

struct instance {
	struct skydive_host host;
	char *config; /* the path, for a reload */
	struct log *log;
	struct exporter *exporter;
	struct status *status;	/* NULL: off */
	char *status_listen;	/* NULL: do not */
	bool is_status_default; /* nobody asked for it */
	atomic_bool is_stopping;
	_Atomic int64_t stops_until_ms; /* monotonic: then it should be over */

	/* Tells the host once a second what goes on. */
	pthread_t reporter;
	bool has_reporter, is_ready;
	struct watch watch;
	int64_t patient_until_ms; /* monotonic */
	int64_t stop_timeout_ms;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_over;
};

static int extension_fail(char *reason, size_t size, const char *text)
{
	snprintf(reason, size, "%s", text);
	return -EINVAL;
}

/* Hosts that are older than a member do not have it. */
static void copy_host(struct skydive_host *to, const struct skydive_host *from)
{
	memset(to, 0, sizeof(*to));
	if (from)
		memcpy(to, from, from->size < sizeof(*to) ? from->size : sizeof(*to));
}

static struct settings *read_settings(const char *config, struct log *log, char *reason,
				      size_t size)
{
	struct problems problems = PROBLEMS_INIT;
	struct settings *settings = settings_read(config, environ, log, &problems);

	if (!settings || problems.count) {
		extension_fail(reason, size, buf_str(&problems.text).ptr);
		settings_free(settings);
		settings = NULL;
	}
	problems_fini(&problems);
	return settings;
}

static int extension_check(const char *config, char *reason, size_t size)
{
	IN_C_LOCALE;
	struct settings *settings = read_settings(config, NULL, reason, size);

	settings_free(settings);
	return settings ? 0 : -EINVAL;
}

static void instance_free(struct instance *in)
{
	status_stop(in->status);
	exporter_free(in->exporter);
	log_free(in->log);
	pthread_cond_destroy(&in->changed);
	pthread_mutex_destroy(&in->lock);
	free(in->config);
	free(in->status_listen);
	free(in);
}

/* Takes the settings. */
static struct exporter *extension_open_exporter(struct instance *in,
						struct settings *settings,
						struct err *err)
{
	struct log_outputs *outputs = log_outputs_new(&settings->logging, &in->host, err);

	if (!outputs) {
		err_prefix(err, "logging.%s", err->key);
		settings_free(settings);
		return NULL;
	}
	log_set_outputs(in->log, outputs);
	return exporter_new(settings, NULL, in->log, err);
}

static int extension_open(const struct skydive_host *host, const char *config,
			  void **instance, char *reason, size_t size)
{
	IN_C_LOCALE;
	struct instance *in = calloc(1, sizeof(*in));
	struct settings *settings;
	struct err err = ERR_INIT;

	if (!in)
		return extension_fail(reason, size, "out of memory");
	copy_host(&in->host, host);
	in->config = strdup(config);
	pthread_mutex_init(&in->lock, NULL);
	thread_condition_init(&in->changed);
	in->log = log_new(&in->host, LOG_INFO, &err);
	settings = in->log ? read_settings(config, in->log, reason, size) : NULL;
	if (!in->log)
		extension_fail(reason, size, err.text);
	if (settings) {
		in->stop_timeout_ms = settings->stop_timeout_ms;
		in->is_status_default = settings->status.is_default;
		if (settings->status.listen.len)
			in->status_listen = strdup(settings->status.listen.ptr);
		in->exporter = extension_open_exporter(in, settings, &err);
		if (!in->exporter)
			extension_fail(reason, size, err.text);
	}
	if (!in->exporter) {
		instance_free(in);
		return -EINVAL;
	}
	*instance = in;
	return 0;
}

/* It runs: what is not in place after a while is said to be tried. */
static enum skydive_state state_of(struct instance *in, bool is_in_place)
{
	in->is_ready = in->is_ready || is_in_place;
	if (atomic_load(&in->is_stopping))
		return SKYDIVE_STATE_STOPPING;
	if (in->is_ready)
		return SKYDIVE_STATE_READY;
	return in->host.minor < 1 || clock_now().mono_ms < in->patient_until_ms
		       ? SKYDIVE_STATE_STARTING
		       : SKYDIVE_STATE_TRYING;
}

/* A stop that takes longer than it may is not said to go on. */
static void tell_state(struct instance *in)
{
	struct buf line = BUF_INIT(1024);
	bool is_in_place = exporter_describe(in->exporter, &line);
	enum skydive_state state = state_of(in, is_in_place);

	if (state != SKYDIVE_STATE_STOPPING)
		watch_put(&in->watch, in->exporter, in->log, &line);
	if (in->host.state && (state != SKYDIVE_STATE_STOPPING ||
			       clock_now().mono_ms < atomic_load(&in->stops_until_ms)))
		in->host.state(in->host.context, state, buf_str(&line).ptr);
	buf_fini(&line);
}

static void *extension_report(void *argument)
{
	struct instance *in = argument;
	struct timespec until;

	pthread_mutex_lock(&in->lock);
	while (!in->is_over) {
		until = clock_timespec(clock_now().mono_ms + STATE_MS);
		if (exporter_has_moved(in->exporter) && in->host.alive)
			in->host.alive(in->host.context);
		tell_state(in);
		pthread_cond_timedwait(&in->changed, &in->lock, &until);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

/* Before anything else: what was configured must work. */
static int listen_for_status(struct instance *in, struct err *err)
{
	const struct status_orders orders = { in->host.reload, in->host.context };

	if (!in->status_listen ||
	    status_start(in->status_listen, &page_site, &orders, &in->status, err) == 0)
		return 0;
	if (!in->is_status_default) {
		err_prefix(err, "status.listen");
		return -EINVAL;
	}
	log_write(in->log, LOG_WARNING,
		  "status=off error=\"%s\" set status.listen to an "
		  "address, or to \"\" for none",
		  LOG_QUOTED(err->text));
	return 0;
}

static int extension_start(void *instance, char *reason, size_t size)
{
	IN_C_LOCALE;
	struct instance *in = instance;
	struct err err = ERR_INIT;

	if (listen_for_status(in, &err) < 0 || exporter_start(in->exporter, &err) < 0)
		return extension_fail(reason, size, err.text);
	/* Before the first source: who sees it subscribe may ask for its numbers. */
	status_serve(in->status, in->exporter);
	in->patient_until_ms = clock_now().mono_ms + PATIENCE_MS;
	if (exporter_subscribe(in->exporter, &err) < 0)
		return extension_fail(reason, size, err.text);
	in->has_reporter = thread_start(&in->reporter, "reporter", extension_report,
					in) == 0;
	return 0;
}

static int extension_reload(void *instance, char *reason, size_t size)
{
	IN_C_LOCALE;
	struct problems problems = PROBLEMS_INIT;
	struct instance *in = instance;
	struct reload_report *report = exporter_reload_report(in->exporter);
	struct buf changes = BUF_INIT(CHANGES_MAX);
	struct map *known = exporter_known(in->exporter);
	struct settings *settings;
	struct err err = ERR_INIT;
	int error = 0;

	reload_report_begin(report);
	settings = settings_read_written(in->config, environ, known, in->log, &problems);
	map_free(known);
	if (settings &&
	    exporter_reload(in->exporter, settings, &changes, &problems, &err) < 0)
		problems_add(&problems, "%s", err.text);
	/* What is wrong is said, also when the rest has taken effect. */
	if (problems.count)
		error = extension_fail(reason, size, buf_str(&problems.text).ptr);
	reload_report_end(report, exporter_generation(in->exporter), buf_str(&changes),
			  buf_str(&problems.text));
	buf_fini(&changes);
	problems_fini(&problems);
	return error;
}

static int extension_stop(void *instance)
{
	IN_C_LOCALE;
	struct instance *in = instance;

	if (atomic_exchange(&in->is_stopping, true)) {
		exporter_cut_short(in->exporter);
		return 0;
	}
	atomic_store(&in->stops_until_ms,
		     clock_now().mono_ms + in->stop_timeout_ms + STOP_MARGIN_MS);
	exporter_stop(in->exporter);
	status_stop(in->status);
	in->status = NULL;
	if (!in->has_reporter)
		return 0;
	pthread_mutex_lock(&in->lock);
	tell_state(in);
	in->is_over = true;
	pthread_cond_signal(&in->changed);
	pthread_mutex_unlock(&in->lock);
	pthread_join(in->reporter, NULL);
	return 0;
}

static void extension_close(void *instance)
{
	IN_C_LOCALE;

	if (instance)
		instance_free(instance);
}

static int extension_command(const struct skydive_host *host, int argc, char **argv)
{
	IN_C_LOCALE;

	return command_run(host, argc, argv);
}

extern const struct skydive_extension skydive_extension_v1;

__attribute__((visibility("default")))
const struct skydive_extension skydive_extension_v1 = {
	.size = sizeof(struct skydive_extension),
	.minor = SKYDIVE_EXTENSION_MINOR,
	.name = "skydive-exporter",
	.version = VERSION,
	.check = extension_check,
	.open = extension_open,
	.start = extension_start,
	.reload = extension_reload,
	.stop = extension_stop,
	.close = extension_close,
	.command = extension_command,
};
