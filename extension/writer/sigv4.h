/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4.h - AWS Signature Version 4 in request headers. Pure.
 *
 * "Signature Version 4 signing process" in the AWS General Reference and
 * "Authenticating Requests: Using the Authorization Header" in the Amazon S3 API
 * Reference. Every header passed in is signed. The request must be sent with those
 * headers, the ones added here, and the same path, byte for byte.
 */
#ifndef WRITER_SIGV4_H
#define WRITER_SIGV4_H

#include <stdint.h>
#include "base/buf.h"

#define SIGV4_KEY_SIZE 32

/* The signer's credentials and scope; borrowed until the last signature. The key of a
 * day is cached between calls, so one thread at a time. */
struct sigv4_signer {
	struct str access_key, secret_key;
	struct str session_token;   /* or empty */
	struct str region, service; /* "us-east-1", "s3" */
	char key_day[9];	    /* "20261122"; "": no key yet */
	unsigned char key[SIGV4_KEY_SIZE];
};

struct sigv4_header {
	struct str name; /* any case */
	struct str value;
};

struct sigv4_request {
	struct str method;
	struct str path;		   /* encoded, as it is sent */
	struct str query;		   /* encoded and sorted, without "?"; or empty */
	const struct sigv4_header *header; /* Host must be among them */
	size_t count;
	struct str payload_sha256; /* hex */
};

/* The first two texts help to debug wrong signatures; the others are sent. */
struct sigv4_signature {
	struct buf canonical_request;
	struct buf string_to_sign;
	struct buf signed_headers; /* "host;x-amz-date" */
	struct buf authorization;  /* value of Authorization */
	char date[17];		   /* value of X-Amz-Date */
	bool sends_payload_hash;   /* X-Amz-Content-Sha256 was signed: for s3 */
	bool sends_token;	   /* X-Amz-Security-Token was signed */
};

void sigv4_signature_init(struct sigv4_signature *);
void sigv4_signature_fini(struct sigv4_signature *);

/* 0, -ENOMEM, -EFBIG or -EIO. May be used again with the same signature. */
int sigv4_sign(struct sigv4_signer *, const struct sigv4_request *, int64_t wall_ms,
	       struct sigv4_signature *);

/* Appends "Name: value" lines, each ended by NUL, of what was added. */
void sigv4_put_headers(struct buf *, const struct sigv4_signer *,
		       const struct sigv4_request *, const struct sigv4_signature *);

/* Bytes as part of a path: all but RFC 3986 unreserved ones and "/" become %XX,
 * once. */
void sigv4_put_path(struct buf *, struct str raw);

/* Bytes as the value of a query: the same, and "/" too. */
void sigv4_put_query(struct buf *, struct str raw);

#endif
