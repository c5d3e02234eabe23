/* SPDX-License-Identifier: Apache-2.0 */
/* s3_reply.h - what an S3 server meant. Pure.
 *
 * "Error Responses" in the Amazon S3 API Reference. Error documents are
 * searched for their code and not parsed: what stands in front of a broken
 * server may say anything.
 */
#ifndef WRITER_S3_REPLY_H
#define WRITER_S3_REPLY_H

#include "writer/writer.h"

struct s3_reply {
	int status;	   /* HTTP, or -errno when there was none */
	const char *error; /* why there was none */
	struct str body;
	struct str bucket; /* it was about, for the text */
	bool has_token;	   /* the request had one, and no signature */
};

struct s3_verdict {
	enum put_result result;
	bool clock_skewed; /* our clock is too far from the server's */
	char text[256];	   /* "" when stored; one line */
};

/* Refused is only what is wrong with this very object (its key, size or
 * metadata); all else may come right once somebody mends it. */
void s3_reply_read(const struct s3_reply *, struct s3_verdict *);

#endif
