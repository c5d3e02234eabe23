/* SPDX-License-Identifier: Apache-2.0 */
/* s3_reply.h - replies of S3 servers. Pure.
 *
 * "Error Responses" and "PutObject" in the Amazon S3 API Reference. Success is only
 * what S3 defines: 200 with an ETag for a PUT, 204 or 200 for a DELETE. The text of a
 * failure starts with the store's own words (see s3_words.h); our advice follows.
 */
#ifndef WRITER_S3_REPLY_H
#define WRITER_S3_REPLY_H

#include "writer/writer.h"

struct s3_reply {
	int status;	   /* HTTP, or -errno when there was none */
	const char *error; /* why there was none */
	struct str body;
	struct str bucket; /* of the request, for the text */
	bool removes;	   /* the request was a DELETE */
	bool lists; /* it asked for a list of objects; without an etag it never is a
			    * success */
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

/* Refused means that this very object may be wrong (400, 413 and the like), which is
 * only certain if others are accepted. Failures of the account (its keys, quota,
 * region, encryption) and all others are "failed". */
void s3_reply_read(const struct s3_reply *, struct s3_verdict *);

#endif
