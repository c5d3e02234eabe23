/* SPDX-License-Identifier: Apache-2.0 */
/* s3_listing.h - a page of a bucket's listing. Pure.
 *
 * "ListObjectsV2" in the Amazon S3 API Reference. Keys are asked for with
 * encoding-type=url, as XML cannot carry all of them; a store that does not know that
 * sends them as they are. The document is searched for the elements that are needed; what
 * is between them may be anything.
 */
#ifndef WRITER_S3_LISTING_H
#define WRITER_S3_LISTING_H

#include "writer/writer.h"

/* Appends the query of a page: of the first one when token is empty. */
void s3_listing_put_query(struct buf *, struct str prefix, struct str token);

/* Calls see for each object of the page, and appends the token of the next page to token;
 * nothing: it was the last. 0, what see returned, or -EINVAL with the reason: it is no
 * page, and see may have been called for a part of it. */
int s3_listing_read(struct str body, const struct listing *, struct buf *token,
		    struct err *);

#endif
