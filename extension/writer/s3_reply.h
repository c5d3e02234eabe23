/* SPDX-License-Identifier: Apache-2.0 */
/* s3_reply.h - what an S3 server meant. Pure.
 *
 * "Error Responses" and "PutObject" in the Amazon S3 API Reference. Only what S3
 * says is success: 200 with an ETag for a PUT, 204 or 200 for a DELETE. Of a
 * failure the store's own words come first (see s3_words.h), our advice after them.
 */
#ifndef WRITER_S3_REPLY_H
#define WRITER_S3_REPLY_H

#include "writer/writer.h"

struct s3_reply {
	int status;	   /* HTTP, or -errno when there was none */
	const char *error; /* why there was none */
	struct str body;
	struct str bucket; /* it was about, for the text */
	bool removes;	   /* the request was a DELETE */
	/* Headers of the reply, or empty. */
	struct str etag, region, location, request_id;
	bool has_token; /* the request had one, and no signature */
};

struct s3_verdict {
	enum put_result result;
	bool clock_skewed;	   /* our clock is too far from the server's */
	char text[PUT_ERROR_MAX];  /* "" when stored; one line */
	char cause[PUT_CAUSE_MAX]; /* see struct put */
};

/* Refused is what may be wrong with this very object (400, 413 and the like): a
 * verdict only beside others that are accepted. What is known to be the account's
 * state (its keys, quota, region, encryption) and all else is failed. */
void s3_reply_read(const struct s3_reply *, struct s3_verdict *);

#endif
