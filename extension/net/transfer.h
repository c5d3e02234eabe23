/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.h - a request on a libcurl handle; private to http.c and http_name.c.
 *
 * A transfer is reused for one request after the other. It belongs to the net thread.
 */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include <curl/curl.h>
#include "net/http.h"

struct transfer {
	struct transfer *next; /* the owner's list */
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *addresses; /* or NULL; set before transfer_set() */
	int64_t sent;		      /* bytes of the body */
	int read_error;		      /* -errno of the body */
	int64_t retry_after_ms;	      /* as a duration, */
	int64_t retry_at_ms;	      /* or as a Unix time */
	char error[CURL_ERROR_SIZE];
};

struct transfer *transfer_new(void); /* NULL: no memory */
void transfer_free(struct transfer *);
void transfer_reset(struct transfer *); /* ready for another request */

/* Whether it goes to this host itself, which no proxy knows. */
bool transfer_is_local(const struct http_request *);
/* Prepares the handle for request->transfer = t. 0 or -ENOMEM. */
int transfer_set(struct transfer *t, struct http_request *request);
/* Writes the outcome to the request. */
void transfer_read_outcome(struct http_request *, CURLcode);
/* Writes a failure to the request: "what: why", or only one of them when the other is
 * "". */
void transfer_fail(struct http_request *, int status, const char *what, const char *why);
/* The same for what libcurl says, with the server's name and without what may be
 * a password. */
void transfer_explain(struct http_request *, CURLcode);

#endif
