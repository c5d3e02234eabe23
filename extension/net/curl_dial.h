/* SPDX-License-Identifier: Apache-2.0 */
/* curl_dial.h - whom libcurl connects to for a URL, so that it need not look for the
 * name: the URL's host, or the proxy that the environment names.
 *
 * As libcurl has it (CURLOPT_PROXY(3), libcurl-env(3)): http_proxy in small letters only,
 * https_proxy and all_proxy in both, no_proxy's names and their domains. Where we should
 * be wrong libcurl looks for the name itself.
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
/* For CURLOPT_RESOLVE; addresses are those of resolver_find(). NULL: no memory. The
 * caller frees it, when the transfer has ended. */
struct curl_slist *curl_dial_list(const struct curl_dial *, struct str addresses);

#endif
