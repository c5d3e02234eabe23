/* SPDX-License-Identifier: Apache-2.0 */
/* iam.h - keeps a valid token of IBM IAM.
 *
 * The first token is requested at once, the next one in the background when a quarter
 * of its lifetime is left, with the API key each time. There is never more than one
 * request. The old token stays in use until shortly before it expires. Failed requests
 * are repeated with back-off (0.5 s to a minute, or as long as IAM asks for, up to ten
 * minutes). Lifetimes are measured on the monotonic clock.
 */
#ifndef WRITER_IAM_H
#define WRITER_IAM_H

#include "net/http.h"
#include "writer/writer.h"
#include "sys/secret.h"

struct iam;

struct iam_parts {
	struct http *http;
	struct str endpoint;	     /* the whole URL; copied */
	struct secret *api_key;	     /* used by iam alone meanwhile; its file is checked
				      * before each request, and by iam_token() */
	const struct tls_files *tls; /* may be NULL */
	/* An attempt has ended: there is a token, or iam_error(). On the net thread,
	 * without any lock of ours. */
	void (*changed)(void *context);
	void *context;
	uint64_t seed; /* of the jitter */
};

/* 0, or -EINVAL with the reason: http or https, a host, any path. */
int iam_check_endpoint(struct str, struct err *);

/* Parts are borrowed for its life, unless copied. NULL: no memory. */
struct iam *iam_new(const struct iam_parts *);
/* Cancels what is under way and waits for it to end. NULL is fine. Not on the
 * net thread. */
void iam_free(struct iam *);

/* Appends the token to use now. Returns its number, from 1. 0: there is none yet, and
 * changed() will be called. Any thread; never waits. */
uint64_t iam_token(struct iam *, int64_t mono_ms, struct buf *);
/* Why the last attempt failed; "": it did not. */
void iam_error(struct iam *, char *text, size_t size);
/* The state of the token; text says what is wrong, and how long the token is valid. */
enum token_state iam_token_state(struct iam *, int64_t mono_ms, char *text, size_t size);

/* The store refused this token. true: there is another one, or it is being requested,
 * and changed() will be called. false: that would not help, because this token was
 * already a replacement and never accepted, or because IAM does not answer. */
bool iam_refused(struct iam *, uint64_t number);
void iam_accepted(struct iam *, uint64_t number);

#endif
