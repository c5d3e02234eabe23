/* SPDX-License-Identifier: Apache-2.0 */
/* s3_request.h - a sealed object as a PutObject request, and a ListObjectsV2 request,
 * signed or with a token. Pure.
 *
 * Path style, PUT <endpoint>/<bucket>/<key>, which every S3 server knows; the endpoint
 * may have a path of its own. When
 * it is signed, so are all headers but Content-Length, which libcurl adds. With
 * a token ("Using IAM tokens" in the IBM Cloud Object Storage docs) there is no
 * date and no signature, and the rest is the same.
 */
#ifndef WRITER_S3_REQUEST_H
#define WRITER_S3_REQUEST_H

#include "net/endpoint.h"
#include "writer/sigv4.h"
#include "writer/writer.h"

struct s3_request {
	struct buf url;
	struct buf lines;    /* what header points to */
	const char **header; /* "Name: value", NULL-terminated */
};

/* Where requests go. Without a scheme it is https; an empty text is Amazon's
 * endpoint of the region. The result borrows from text or from made, which the
 * caller frees. 0, -EINVAL with the reason, or -ENOMEM. */
int s3_endpoint(struct str text, struct str region, struct buf *made, struct endpoint *,
		struct err *);

/* The endpoint's path, without the bucket at its end if that is the one. */
struct str s3_path_above(const struct endpoint *, struct str dirname);

/* 0, or -errno with nothing to free. */
int s3_request_init(struct s3_request *, const struct endpoint *, struct sigv4_signer *,
		    const struct sealed *, int64_t wall_ms);
int s3_request_init_token(struct s3_request *, const struct endpoint *, struct str token,
			  const struct sealed *);
/* ListObjectsV2 of a bucket, GET <endpoint>/<bucket>?<query>; the query is encoded and
 * sorted. Likewise. */
int s3_request_init_list(struct s3_request *, const struct endpoint *,
			 struct sigv4_signer *, struct str dirname, struct str query,
			 int64_t wall_ms);
int s3_request_init_list_token(struct s3_request *, const struct endpoint *,
			       struct str token, struct str dirname, struct str query);
void s3_request_fini(struct s3_request *); /* wipes what it frees */

/* What a body of that size may take: a minute, and 64 kB a second. */
int64_t s3_request_timeout_ms(int64_t size);

#endif
