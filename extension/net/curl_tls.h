/* SPDX-License-Identifier: Apache-2.0 */
/* curl_tls.h - sets TLS on a libcurl handle, and explains its failures.
 *
 * libcurl reuses connections only with equal settings: one that was made with other
 * files is never used.
 */
#ifndef NET_CURL_TLS_H
#define NET_CURL_TLS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include "net/tls.h"

/* tls may be NULL; its strings are copied. 0 or -ENOMEM. The files are read again for
 * each new connection. */
int curl_tls_set(CURL *, const struct tls_files *tls);

/* If code is a failure of TLS with server ("host:port"), writes the reason for a
 * person. why is the text of CURLOPT_ERRORBUFFER. false: it is no failure of TLS. */
bool curl_tls_explain(CURL *, CURLcode code, const struct tls_files *tls,
		      const char *server, const char *why, char *text, size_t size);

#endif
