/* SPDX-License-Identifier: Apache-2.0 */
/* s3_put.c - the puts of the writer s3. A put is one request; what becomes of it
 * is s3_reply's to say. With IAM a put waits here when there is no token, and is
 * sent a second time when the store refuses the first one's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "writer/s3_reply.h"
#include "writer/s3_private.h"
#include "sys/clock.h"

#define REPLY_MAX	   (64 * 1024)
#define TOKEN_MAX	   (32 * 1024)
#define KEPT_MAX	   4096
#define CONNECT_TIMEOUT_MS 10000
#define IDLE_TIMEOUT_MS	   30000
/* Servers allow 15 minutes; less than this is not worth a correction. */
#define SKEW_STEP_MS	   60000

static const char *const kept_headers[] = {
	"ETag", "x-amz-bucket-region", "Location", "x-amz-request-id", NULL,
};

/* A put on its way. */
struct s3_put {
	struct s3_put *next; /* of those that wait */
	struct s3 *s3;
	struct put *put;
	struct s3_request made;
	struct http_request request;
	int64_t skew_ms;  /* at the time of signing */
	uint64_t token;	  /* its number, 0: signed, or waiting */
	uint64_t refused; /* the token it was refused for, once, or 0 */
	bool is_cancelled;
};

static void s3_put_free(struct s3_put *p)
{
	s3_request_fini(&p->made);
	buf_fini(&p->request.reply);
	buf_fini(&p->request.kept);
	free(p);
}

/* The outcome is written; nothing of ours is touched afterwards. */
static void s3_put_end(struct s3_put *p)
{
	struct put *put = p->put;

	pthread_mutex_lock(&p->s3->lock);
	put->private = NULL;
	pthread_mutex_unlock(&p->s3->lock);
	s3_put_free(p);
	put->done(put);
}

static void s3_put_fail(struct put *put, int error)
{
	put->result = error == -EFBIG ? PUT_REFUSED : PUT_FAILED;
	snprintf(put->error, sizeof(put->error), "%s",
		 error == -EFBIG
			 ? "the object's key or metadata is too long for a request"
			 : "no memory for a request");
}

/* Here and below "locked" means that the caller holds the lock of the s3. */
static int sign_locked(struct s3_put *p)
{
	struct s3 *s = p->s3;
	struct now now = clock_now();
	bool changed = secret_refresh(&s->access_secret, now.mono_ms);

	if (secret_refresh(&s->signing_secret, now.mono_ms) || changed)
		s3_set_keys(s);
	p->skew_ms = s->skew_ms;
	return s3_request_init(&p->made, &s->server, &s->signer, p->put->object,
			       now.wall_ms + s->skew_ms);
}

/* 0, -errno, or -EAGAIN: there is no token yet, or no other one. */
static int put_token_locked(struct s3_put *p)
{
	struct s3 *s = p->s3;
	struct buf token = BUF_INIT(TOKEN_MAX);
	int error = -EAGAIN;

	p->token = iam_token(s->iam, clock_now().mono_ms, &token);
	if (buf_error(&token))
		error = -ENOMEM;
	else if (p->token && p->token != p->refused)
		error = s3_request_init_token(&p->made, &s->server, buf_str(&token),
					      p->put->object);
	if (token.ptr)
		explicit_bzero(token.ptr, token.cap);
	buf_fini(&token);
	return error;
}

static void wait_locked(struct s3_put *p)
{
	struct s3_put **at = &p->s3->waiting;

	while (*at)
		at = &(*at)->next;
	p->next = NULL;
	*at = p;
}

/* 0, or -errno as above. */
static int send_locked(struct s3_put *p)
{
	int error = p->s3->iam ? put_token_locked(p) : sign_locked(p);

	if (error)
		return error;
	p->request.url = p->made.url.ptr;
	p->request.headers = p->made.header;
	http_start(p->s3->http, &p->request);
	return 0;
}

/* Whether the date of the reply gives a better idea of the store's clock than
 * the one this put was signed with. */
static bool learn_skew(struct s3_put *p)
{
	int64_t skew_ms = p->request.date_ms - clock_now().wall_ms;
	int64_t step_ms = skew_ms - p->skew_ms;

	if (!p->request.date_ms || (step_ms < SKEW_STEP_MS && step_ms > -SKEW_STEP_MS))
		return false;
	pthread_mutex_lock(&p->s3->lock);
	p->s3->skew_ms = skew_ms;
	pthread_mutex_unlock(&p->s3->lock);
	return true;
}

/* A file that cannot be read any more explains why a key is refused. */
static void add_problem(struct s3_put *p)
{
	struct s3 *s = p->s3;
	struct put *put = p->put;
	size_t len = strlen(put->error), cause_len = strlen(put->cause);
	const char *why;

	pthread_mutex_lock(&s->lock);
	why = s->access_secret.problem.text;
	if (!*why)
		why = s->signing_secret.problem.text;
	if (*why)
		snprintf(put->error + len, sizeof(put->error) - len, "; %s", why);
	if (*why && cause_len)
		snprintf(put->cause + cause_len, sizeof(put->cause) - cause_len, "; %s",
			 why);
	pthread_mutex_unlock(&s->lock);
}

