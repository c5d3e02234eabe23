/* SPDX-License-Identifier: Apache-2.0 */
/* curl_tls.h - TLS on a libcurl handle, and what went wrong with it in words.
 *
 * libcurl finds kept connections by these settings too: a connection that was
 * made with other files is never used.
 */
#ifndef NET_CURL_TLS_H
#define NET_CURL_TLS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include "net/tls.h"

/* tls may be NULL; its strings are copied. 0 or -ENOMEM. Files are read when a
 * connection is made, each time anew. */
int curl_tls_set(CURL *, const struct tls_files *tls);

/* Writes the reason why code is a failure of TLS with server ("host:port"), for
 * a person. why is the text of CURLOPT_ERRORBUFFER. false: it is none. */
bool curl_tls_explain(CURL *, CURLcode code, const struct tls_files *tls,
		      const char *server, const char *why, char *text, size_t size);

#endif
