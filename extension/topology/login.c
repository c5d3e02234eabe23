/* SPDX-License-Identifier: Apache-2.0 */
/* login.c - see login.h. */
#include <errno.h>
#include <stdio.h>
#include "net/credentials.h"
#include "sys/clock.h"
#include "topology/topology_private.h"

#define REPLY_MAX	   ((size_t)256 * 1024)
#define TOKEN_MAX	   (16 * 1024)
#define CONNECT_TIMEOUT_MS 5000
#define TIMEOUT_MS	   10000
/* Somebody must change something first; and too many wrong ones lock a user. */
#define REFUSED_MS	   30000

static const char *const headers[] = {
	"Content-Type: application/x-www-form-urlencoded",
	"Accept: application/json",
	NULL,
};

static void on_login(struct http_request *r);

static void login_start(struct topology *t, struct login *login)
{
	login->is_running = true;
	login->topology = t;
	credentials_forget(&login->request.reply);
	login->request = (struct http_request){
		.method = "POST",
		.url = login->url.ptr,
		.headers = headers,
		.body = buf_str(&t->analyzers.form),
		.body_fd = -1,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.timeout_ms = TIMEOUT_MS,
		.accept_compressed = true,
		.tls = &t->tls,
		.done = on_login,
		.context = login,
		.reply = BUF_INIT(REPLY_MAX),
	};
	http_start(t->http, &login->request);
}

bool login_helps(struct topology *t, struct lookup *lookup, int64_t now_ms,
		 struct err *err)
{
	struct login *login = &lookup->analyzer->login;

	if (!t->analyzers.form.len || t->closed || lookup->is_second)
		return false;
	if (lookup->login_number != login->number) {
		lookup->is_second = true;
		lookup_start(lookup, now_ms);
		return true;
	}
	if (!login->is_running && now_ms < login->not_before_ms) {
		if (*login->why.text)
			*err = login->why;
		return false;
	}
	if (!login->is_running)
		login_start(t, login);
	lookup->next_parked = login->parked;
	login->parked = lookup;
	lookup->is_parked = true;
	return true;
}

static bool login_is_silent(int status)
{
	return status < 0 || status >= 500;
}

/* 0, or -EINVAL with the reason. */
static int take_token(struct topology *t, struct login *login, int64_t now_ms,
		      struct err *err)
{
	const struct http_request *r = &login->request;
	struct buf token = BUF_INIT(TOKEN_MAX);
	int error;

	if (r->status < 0)
		return err_set(err, "POST /login: %s", r->error);
	error = credentials_read_token(r->status, buf_str(&r->reply), &token, err);
	credentials_forget(&login->token);
	login->token = token;
	login->not_before_ms = now_ms + (error ? REFUSED_MS : t->error_ttl_ms);
	login->why = (struct err)ERR_INIT;
	if (error)
		login->why = *err;
	if (error)
		credentials_forget(&login->token);
	else
		login->number++;
	return error;
}

static void login_tell(struct topology *t, const struct analyzer *a, int error,
		       const struct err *err)
{
	if (t->log && !error)
		log_write(t->log, LOG_INFO,
			  "topology=login analyzer=" STR_FMT " user and password were "
			  "accepted by POST /login",
			  STR_ARG(buf_str(&a->name)));
	else if (t->log)
		log_write(t->log, LOG_ERROR,
			  "topology=login analyzer=" STR_FMT " error=\"%s\" check "
			  "analyzer.auth.cluster.username and password",
			  STR_ARG(buf_str(&a->name)), LOG_QUOTED(err->text));
}

/* Everything a login changes, for the lookups that wait for it. */
static void login_settle(struct topology *t, struct login *login, struct asker **woken)
{
	struct lookup *parked = login->parked, *lookup;
	int status = login->request.status;
	int64_t now_ms = clock_now().mono_ms;
	struct err err = ERR_INIT;
	int error = take_token(t, login, now_ms, &err);

	login->is_running = false;
	login->parked = NULL;
	if (status != -ECANCELED && parked)
		login_tell(t, parked->analyzer, error, &err);
	t->counters.logins += !error;
	while ((lookup = parked)) {
		parked = lookup->next_parked;
		lookup->is_parked = false;
		lookup->is_second = true;
		if (!error && !t->closed)
			lookup_start(lookup, now_ms);
		else if (login_is_silent(status))
			lookup_unanswered(lookup, status, &err, woken);
		else
			lookup_failed(lookup, &err, woken);
	}
	credentials_forget(&login->request.reply);
}

static void on_login(struct http_request *r)
{
	struct login *login = r->context;
	struct topology *t = login->topology;
	struct asker *woken = NULL;

	pthread_mutex_lock(&t->lock);
	t->replies++;
	login_settle(t, login, &woken);
	pthread_mutex_unlock(&t->lock);
	topology_settled(t, woken);
}