static void s3_put_read_reply(struct s3_put *p)
{
	struct put *put = p->put;
	struct s3_reply reply = {
		.status = p->request.status,
		.error = p->request.error,
		.body = buf_str(&p->request.reply),
		.bucket = put->object->dirname,
		.has_token = p->token != 0,
		.removes = put->object->removes,
		.etag = http_kept(&p->request, "ETag"),
		.region = http_kept(&p->request, "x-amz-bucket-region"),
		.location = http_kept(&p->request, "Location"),
		.request_id = http_kept(&p->request, "x-amz-request-id"),
	};
	struct s3_verdict verdict;

	s3_reply_read(&reply, &verdict);
	put->result = verdict.result;
	put->retry_after_ms = p->request.retry_after_ms;
	snprintf(put->error, sizeof(put->error), "%s", verdict.text);
	snprintf(put->cause, sizeof(put->cause), "%s", verdict.cause);
	if (verdict.clock_skewed && learn_skew(p))
		put->retry_after_ms = 1;
	if (reply.status == 401 || reply.status == 403)
		add_problem(p);
}

/* Sends it again with another token, or waits for that, unless it is no help. */
static bool tries_another(struct s3_put *p)
{
	struct s3 *s = p->s3;
	int error = -EINVAL;

	pthread_mutex_lock(&s->lock);
	if (!p->refused && !p->is_cancelled && iam_refused(s->iam, p->token)) {
		s3_request_fini(&p->made);
		p->refused = p->token;
		error = send_locked(p);
	}
	if (error == -EAGAIN)
		wait_locked(p);
	pthread_mutex_unlock(&s->lock);
	return error == 0 || error == -EAGAIN;
}

static void s3_put_on_done(struct http_request *request)
{
	struct s3_put *p = request->context;
	bool is_refused = request->status == 401 || request->status == 403;

	if (p->token && is_refused && tries_another(p))
		return;
	s3_put_read_reply(p);
	if (p->token && p->put->result == PUT_STORED)
		iam_accepted(p->s3->iam, p->token);
	s3_put_end(p);
}

/* Sends what waits. What cannot be sent stays in the list that is returned. */
static struct s3_put *send_waiting_locked(struct s3 *s)
{
	struct s3_put *waiting = s->waiting, *failed = NULL, *p;
	int error;

	s->waiting = NULL;
	while ((p = waiting)) {
		waiting = p->next;
		error = send_locked(p);
		if (!error)
			continue;
		s3_put_fail(p->put, error);
		if (error == -EAGAIN)
			iam_error(s->iam, p->put->error, sizeof(p->put->error));
		p->next = failed;
		failed = p;
	}
	return failed;
}

void s3_token_changed(void *context)
{
	struct s3 *s = context;
	struct s3_put *failed, *p;

	pthread_mutex_lock(&s->lock);
	failed = send_waiting_locked(s);
	pthread_mutex_unlock(&s->lock);
	while ((p = failed)) {
		failed = p->next;
		s3_put_end(p);
	}
}

static struct s3_put *s3_put_new(struct s3 *s, struct put *put)
{
	struct s3_put *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->s3 = s;
	p->put = put;
	p->request = (struct http_request){
		.method = put->object->removes ? "DELETE" : "PUT",
		.body_fd = put->fd,
		.body_offset = put->object->offset,
		.body_size = put->object->size,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.timeout_ms = s3_request_timeout_ms(put->object->size),
		.idle_timeout_ms = IDLE_TIMEOUT_MS,
		.tls = &s->tls,
		.done = s3_put_on_done,
		.context = p,
		.reply = BUF_INIT(REPLY_MAX),
		.accept_compressed = true,
		.cuts_reply = true,
		.keeps = kept_headers,
		.kept = BUF_INIT(KEPT_MAX),
	};
	return p;
}

void s3_put(void *self, struct put *put)
{
	struct s3 *s = self;
	struct s3_put *p = s3_put_new(s, put);
	int error = -ENOMEM;

	put->private = NULL;
	put->retry_after_ms = 0;
	put->error[0] = '\0';
	if (p) {
		pthread_mutex_lock(&s->lock);
		error = send_locked(p);
		if (error == -EAGAIN) {
			wait_locked(p);
			error = 0;
		}
		if (!error)
			put->private = p;
		pthread_mutex_unlock(&s->lock);
	}
	if (!error)
		return;
	if (p)
		s3_put_free(p);
	s3_put_fail(put, error);
	put->done(put);
}

/* true: it waited for a token, and does not any more. */
static bool stop_waiting_locked(struct s3_put *p)
{
	struct s3_put **at;

	for (at = &p->s3->waiting; *at && *at != p; at = &(*at)->next)
		;
	if (!*at)
		return false;
	*at = p->next;
	return true;
}

void s3_cancel(void *self, struct put *put)
{
	struct s3 *s = self;
	struct s3_put *p;
	bool waited = false;

	pthread_mutex_lock(&s->lock);
	p = put->private;
	if (p) {
		p->is_cancelled = true;
		waited = stop_waiting_locked(p);
		if (!waited)
			http_cancel(s->http, &p->request);
	}
	pthread_mutex_unlock(&s->lock);
	if (!waited)
		return;
	put->result = PUT_FAILED;
	snprintf(put->error, sizeof(put->error), "cancelled");
	s3_put_end(p);
}
