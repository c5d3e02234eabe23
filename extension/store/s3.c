/* SPDX-License-Identifier: Apache-2.0 */
/* s3.c - the writer for object stores that speak S3. A put is one signed
 * request; what becomes of it is s3_reply's to say. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "net/http.h"
#include "store/s3_reply.h"
#include "store/s3_request.h"
#include "sys/clock.h"

#define REPLY_MAX		(64 * 1024)
#define CONNECT_TIMEOUT_MS	10000
#define IDLE_TIMEOUT_MS		30000
#define IAM_ENDPOINT		"https://iam.cloud.ibm.com/identity/token"
/* Servers allow 15 minutes; less than this is not worth a correction. */
#define SKEW_STEP_MS		60000

struct s3 {
	/* Options. */
	struct str endpoint, region;
	struct str access_key, secret_key, session_token;
	struct str api_key, iam_endpoint;

	/* Made by init. */
	bool ready;
	struct http *http;
	struct buf made_endpoint;
	struct endpoint server;		/* borrows from one of the two */

	pthread_mutex_t lock;		/* for what follows, and put->private */
	struct sigv4_signer signer;
	int64_t skew_ms;		/* the store's clock less ours */
};

/* A put on its way. */
struct s3_put {
	struct s3 *s3;
	struct put *put;
	struct s3_request signed_request;
	struct http_request request;
	int64_t skew_ms;		/* at the time of signing */
};

static const struct s3 defaults = {
	.iam_endpoint = { IAM_ENDPOINT, sizeof(IAM_ENDPOINT) - 1 },
};

static const struct field fields[] = {
	OPTION(struct s3, endpoint, "endpoint", 0,
	       "URL of the store; https without a scheme; empty is Amazon's of the region"),
	OPTION(struct s3, region, "region", 0,
	       "region to sign for; us-east-1 when empty"),
	OPTION(struct s3, access_key, "access_key", 0,
	       "id of the key to sign with"),
	OPTION(struct s3, secret_key, "secret_key", FIELD_SECRET,
	       "the key to sign with"),
	OPTION(struct s3, session_token, "session_token", FIELD_SECRET,
	       "token that comes with temporary keys"),
	OPTION(struct s3, api_key, "api_key", FIELD_SECRET,
	       "IBM IAM key, in place of access_key and secret_key"),
	OPTION(struct s3, iam_endpoint, "iam_endpoint", 0,
	       "URL that gives tokens for api_key"),
	{ .name = NULL },
};

static const struct shape s3_shape = {
	.name = "s3",
	.size = sizeof(struct s3),
	.fields = fields,
	.defaults = &defaults,
};

static int check_credentials(const struct s3 *s, struct err *err)
{
	if (s->api_key.len)
		return err_set_key(err, "api_key", "api_key (IBM IAM) is not supported "
				   "by this version: use access_key and secret_key");
	if (!s->access_key.len)
		return err_set_key(err, "access_key", "it must be set");
	if (!s->secret_key.len)
		return err_set_key(err, "secret_key", "it must be set");
	return 0;
}

static int s3_init(void *self, struct http *http, struct err *err)
{
	struct s3 *s = self;
	struct err why = ERR_INIT;
	int error = check_credentials(s, err);

	if (error)
		return error;
	if (!s->region.len)
		s->region = STR("us-east-1");
	s->made_endpoint = (struct buf)BUF_INIT(1024);
	error = s3_endpoint(s->endpoint, s->region, &s->made_endpoint, &s->server, &why);
	if (error) {
		err_set_key(err, "endpoint", "not the URL of a store: %s",
			    why.text[0] ? why.text : "too long");
		buf_fini(&s->made_endpoint);
		return error;
	}
	s->signer = (struct sigv4_signer){
		.access_key = s->access_key,
		.secret_key = s->secret_key,
		.session_token = s->session_token,
		.region = s->region,
		.service = STR("s3"),
	};
	s->http = http;
	pthread_mutex_init(&s->lock, NULL);
	s->ready = true;
	return 0;
}

static void s3_fini(void *self)
{
	struct s3 *s = self;

	if (!s->ready)
		return;
	s->ready = false;
	explicit_bzero(&s->signer, sizeof(s->signer));
	buf_fini(&s->made_endpoint);
	pthread_mutex_destroy(&s->lock);
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

static void s3_put_free(struct s3_put *p)
{
	s3_request_fini(&p->signed_request);
	buf_fini(&p->request.reply);
	free(p);
}

static void on_done(struct http_request *request)
{
	struct s3_put *p = request->context;
	struct put *put = p->put;
	struct s3_reply reply = {
		.status = request->status,
		.error = request->error,
		.body = buf_str(&request->reply),
		.bucket = put->object->dirname,
	};
	struct s3_verdict verdict;

	s3_reply_read(&reply, &verdict);
	put->result = verdict.result;
	put->retry_after_ms = request->retry_after_ms;
	snprintf(put->error, sizeof(put->error), "%s", verdict.text);
	if (verdict.clock_skewed && learn_skew(p))
		put->retry_after_ms = 1;
	pthread_mutex_lock(&p->s3->lock);
	put->private = NULL;
	pthread_mutex_unlock(&p->s3->lock);
	s3_put_free(p);
	put->done(put);
}

static int sign(struct s3 *s, struct s3_put *p)
{
	int error;

	pthread_mutex_lock(&s->lock);
	p->skew_ms = s->skew_ms;
	error = s3_request_init(&p->signed_request, &s->server, &s->signer, p->put->object,
				clock_now().wall_ms + s->skew_ms);
	pthread_mutex_unlock(&s->lock);
	return error;
}

static int s3_put_new(struct s3 *s, struct put *put, struct s3_put **made)
{
	struct s3_put *p = calloc(1, sizeof(*p));
	int error;

	if (!p)
		return -ENOMEM;
	p->s3 = s;
	p->put = put;
	error = sign(s, p);
	if (error) {
		free(p);
		return error;
	}
	p->request = (struct http_request){
		.method = "PUT",
		.url = p->signed_request.url.ptr,
		.headers = p->signed_request.header,
		.body_fd = put->fd,
		.body_offset = put->object->offset,
		.body_size = put->object->size,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.timeout_ms = s3_request_timeout_ms(put->object->size),
		.idle_timeout_ms = IDLE_TIMEOUT_MS,
		.done = on_done,
		.context = p,
		.reply = BUF_INIT(REPLY_MAX),
	};
	*made = p;
	return 0;
}

static void fail_early(struct put *put, int error)
{
	put->result = error == -EFBIG ? PUT_REFUSED : PUT_FAILED;
	snprintf(put->error, sizeof(put->error), "%s", error == -EFBIG ?
		 "the object's key or metadata is too long for a request" :
		 "no memory for a request");
	put->done(put);
}

static void s3_put(void *self, struct put *put)
{
	struct s3 *s = self;
	struct s3_put *p = NULL;
	int error = s3_put_new(s, put, &p);

	put->private = p;
	put->retry_after_ms = 0;
	put->error[0] = '\0';
	if (error)
		fail_early(put, error);
	else
		http_start(s->http, &p->request);
}

static void s3_cancel(void *self, struct put *put)
{
	struct s3 *s = self;
	struct s3_put *p;

	pthread_mutex_lock(&s->lock);
	p = put->private;
	if (p)
		http_cancel(s->http, &p->request);
	pthread_mutex_unlock(&s->lock);
}

const struct store store_s3 = {
	.name = "s3",
	.section = "pipeline.write.s3",
	.state = &s3_shape,
	.init = s3_init,
	.fini = s3_fini,
	.put = s3_put,
	.cancel = s3_cancel,
};
