/* SPDX-License-Identifier: Apache-2.0 */
/* curl_socket.h - the sockets that libcurl opens for us are close-on-exec.
 *
 * We may live in somebody else's process, which may start programs: one that
 * inherits a subscription keeps it open, unread, when we have closed it.
 */
#ifndef NET_CURL_SOCKET_H
#define NET_CURL_SOCKET_H

#include <curl/curl.h>

void curl_socket_set(CURL *);

#endif
