/* SPDX-License-Identifier: Apache-2.0 */
/* iam.c - see iam.h. One request does it all: it waits until it is time, asks,
 * and is started again. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/jitter.h"
#include "net/endpoint.h"
#include "writer/iam.h"
#include "writer/iam_reply.h"
#include "writer/pause.h"
#include "sys/clock.h"

#define TOKEN_MAX	   (32 * 1024)
#define FORM_MAX	   (32 * 1024)
#define REPLY_MAX	   (64 * 1024)
#define CONNECT_TIMEOUT_MS 10000
#define TIMEOUT_MS	   30000

enum iam_state {
	IAM_ASKING,  /* the answer comes soon */
	IAM_RESTING, /* there is a token; it waits for the next one */
	IAM_PAUSING, /* the last attempt failed */
	IAM_ENDED,
};

struct iam {
	struct iam_parts parts;
	char *url;
	struct http_request request;
	struct buf form;

	pthread_mutex_t lock; /* for what follows, and the API key */
	pthread_cond_t ended;
	enum iam_state state;
	bool is_stopping;
	struct buf token;
	uint64_t number;     /* of the token, 0: none yet */
	int64_t usable_ms;   /* monotonic; not after */
	bool is_replacing;   /* asks because the token was refused */
	bool is_replacement; /* and this one was not accepted yet */
	unsigned failures;   /* in a row */
	char error[256];
	uint64_t random;
};

int iam_check_endpoint(struct str url, struct err *err)
{
	const char *scheme = url.len ? memmem(url.ptr, url.len, "://", 3) : NULL;
	size_t start = scheme ? (size_t)(scheme - url.ptr) + 3 : 0, i;
	struct endpoint e;
	int error;

	if (!scheme)
		return err_set(err, "it does not begin with https://");
	for (i = 0; i < url.len; i++)
		if (url.ptr[i] <= 0x20 || url.ptr[i] >= 0x7f)
			return err_set(err, "it contains a blank or another character "
					    "that no URL has");
	url.len = start + str_until(str_skip(url, start), '/').len;
	error = endpoint_parse(url, &e, err);
	if (error)
		return error;
	return e.host.len ? 0 : err_set(err, "it names no host");
}

static void iam_wipe(struct buf *b)
{
	if (b->ptr)
		explicit_bzero(b->ptr, b->cap);
	buf_reset(b);
}

/* The wait is over. */
static void on_begin(struct http_request *request)
{
	struct iam *iam = request->context;

	pthread_mutex_lock(&iam->lock);
	iam->state = IAM_ASKING;
	secret_refresh(iam->parts.api_key, clock_now().mono_ms);
	iam_wipe(&iam->form);
	iam_put_form(&iam->form, secret_value(iam->parts.api_key));
	request->body = buf_str(&iam->form);
	pthread_mutex_unlock(&iam->lock);
}

static void keep_token(struct iam *iam, struct buf *token, int64_t lifetime_ms)
{
	struct iam_times times;

	iam_times(lifetime_ms, jitter_next(&iam->random), &times);
	iam_wipe(&iam->token);
	buf_fini(&iam->token);
	iam->token = *token;
	*token = (struct buf)BUF_INIT(TOKEN_MAX);
	iam->number++;
	iam->usable_ms = clock_now().mono_ms + times.usable_ms;
	iam->is_replacement = iam->is_replacing;
	iam->is_replacing = false;
	iam->failures = 0;
	iam->state = IAM_RESTING;
	iam->request.delay_ms = times.refresh_ms;
}

static void pause_after_failure(struct iam *iam)
{
	int64_t asked_ms = iam->request.retry_after_ms;

	pause_explain(asked_ms, clock_now(), iam->error, sizeof(iam->error));
	iam->is_replacing = false;
	iam->state = IAM_PAUSING;
	iam->request.delay_ms = iam_pause_ms(++iam->failures, asked_ms,
					     jitter_next(&iam->random));
}

static void iam_read_answer(struct iam *iam)
{
	struct iam_reply reply = {
		.status = iam->request.status,
		.error = iam->request.error,
		.body = buf_str(&iam->request.reply),
	};
	struct buf token = BUF_INIT(TOKEN_MAX);
	struct iam_verdict verdict;

	iam_reply_read(&reply, &token, &verdict);
	snprintf(iam->error, sizeof(iam->error), "%s", verdict.text);
	if (verdict.ok)
		keep_token(iam, &token, verdict.lifetime_ms);
	else
		pause_after_failure(iam);
	iam_wipe(&token);
	buf_fini(&token);
}

/* Cancelled by us, or because http ends: the last of it. */
static bool is_last(const struct iam *iam)
{
	return iam->is_stopping || iam->request.status == -ECANCELED;
}

