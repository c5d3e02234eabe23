/* SPDX-License-Identifier: Apache-2.0 */
/* http_name.h - a request waits for the addresses of its host; private to http.c.
 *
 * libcurl would ask the name server on the net thread, or on threads of its own that a
 * silent one keeps: so names are resolved before it sees the request, and it is told
 * the addresses. A request waits beside others, for 10 s at most and no longer than its
 * own limits are. The net thread.
 */
#ifndef NET_HTTP_NAME_H
#define NET_HTTP_NAME_H

#include <curl/curl.h>
#include "net/http.h"

/* Its time runs from now. */
void http_name_begin(struct http_request *);
/* Whom to connect to, for CURLOPT_RESOLVE: 0, and *list is the caller's, or NULL when
 * libcurl needs none. -EAGAIN: the name is waited for. Else the outcome stands. answers:
 * how many the resolver has given so far. */
int http_name_find(struct http_request *, unsigned answers, struct curl_slist **list);
/* The first of a list that waits for its name and is to look again: an answer came since,
 * or it has waited for long. NULL: none; *wait_ms gets shorter where one of them is due
 * before. */
struct http_request *http_name_due(struct http_request *, unsigned answers,
				   int64_t *wait_ms);

#endif
