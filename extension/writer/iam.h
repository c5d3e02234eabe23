/* SPDX-License-Identifier: Apache-2.0 */
/* iam.h - a token of IBM IAM, always a fresh one.
 *
 * The first is asked for at once, the next one in the background when a quarter
 * of its life is left, with the API key each time. There is never more than one
 * request. The old token stays in use until shortly before its end. Failures are
 * repeated, less and less often (0.5 s to a minute). Life is measured on the
 * monotonic clock.
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
	struct secret *api_key;	     /* iam's alone meanwhile; a file is looked at
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

/* What is borrowed is so for its life. NULL: no memory. */
struct iam *iam_new(const struct iam_parts *);
/* Cancels what is under way and waits for it to end. NULL is fine. Not on the
 * net thread. */
void iam_free(struct iam *);

/* Appends the token to use now. Returns its number, from 1, or 0: there is none,
 * and changed() comes. Any thread; never waits. */
uint64_t iam_token(struct iam *, int64_t mono_ms, struct buf *);
/* Why the last attempt failed, "" when it did not. */
void iam_error(struct iam *, char *text, size_t size);
/* How it stands; text says what is wrong, and for how long the token is good. */
enum token_state iam_token_state(struct iam *, int64_t mono_ms, char *text, size_t size);

/* The store refused this token. true: another one is there or being asked for,
 * and changed() comes. false: that would not help, because it is itself a
 * replacement that was never accepted, or because IAM does not answer. */
bool iam_refused(struct iam *, uint64_t number);
void iam_accepted(struct iam *, uint64_t number);

#endif
