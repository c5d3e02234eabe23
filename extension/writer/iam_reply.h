/* SPDX-License-Identifier: Apache-2.0 */
/* iam_reply.h - asking IBM IAM for a token, and what it meant by its answer.
 * Pure.
 *
 * "Generating an IBM Cloud IAM token by using an API key" in the IBM Cloud docs;
 * the request is that of the IBM COS SDK for Go.
 */
#ifndef WRITER_IAM_REPLY_H
#define WRITER_IAM_REPLY_H

#include <stdint.h>
#include "base/buf.h"

/* Of a token that is good for lifetime_ms. Answers are used up to a day. */
struct iam_times {
	int64_t refresh_ms; /* when to ask for the next one */
	int64_t usable_ms;  /* until when it is sent */
};

struct iam_reply {
	int status;	   /* HTTP, or -errno when there was none */
	const char *error; /* why there was none */
	struct str body;
};

struct iam_verdict {
	bool ok;
	int64_t lifetime_ms;
	char text[256]; /* "" when ok; one line, without secrets */
};

/* The headers of a request, "Name: value", NULL-terminated. */
extern const char *const iam_headers[];
/* Its body. */
void iam_put_form(struct buf *, struct str api_key);

/* Appends the token to token, which the caller wipes. */
void iam_reply_read(const struct iam_reply *, struct buf *token, struct iam_verdict *);

/* A quarter of its life before the end, give or take a tenth of that; used until
 * a minute before its end, or an eighth of a short life. */
void iam_times(int64_t lifetime_ms, uint64_t random, struct iam_times *);
/* The pause after so many failures in a row, from 0.5 s to a minute. */
int64_t iam_backoff_ms(unsigned failures, uint64_t random);

#endif
