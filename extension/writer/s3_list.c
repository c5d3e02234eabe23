/* SPDX-License-Identifier: Apache-2.0 */
/* s3_list.c - the listing of the writer s3, a page after the other. For commands: it
 * blocks. What a page holds is s3_listing's to say. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include "writer/s3_listing.h"
#include "writer/s3_private.h"
#include "writer/s3_reply.h"
#include "sys/clock.h"

#define REPLY_MAX	   ((size_t)16 << 20) /* a thousand of the longest keys */
#define TOKEN_MAX	   (32 * 1024)
#define QUERY_MAX	   (16 * 1024)
#define KEPT_MAX	   4096
#define CONNECT_TIMEOUT_MS 10000
#define IDLE_TIMEOUT_MS	   30000
#define TIMEOUT_MS	   300000
#define LOGIN_MS	   15000
#define POLL_MS		   20
#define TRIES		   4
#define PAUSE_MS	   500 /* before the second try; then twice as long each time */

static const char *const kept_headers[] = {
	"x-amz-bucket-region",
	"Location",
	"x-amz-request-id",
	NULL,
};

/* A page that is waited for. */
struct page {
	struct s3 *s3;
	const struct listing *listing;
	struct s3_request made;
	struct http_request request;
	uint64_t token; /* its number, 0: it is signed */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_done;
};

static void page_done(struct http_request *request)
{
	struct page *page = request->context;

	pthread_mutex_lock(&page->lock);
	page->is_done = true;
	pthread_cond_signal(&page->changed);
	pthread_mutex_unlock(&page->lock);
}

static int sign(struct page *page, struct str query)
{
	struct s3 *s = page->s3;
	struct now now = clock_now();
	int error;

	pthread_mutex_lock(&s->lock);
	error = s3_request_init_list(&page->made, &s->server, &s->signer,
				     page->listing->dirname, query,
				     now.wall_ms + s->skew_ms);
	pthread_mutex_unlock(&s->lock);
	return error;
}

/* -EAGAIN: there is no token, see iam_error(). */
static int put_token(struct page *page, struct str query)
{
	struct s3 *s = page->s3;
	struct buf token = BUF_INIT(TOKEN_MAX);
	int64_t until_ms = clock_now().mono_ms + LOGIN_MS;
	int error = -EAGAIN;
	char why[PUT_ERROR_MAX] = "";

	while (!(page->token = iam_token(s->iam, clock_now().mono_ms, &token)) &&
	       clock_now().mono_ms < until_ms) {
		iam_error(s->iam, why, sizeof(why));
		if (*why)
			break;
		poll(NULL, 0, POLL_MS);
	}
	if (page->token)
		error = buf_error(&token)
				? -ENOMEM
				: s3_request_init_list_token(&page->made, &s->server,
							     buf_str(&token),
							     page->listing->dirname,
							     query);
	if (token.ptr)
		explicit_bzero(token.ptr, token.cap);
	buf_fini(&token);
	return error;
}

static void explain_start(struct page *page, int error, struct err *err)
{
	char why[PUT_ERROR_MAX] = "";

	if (error == -EAGAIN)
		iam_error(page->s3->iam, why, sizeof(why));
	err_set(err, "%s",
		*why		   ? why
		: error == -EAGAIN ? "IAM gives no token; check iam_endpoint"
				   : strerror(-error));
}

/* Sends the request and waits for its end. -errno with the reason: it was not sent. */
static int page_fetch(struct page *page, struct str query, struct err *err)
{
	int error = page->s3->iam ? put_token(page, query) : sign(page, query);

	if (error) {
		explain_start(page, error, err);
		return error;
	}
	page->is_done = false;
	page->request.url = page->made.url.ptr;
	page->request.headers = page->made.header;
	http_start(page->s3->http, &page->request);
	pthread_mutex_lock(&page->lock);
	while (!page->is_done)
		pthread_cond_wait(&page->changed, &page->lock);
	pthread_mutex_unlock(&page->lock);
	s3_request_fini(&page->made);
	return 0;
}

/* Whether it may be another answer the next time. */
static bool may_change(struct page *page, const struct s3_verdict *verdict)
{
	const struct http_request *request = &page->request;
	struct s3 *s = page->s3;

	if (verdict->clock_skewed && request->date_ms) {
		pthread_mutex_lock(&s->lock);
		s->skew_ms = request->date_ms - clock_now().wall_ms;
		pthread_mutex_unlock(&s->lock);
		return true;
	}
	if (page->token && (request->status == 401 || request->status == 403))
		return iam_refused(s->iam, page->token);
	return request->status < 0 || request->status == 429 || request->status >= 500;
}

static void page_explain(const struct page *page, struct s3_verdict *verdict)
{
	const struct http_request *request = &page->request;
	const struct s3_reply reply = {
		.status = request->status,
		.error = request->error,
		.body = buf_str(&request->reply),
		.bucket = page->listing->dirname,
		.lists = true,
		.has_token = page->token != 0,
		.region = http_kept(request, "x-amz-bucket-region"),
		.location = http_kept(request, "Location"),
		.request_id = http_kept(request, "x-amz-request-id"),
	};

	s3_reply_read(&reply, verdict);
}

/* The page of this query, with some patience. */
static int page_get(struct page *page, struct str query, struct err *err)
{
	struct s3_verdict verdict;
	int tries, error;

	for (tries = 0;; tries++) {
		error = page_fetch(page, query, err);
		if (error || page->request.status == 200)
			return error;
		page_explain(page, &verdict);
		if (tries + 1 == TRIES || !may_change(page, &verdict))
			return err_set(err, "cannot list the bucket: %s", verdict.text);
		poll(NULL, 0, PAUSE_MS << tries);
	}
}

static int list_pages(struct page *page, struct err *err)
{
	const struct listing *listing = page->listing;
	struct buf query = BUF_INIT(QUERY_MAX), token = BUF_INIT(QUERY_MAX);
	int result;

	do {
		buf_reset(&query);
		s3_listing_put_query(&query, listing->prefix, buf_str(&token));
		buf_reset(&token);
		result = buf_error(&query) ? err_set(err, "the prefix is too long") : 0;
		if (!result)
			result = page_get(page, buf_str(&query), err);
		if (!result)
			result = s3_listing_read(buf_str(&page->request.reply), listing,
						 &token, err);
	} while (!result && token.len);
	buf_fini(&query);
	buf_fini(&token);
	return result;
}

int s3_list(void *self, const struct listing *listing, struct err *err)
{
	struct s3 *s = self;
	struct page page = {
		.s3 = s,
		.listing = listing,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	int result;

	page.request = (struct http_request){
		.method = "GET",
		.body_fd = -1,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.timeout_ms = TIMEOUT_MS,
		.idle_timeout_ms = IDLE_TIMEOUT_MS,
		.tls = &s->tls,
		.done = page_done,
		.context = &page,
		.reply = BUF_INIT(REPLY_MAX),
		.accept_compressed = true,
		.keeps = kept_headers,
		.kept = BUF_INIT(KEPT_MAX),
	};
	result = list_pages(&page, err);
	buf_fini(&page.request.reply);
	buf_fini(&page.request.kept);
	return result;
}
