/* SPDX-License-Identifier: Apache-2.0 */
/* curl_multi.h - handles of libcurl whose own descriptors are close-on-exec, too.
 *
 * A multi handle, also the one that curl_easy_perform() makes, has a pair of sockets to
 * be woken by, which libcurl before 8.11 leaves open in programs that the host starts.
 */
#ifndef NET_CURL_MULTI_H
#define NET_CURL_MULTI_H

#include <curl/curl.h>

/* NULL: no memory. For curl_multi_cleanup(). */
CURLM *curl_multi_make(void);

#endif
