/* SPDX-License-Identifier: Apache-2.0 */
/* iam_reply.h - requests for tokens of IBM IAM, and its replies. Pure.
 *
 * "Generating an IBM Cloud IAM token by using an API key" in the IBM Cloud docs;
 * the request is that of the IBM COS SDK for Go.
 */
#ifndef WRITER_IAM_REPLY_H
#define WRITER_IAM_REPLY_H

#include <stdint.h>
#include "base/buf.h"

/* Times of a token that is valid for lifetime_ms. Lifetimes beyond a day are cut. */
struct iam_times {
	int64_t refresh_ms; /* when to request the next one */
	int64_t usable_ms;  /* how long it is used */
};

struct iam_reply {
	int status;	   /* HTTP status, or -errno without a reply */
	const char *error; /* why there was no reply */
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

/* Appends the token to token, which the caller overwrites when done. */
void iam_reply_read(const struct iam_reply *, struct buf *token, struct iam_verdict *);

/* Refreshed a quarter of its lifetime before the end, ± a tenth of that; used until a
 * minute before the end, or an eighth of a short lifetime. */
void iam_times(int64_t lifetime_ms, uint64_t random, struct iam_times *);
/* The pause after that many failures in a row, from 0.5 s to a minute. */
int64_t iam_backoff_ms(unsigned failures, uint64_t random);
/* That, or what IAM asks for (Retry-After; 0: nothing) where it is longer and heeded. */
int64_t iam_pause_ms(unsigned failures, int64_t asked_ms, uint64_t random);

#endif
