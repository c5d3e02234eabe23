/* SPDX-License-Identifier: Apache-2.0 */
/* curl_dial.h - which host libcurl connects to for a URL, so that we can resolve its
 * name: the URL's host, or the proxy from the environment.
 *
 * The rules are libcurl's (CURLOPT_PROXY(3), libcurl-env(3)): http_proxy in lower case
 * only, https_proxy and all_proxy in both cases, no_proxy with names and their domains.
 * If the result is wrong libcurl resolves the name itself.
 */
#ifndef NET_CURL_DIAL_H
#define NET_CURL_DIAL_H

#include <curl/curl.h>
#include "base/str.h"

struct curl_dial {
	struct str host; /* without brackets */
	unsigned port;
};

/* Borrows from the URL or the environment. */
struct curl_dial curl_dial_of(const char *url, bool may_use_proxy);
/* The list for CURLOPT_RESOLVE, with addresses from resolver_find(). NULL: no memory.
 * The caller frees it after the transfer. */
struct curl_slist *curl_dial_list(const struct curl_dial *, struct str addresses);

#endif