static void iam_on_done(struct http_request *request)
{
	struct iam *iam = request->context;
	bool last;

	pthread_mutex_lock(&iam->lock);
	iam_wipe(&iam->form);
	last = is_last(iam);
	if (last) {
		iam->state = IAM_ENDED;
		pthread_cond_broadcast(&iam->ended);
	} else {
		iam_read_answer(iam);
		iam_wipe(&request->reply);
		http_start(iam->parts.http, request);
	}
	pthread_mutex_unlock(&iam->lock);
	/* After the last time it may be gone. */
	if (!last)
		iam->parts.changed(iam->parts.context);
}

static void iam_init(struct iam *iam, const struct iam_parts *parts)
{
	iam->parts = *parts;
	iam->random = parts->seed | 1;
	iam->form = (struct buf)BUF_INIT(FORM_MAX);
	iam->token = (struct buf)BUF_INIT(TOKEN_MAX);
	pthread_mutex_init(&iam->lock, NULL);
	pthread_cond_init(&iam->ended, NULL);
	iam->request = (struct http_request){
		.method = "POST",
		.url = iam->url,
		.headers = iam_headers,
		.body_fd = -1,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.timeout_ms = TIMEOUT_MS,
		.tls = parts->tls,
		.begin = on_begin,
		.done = iam_on_done,
		.context = iam,
		.reply = BUF_INIT(REPLY_MAX),
	};
}

struct iam *iam_new(const struct iam_parts *parts)
{
	struct iam *iam = calloc(1, sizeof(*iam));

	if (!iam)
		return NULL;
	iam->url = strndup(parts->endpoint.ptr, parts->endpoint.len);
	if (!iam->url) {
		free(iam);
		return NULL;
	}
	iam_init(iam, parts);
	http_start(parts->http, &iam->request);
	return iam;
}

void iam_free(struct iam *iam)
{
	if (!iam)
		return;
	pthread_mutex_lock(&iam->lock);
	iam->is_stopping = true;
	if (iam->state != IAM_ENDED)
		http_cancel(iam->parts.http, &iam->request);
	while (iam->state != IAM_ENDED)
		pthread_cond_wait(&iam->ended, &iam->lock);
	pthread_mutex_unlock(&iam->lock);
	iam_wipe(&iam->token);
	iam_wipe(&iam->form);
	iam_wipe(&iam->request.reply);
	buf_fini(&iam->token);
	buf_fini(&iam->form);
	buf_fini(&iam->request.reply);
	pthread_cond_destroy(&iam->ended);
	pthread_mutex_destroy(&iam->lock);
	free(iam->url);
	free(iam);
}

/* Another key: what the old one led to says nothing any more. */
static void look_at_key(struct iam *iam, int64_t mono_ms)
{
	if (!secret_refresh(iam->parts.api_key, mono_ms))
		return;
	iam->failures = 0;
	iam->is_replacement = false;
	http_start_now(iam->parts.http, &iam->request);
}

uint64_t iam_token(struct iam *iam, int64_t mono_ms, struct buf *out)
{
	uint64_t number = 0;

	pthread_mutex_lock(&iam->lock);
	look_at_key(iam, mono_ms);
	if (iam->number && mono_ms <= iam->usable_ms) {
		number = iam->number;
		buf_put(out, buf_str(&iam->token));
	}
	pthread_mutex_unlock(&iam->lock);
	return number;
}

void iam_error(struct iam *iam, char *text, size_t size)
{
	pthread_mutex_lock(&iam->lock);
	snprintf(text, size, "%s", iam->error);
	pthread_mutex_unlock(&iam->lock);
}

enum token_state iam_token_state(struct iam *iam, int64_t mono_ms, char *text,
				 size_t size)
{
	enum token_state token;

	pthread_mutex_lock(&iam->lock);
	if (!*iam->error)
		token = iam->number ? TOKEN_FINE : TOKEN_WAITING;
	else
		token = iam->number && mono_ms <= iam->usable_ms ? TOKEN_ENDING
								 : TOKEN_FAILED;
	if (token == TOKEN_ENDING)
		snprintf(text, size, "%s; the present token is valid for %lld s more",
			 iam->error, (long long)(iam->usable_ms - mono_ms) / 1000);
	else
		snprintf(text, size, "%s", iam->error);
	pthread_mutex_unlock(&iam->lock);
	return token;
}

bool iam_refused(struct iam *iam, uint64_t number)
{
	bool helps;

	pthread_mutex_lock(&iam->lock);
	helps = number != iam->number || iam->state == IAM_ASKING ||
		(iam->state == IAM_RESTING && !iam->is_replacement);
	if (helps && number == iam->number && iam->state == IAM_RESTING) {
		iam->is_replacing = true;
		iam->state = IAM_ASKING;
		http_start_now(iam->parts.http, &iam->request);
	}
	pthread_mutex_unlock(&iam->lock);
	return helps;
}

void iam_accepted(struct iam *iam, uint64_t number)
{
	pthread_mutex_lock(&iam->lock);
	if (number == iam->number)
		iam->is_replacement = false;
	pthread_mutex_unlock(&iam->lock);
}
