/* SPDX-License-Identifier: Apache-2.0 */
/* exposition.c - see exposition.h. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "tenant/exposition.h"
#include "net/httpd.h"

#define RETRY_MS   2000
#define LISTEN_MAX 32

struct exposition {
	const char *name;
	struct log *log;
	char listen[LISTEN_MAX];
	struct httpd *httpd;
	bool is_closed;
	int64_t retry_ms; /* monotonic */

	pthread_mutex_t lock; /* of what follows */
	struct series *series;
	int64_t since_ms; /* Unix, of the error; 0: it listens */
	char error[256];
};

struct exposition *exposition_new(const struct prom_sky_con *options, const char *name,
				  struct log *log)
{
	struct exposition *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->name = name;
	e->log = log;
	snprintf(e->listen, sizeof(e->listen), ":" STR_FMT, STR_ARG(options->port));
	pthread_mutex_init(&e->lock, NULL);
	e->series = series_new(options->connection_timeout_ms,
			       (size_t)options->max_connections);
	if (e->series)
		return e;
	exposition_free(e);
	return NULL;
}

void exposition_free(struct exposition *e)
{
	if (!e)
		return;
	exposition_close(e);
	series_free(e->series);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

struct series *exposition_series(struct exposition *e)
{
	return e->series;
}

void exposition_enter(struct exposition *e)
{
	if (e)
		pthread_mutex_lock(&e->lock);
}

void exposition_leave(struct exposition *e)
{
	if (e)
		pthread_mutex_unlock(&e->lock);
}

/* Whatever its Host: it listens everywhere, and what scrapes it has any name for it. */
static int exposition_page(void *context, const struct httpd_request *request,
			   struct httpd_answer *answer)
{
	struct exposition *e = context;
	int error;

	if (!str_is(request->path, "/metrics")) {
		buf_puts(answer->body, "there is: /metrics\n");
		return 404;
	}
	exposition_enter(e);
	error = series_put(e->series, answer->body);
	exposition_leave(e);
	if (error) {
		buf_puts(answer->body, "out of memory\n");
		return 503;
	}
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return 200;
}

/* Logged once, and again when it has changed. */
static void exposition_note(struct exposition *e, const char *error, struct now now)
{
	bool is_new = strcmp(e->error, error) != 0;

	exposition_enter(e);
	snprintf(e->error, sizeof(e->error), "%s", error);
	if (!*error || !e->since_ms)
		e->since_ms = *error ? now.wall_ms : 0;
	exposition_leave(e);
	if (*error && is_new)
		log_write(e->log, LOG_ERROR,
			  "tenant=%s metrics=closed listen=%s error=\"%s\"", e->name,
			  e->listen, LOG_QUOTED(error));
	else if (!*error)
		log_write(e->log, LOG_INFO, "tenant=%s metrics=open listen=%s", e->name,
			  e->listen);
}

int64_t exposition_listen(struct exposition *e, struct now now)
{
	const struct httpd_options options = { .listen = e->listen,
					       .page = exposition_page,
					       .context = e };
	struct err err = ERR_INIT;

	if (e->httpd || e->is_closed)
		return NEVER_MS;
	if (now.mono_ms < e->retry_ms)
		return e->retry_ms;
	if (httpd_start(&options, &e->httpd, &err) == 0) {
		exposition_note(e, "", now);
		return NEVER_MS;
	}
	e->httpd = NULL;
	exposition_note(e, err.text, now);
	e->retry_ms = now.mono_ms + RETRY_MS;
	return e->retry_ms;
}

void exposition_close(struct exposition *e)
{
	if (!e)
		return;
	httpd_stop(e->httpd);
	e->httpd = NULL;
	e->is_closed = true;
}

int64_t exposition_error(struct exposition *e, char *text, size_t size)
{
	int64_t since_ms;

	exposition_enter(e);
	since_ms = e->since_ms;
	if (since_ms)
		snprintf(text, size, "%s", e->error);
	exposition_leave(e);
	return since_ms;
}
